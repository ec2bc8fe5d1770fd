//! An empty cloud in which nothing unusual happens.

use std::sync::{Arc, Mutex};

use cloud_sim::Sim;
use cloud_sim::cloud::lambda::{Delivery, Function};
use cloud_sim::cloud::{ApiError, Cloud, Happening};
use cloud_sim::fault::FaultPlan;
use cloud_sim::kernel::{Context, Handler, Seeded, Tape, Trace};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{InstanceId, Tags};
use serde_json::Value;

pub(crate) fn world() -> Sim {
    seen_by(Tape::new(Vec::new()))
}

/// A cloud in which these are the first choices, whatever they are about.
pub(crate) fn taped(choices: Vec<u16>) -> Sim {
    seen_by(Tape::new(choices))
}

/// A cloud in which a seed decides, and this may go wrong.
pub(crate) fn troubled(seed: u64, plan: FaultPlan) -> Sim {
    let sim = seen_by(Seeded::new(seed));
    sim.fault_plan(plan);
    sim
}

pub(crate) fn seen_by(chooser: impl cloud_sim::kernel::Chooser + 'static) -> Sim {
    Sim::with("2026-11-23T14:00:00Z".parse().unwrap(), Box::new(chooser), Trace::kept())
}

/// Asks the cloud for something, as a person; gives the code it is refused with.
pub(crate) fn code<T>(
    sim: &Sim,
    ask: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError>,
) -> Option<&'static str> {
    sim.act(ask).err().map(|error| error.code)
}

pub(crate) fn instance(sim: &Sim, data_volumes: u32) -> InstanceId {
    let now = sim.now();
    let tags = Tags::from_iter([("Name", "web"), ("AutoSnapshot", "true")]);
    sim.cloud(|cloud| cloud.ec2.add_instance(tags, data_volumes, now))
}

/// A function that may run for a minute.
pub(crate) fn function(sim: &Sim, name: &str, handler: Handler) {
    sim.install(name, handler);
    sim.cloud(|cloud| {
        let function = Function::new(&cloud.place, name, SignedDuration::from_mins(1));
        cloud.lambda.add_function(name, function);
    });
}

/// A function that only remembers what it is told.
pub(crate) fn recorder(sim: &Sim, name: &str) -> Arc<Mutex<Vec<Value>>> {
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let ear = Arc::clone(&heard);
    let listener: Handler = Arc::new(move |invocation| {
        ear.lock().unwrap().push(serde_json::from_slice(&invocation.payload).unwrap());
        async { Ok(Value::Null) }.boxed()
    });
    function(sim, name, listener);
    heard
}

/// An event reaches a function's queue now.
pub(crate) fn deliver(sim: &Sim, function: &str, payload: &str) {
    let delivery = Delivery { function: function.to_owned(), payload: payload.as_bytes().to_vec() };
    sim.at(sim.now(), Happening::Deliver(delivery));
}

pub(crate) fn minutes(sim: &Sim, minutes: i64) {
    sim.run_for(SignedDuration::from_mins(minutes));
}

pub(crate) fn seconds(sim: &Sim, seconds: i64) {
    sim.run_for(SignedDuration::from_secs(seconds));
}
