//! Requests that are signed by a clock that is off.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::fault::FaultPlan;
use cloud_sim::kernel::{Chooser, Handler};
use futures::FutureExt;
use ports::{Archive, Inventory, PortError};
use serde_json::json;

use crate::world::{deliver, function, minutes, seen_by};

/// Lets every clock be as far off as it may be.
struct FarOff;

impl Chooser for FarOff {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        if site == "trouble/skew" { n - 1 } else { 0 }
    }
}

/// What a function hears from EC2 and from S3 when its clock is so far off, in seconds.
fn heard(skew: u32) -> Vec<Option<String>> {
    let sim = seen_by(FarOff);
    sim.fault_plan(FaultPlan { skew_ms: 1000 * skew, ..FaultPlan::default() });
    sim.cloud(|cloud| cloud.s3.add_bucket("reports"));
    let asks: Handler = Arc::new(|invocation| {
        async move {
            let (ports, code) = (invocation.ports(), |error: PortError| error.detail);
            let ec2 = ports.not_running("AutoSnapshot", None).await.err().map(code);
            let s3 = ports.head(&"a/b".parse().unwrap()).await.err().map(code);
            Ok(json!([ec2, s3]))
        }
        .boxed()
    });
    function(&sim, "asks", asks);
    deliver(&sim, "asks", "{}");
    minutes(&sim, 1);
    let answer = sim.cloud(|cloud| cloud.lambda.answers["asks"].clone().unwrap());
    let code =
        |text: &serde_json::Value| text.as_str().and_then(|text| text.split(':').next()).map(str::to_owned);
    answer.as_array().unwrap().iter().map(code).collect()
}

#[test]
fn a_request_is_refused_whose_clock_is_more_than_a_quarter_of_an_hour_off() {
    assert_eq!(heard(899), [None, None]);
    assert_eq!(heard(901), [Some("RequestExpired".to_owned()), Some("RequestTimeTooSkewed".to_owned())]);
}
