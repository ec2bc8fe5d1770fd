//! The handlers that Lambda runs, as the simulator's functions.

use std::future::Future;
use std::sync::Arc;

use adapters_sim::SimPorts;
use adapters_sim::{HasPorts, Names};
use cloud_sim::Invocation;
use cloud_sim::kernel::{FunctionError, Handler};
use futures::FutureExt;
use lambda_shims::Ports;
use lambda_shims::handler::{self, Context, Failure, Reply};
use lambda_shims::settings::{
    Common, NightSettings, Pairs, RemediationSettings, SettingsError, SnapshotSettings,
};
use ports::{AccountId, Clock, Region};
use serde_json::Value;

use super::FunctionName;

/// A function with its environment, and the names that its ports are bound to.
pub(super) fn of(function: FunctionName, environment: &Pairs) -> Result<Handler, SettingsError> {
    match function {
        FunctionName::AutoSnapshot => SnapshotSettings::parse(environment).map(snapshot_handler),
        FunctionName::NightlyMaintenance => NightSettings::parse(environment).map(night_handler),
        FunctionName::AutoRemediation => RemediationSettings::parse(environment).map(remediation_handler),
    }
}

/// The names that the nightly function uses, which are all.
pub(super) fn names(settings: &NightSettings) -> Names {
    let usual = Names::default();
    Names {
        metrics: settings.source.as_ref().map_or(usual.metrics, |source| source.table.clone()),
        bucket: settings.bucket.clone().unwrap_or(usual.bucket),
        prefix: settings.prefix.clone(),
        ..names_of(&settings.common)
    }
}

fn names_of(common: &Common) -> Names {
    Names { topic: common.alert_topic.to_string(), ledger: common.ledger_table.clone(), ..Names::default() }
}

fn snapshot_handler(settings: SnapshotSettings) -> Handler {
    let names = names_of(&settings.common);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::auto_snapshot(&move |_| ports.clone().into(), &settings, &payload, &context).await
    })
}

fn night_handler(settings: NightSettings) -> Handler {
    let names = names(&settings);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::nightly_maintenance(&move |_| ports.clone(), &settings, &payload, &context).await
    })
}

fn remediation_handler(settings: RemediationSettings) -> Handler {
    let names = names_of(&settings.common);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::auto_remediation(&move |_| ports.clone().into(), &settings, &payload, &context).await
    })
}

/// What a handler is called with and answers, as the simulator's functions are.
fn handler<S, F>(
    names: Names,
    settings: Arc<S>,
    run: impl Fn(Ports, Arc<S>, Vec<u8>, Context) -> F + Copy + Send + Sync + 'static,
) -> Handler
where
    S: Send + Sync + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send,
{
    Arc::new(move |invocation: Invocation| {
        let (settings, names) = (Arc::clone(&settings), names.clone());
        async move {
            let ports: SimPorts = invocation.ports().bound_to(names);
            let payload = invocation.payload.to_vec();
            let outcome = run(Ports::of(ports), settings, payload, context(&invocation)?).await;
            invocation.log(&handler::metrics(&outcome).line(&invocation.function, invocation.ports().now()));
            answer(outcome)
        }
        .boxed()
    })
}

fn context(invocation: &Invocation) -> Result<Context, FunctionError> {
    let request = invocation.request.parse().map_err(|error: ports::IdError| FunctionError {
        error_type: "Context".to_owned(),
        message: error.to_string(),
    })?;
    Ok(Context {
        request,
        nonce: invocation.id.0.to_string(),
        function: invocation.function.clone(),
        account: invocation.arn.split(':').nth(4).and_then(|account| AccountId::new(account).ok()),
        region: invocation.arn.split(':').nth(3).and_then(|region| Region::new(region).ok()),
        deadline: invocation.deadline,
    })
}

fn answer(outcome: Result<Reply, Failure>) -> Result<Value, FunctionError> {
    outcome.map(|reply| reply.body).map_err(|failure| FunctionError {
        error_type: failure.error_type.to_owned(),
        message: failure.message,
    })
}
