//! A bug, found and made to happen again: check whether there is a snapshot, then create one. Two deliveries of one event
//! can both look before either creates.
//!
//! ```sh
//! cargo run -p caretaker-simulation --example planted_bug
//! ```
#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use std::error::Error;
use std::sync::Arc;

use adapters_sim::{HasPorts, SimPorts};
use caretaker_simulation::rule::OneSet;
use cloud_sim::cloud::Happening;
use cloud_sim::explore::Bounds;
use cloud_sim::kernel::{FunctionError, Handler};
use cloud_sim::replay::Replay;
use cloud_sim::{Scenario, view};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{
    Clock, CreateSet, ErrorKind, InstanceId, PortError, SnapshotFilter, Snapshots, StateReason, TagSet, Tags,
};
use serde_json::Value;

/// The wrong workflow.
async fn check_then_create(ports: SimPorts, instance: InstanceId) -> Result<Value, PortError> {
    let filter = SnapshotFilter::tagged("InstanceId", instance.as_str());
    if !ports.page(&filter, None).await?.items.is_empty() {
        return Ok("there is one already".into());
    }
    let tags = [("AutoCreated", "true"), ("InstanceId", instance.as_str())];
    let wish = CreateSet {
        instance: instance.clone(),
        exclude_root: false,
        exclude: Vec::new(),
        description: "check, then create".to_owned(),
        tags: TagSet::new(tags)?,
    };
    // EC2 refuses a second snapshot of a volume for 15 seconds: try again.
    while let Err(error) = ports.create_set(&wish).await {
        if error.kind != ErrorKind::Busy {
            return Err(error);
        }
        ports.sleep(SignedDuration::from_secs(15)).await;
    }
    Ok("created".into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let instance: InstanceId = "i-0000000000000001".parse()?;
    let target = instance.clone();
    let handler: Handler = Arc::new(move |invocation| {
        let work = check_then_create(invocation.ports(), target.clone());
        let failed =
            |error: PortError| FunctionError { error_type: "Failed".to_owned(), message: error.to_string() };
        async move { work.await.map_err(failed) }.boxed()
    });
    let reason = StateReason { code: "Server.InternalError".to_owned(), message: String::new() };
    let scenario = Scenario::at("2026-11-23T14:00:00Z".parse()?)
        .instance(instance.clone(), Tags::from_iter([("AutoSnapshot", "true")]), 0)
        .happens(SignedDuration::ZERO, Happening::Stop { instance, reason })
        .function("snapshot", SignedDuration::from_secs(30), handler)
        .delivers("snapshot", b"{}", 2)
        .lasts(SignedDuration::from_mins(30))
        .expects(OneSet::default);

    let bounds = Bounds { preemptions: Some(1), first_only: true, ..Bounds::default() };
    let explored = scenario.explore(bounds, |_| true);
    let Some(first) = explored.first else {
        println!("not found in {} executions", explored.executions);
        return Ok(());
    };
    let line = Replay::Path(first.tape).to_string();
    println!("found in execution {}: {}", first.execution, line);

    // The line is all that it takes.
    let again = scenario.replay(&line.parse()?);
    for violation in &again.violations {
        println!("{}: {}", violation.invariant, violation.detail);
    }
    println!("\n{}", view::sequence(&again.sim.trace()));
    Ok(())
}
