//! A workflow of one's own on the ports, tested under faults: reboot an instance once for each request, however often the
//! request is delivered, and whatever goes wrong meanwhile.
//!
//! ```sh
//! cargo run -p caretaker-adapters-sim --example own_workflow
//! ```
#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use std::error::Error;
use std::sync::Arc;

use adapters_sim::{HasPorts, SimPorts};
use cloud_sim::Scenario;
use cloud_sim::cloud::Cloud;
use cloud_sim::explore::Bounds;
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::kernel::{FunctionError, Handler};
use cloud_sim::rule::{Invariant, Seen};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{Clock, InstanceId, Instances, Ledger, LedgerEntry, LedgerKey, PortError, Swap, Tags, time};

/// The workflow: whoever writes the request's entry first reboots; nobody else does, even if that one dies. The entry names
/// its writer: with the same words for everybody, one whose first answer was lost would take a rival's entry for its own.
/// Try it: the exploration finds that.
async fn reboot_once(
    (clock, ledger, instances): (&dyn Clock, &dyn Ledger, &dyn Instances),
    (request, writer): (&LedgerKey, &str),
    instance: &InstanceId,
) -> Result<bool, PortError> {
    let keep_until = time::later(clock.now(), SignedDuration::from_hours(14 * 24));
    let entry = LedgerEntry { state: writer.to_owned(), open: false, keep_until };
    match ledger.swap(request, None, &entry).await? {
        Swap::Won(_) => instances.reboot(instance).await.map(|()| true),
        Swap::Lost(_) => Ok(false),
    }
}

/// The rule that it has to keep.
struct AtMostOnce(InstanceId);

impl Invariant for AtMostOnce {
    fn name(&self) -> &'static str {
        "an instance is rebooted at most once"
    }

    fn see(&mut self, _: Seen<'_>) -> Option<String> {
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let reboots =
            cloud.ec2.machines().find(|(id, _)| **id == self.0).map_or(0, |(_, machine)| machine.reboots);
        if 1 < reboots { vec![format!("{} was rebooted {reboots} times", self.0)] } else { Vec::new() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let instance: InstanceId = "i-0000000000000001".parse()?;
    let request: LedgerKey = "reboot#request-1".parse()?;

    let target = instance.clone();
    let handler: Handler = Arc::new(move |invocation| {
        let (request, instance) = (request.clone(), target.clone());
        async move {
            let ports: SimPorts = invocation.ports();
            let writer = invocation.id.0.to_string();
            let done = reboot_once((&ports, &ports, &ports), (&request, &writer), &instance).await;
            done.map(Into::into).map_err(|error| FunctionError {
                error_type: "RebootFailed".to_owned(),
                message: error.to_string(),
            })
        }
        .boxed()
    });

    let watched = instance.clone();
    let scenario = Scenario::at("2026-11-23T14:00:00Z".parse()?)
        .instance(instance, Tags::default(), 0)
        .table("ledger", "key")
        .function("reboot", SignedDuration::from_secs(30), handler)
        .delivers("reboot", b"{}", 3)
        .faults(FaultPlan::choices(Fault::ALL.to_vec(), 1))
        .expects(move || AtMostOnce(watched.clone()));

    let explored = scenario.explore(Bounds::default(), |_| true);
    println!(
        "three deliveries, at most one fault: {} executions, that is all there are: {}",
        explored.executions, explored.complete
    );
    match explored.first {
        None => println!("none breaks a rule"),
        Some(first) => println!("broken: {:?}", first.violations),
    }
    Ok(())
}
