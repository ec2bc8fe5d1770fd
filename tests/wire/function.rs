//! Caretaker's functions over the SDK.

use std::sync::Arc;

use adapters_sim::{HasPorts, Names};
use cloud_sim::Invocation;
use cloud_sim::kernel::{FunctionError, Handler};
use futures::FutureExt;
use lambda_shims::handler::{self, Context};
use lambda_shims::settings::{NightSettings, RemediationSettings, SnapshotSettings};
use ports::Clock;
use simulation::stack::{FunctionName, usual_settings};
use support::wire;

const REGION: &str = "eu-west-1";

/// A function with the usual settings, whose ports are those of AWS.
pub(crate) fn over_wire(function: FunctionName) -> Handler {
    Arc::new(move |invocation: Invocation| {
        async move {
            let config = wire::config(&invocation.wire(), REGION);
            let ports = wire::ports(&config, &Names::default(), invocation.ports());
            let (settings, context) = (usual_settings(), context(&invocation));
            let outcome = match function {
                FunctionName::AutoSnapshot => {
                    let settings = SnapshotSettings::parse(&settings).unwrap();
                    let ports_in = move |_: Option<&ports::Region>| ports.clone().into();
                    handler::auto_snapshot(&ports_in, &settings, &invocation.payload, &context).await
                }
                FunctionName::NightlyMaintenance => {
                    let settings = NightSettings::parse(&settings).unwrap();
                    handler::nightly_maintenance(
                        &move |_| ports.clone(),
                        &settings,
                        &invocation.payload,
                        &context,
                    )
                    .await
                }
                FunctionName::AutoRemediation => {
                    let settings = RemediationSettings::parse(&settings).unwrap();
                    let ports_in = move |_: Option<&ports::Region>| ports.clone().into();
                    handler::auto_remediation(&ports_in, &settings, &invocation.payload, &context).await
                }
            };
            let now = invocation.ports().now();
            invocation.log(&handler::metrics(&outcome).line(&invocation.function, now));
            outcome.map(|reply| reply.body).map_err(|failure| FunctionError {
                error_type: failure.error_type.to_owned(),
                message: failure.message,
            })
        }
        .boxed()
    })
}

fn context(invocation: &Invocation) -> Context {
    let part = |n| invocation.arn.split(':').nth(n).unwrap();
    Context {
        request: invocation.request.parse().unwrap(),
        nonce: invocation.id.0.to_string(),
        function: invocation.function.clone(),
        account: part(4).parse().ok(),
        region: part(3).parse().ok(),
        deadline: invocation.deadline,
    }
}
