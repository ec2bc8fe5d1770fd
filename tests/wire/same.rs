use adapters_sim::Names;
use cloud_sim::cloud::Fact;
use cloud_sim::cloud::sns::Delivered;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::{Entry, Event, Timing};
use jiff::SignedDuration;
use ports::Record;
use ports::trigger::AlarmState;
use simulation::stack::FunctionName;
use support::scene::Scene;

use crate::function::over_wire;

/// How the functions reach the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Ports,
    Wire,
}

/// What can be seen of a run.
#[derive(Debug, PartialEq)]
struct Seen {
    facts: Vec<Entry>,
    ledger: Vec<Record>,
    objects: Vec<(String, Vec<u8>)>,
    received: Vec<Delivered>,
}

/// A day in which all three functions have something to do.
fn day(way: Way, seed: u64, trouble: Option<(&str, Fault)>) -> Scene {
    let scene = Scene::seeded(seed, &[]);
    scene.sim.timing(Timing::Instant);
    if way == Way::Wire {
        for function in FunctionName::ALL {
            scene.sim.install(function.as_str(), over_wire(function));
        }
    }
    if let Some((operation, fault)) = trouble {
        scene.sim.faults(|faults| faults.add(Rule::on(operation, fault, Pick::Nth(1))));
    }
    scene.group("web", 2, 8);
    scene.alarm("web-high-cpu", Some("web"));
    scene.records("2026-11-23", 30);
    for n in 0..9 {
        scene.old_snapshot(&format!("snap-0a{n:015x}"), "vol-0a", 40 + n);
    }
    let (web, db) = (scene.instance("web", 2), scene.instance("db", 0));
    scene.stop(&web, "Client.UserInitiatedShutdown");
    scene.stop(&db, "Server.ScheduledStop");
    scene.turns("web-high-cpu", AlarmState::Alarm);
    // Where something goes wrong, a night may be done by a later attempt only.
    let night = scene.night();
    assert!(night.is_ok() || trouble.is_some(), "{night:?}");
    scene.sim.run_for(SignedDuration::from_hours(1));
    scene
}

fn seen(scene: &Scene) -> Seen {
    let names = Names::default();
    let is_fact = |entry: &&Entry| matches!(entry.event, Event::Fact(_));
    Seen {
        facts: scene.sim.trace().entries().iter().filter(is_fact).cloned().collect(),
        ledger: scene.cloud(|cloud| cloud.dynamodb.look(&names.ledger).unwrap().items().cloned().collect()),
        objects: scene.cloud(|cloud| {
            let objects = cloud.s3.look(&names.bucket).unwrap().objects();
            objects.map(|(key, object)| (key.to_string(), object.bytes.to_vec())).collect()
        }),
        received: scene.cloud(|cloud| cloud.sns.delivered().to_vec()),
    }
}

/// What was done to the cloud and told to people, in order, without instants.
fn effects(seen: &Seen) -> Vec<String> {
    let effect = |entry: &Entry| match &entry.event {
        Event::Fact(Fact::Invoked { .. } | Fact::Ended { .. }) | Event::Call { .. } => None,
        Event::Fact(fact) => Some(fact.to_string()),
    };
    seen.facts.iter().filter_map(effect).collect()
}

fn requests(scene: &Scene, operation: &str) -> usize {
    let is_one = |entry: &&Entry| matches!(entry.event, Event::Call { op, .. } if op == operation);
    scene.sim.trace().entries().iter().filter(is_one).count()
}

#[test]
fn a_day_is_the_same_through_the_ports_and_over_the_wire() {
    for seed in 1..=4 {
        let (ports, wire) = (seen(&day(Way::Ports, seed, None)), seen(&day(Way::Wire, seed, None)));
        assert_eq!(effects(&ports), effects(&wire), "seed {seed}");
        assert_eq!(ports, wire, "seed {seed}");
    }
}

#[test]
fn a_day_over_the_wire_is_the_same_again() {
    let (first, second) = (day(Way::Wire, 1, None), day(Way::Wire, 1, None));
    assert_eq!(first.sim.trace_hash(), second.sim.trace_hash());
}

/// Otherwise two empty runs would be the same.
#[test]
fn the_day_has_work_for_every_function_and_the_sdk_does_it() {
    let scene = day(Way::Wire, 1, None);
    let told = effects(&seen(&scene)).join("\n");
    for part in ["snapshots begun", "deleted", "desired 2 -> 4", "published", "object"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(0 < requests(&scene, "DescribeInstanceRefreshes"));
    assert_eq!(requests(&day(Way::Ports, 1, None), "DescribeInstanceRefreshes"), 0);
}

#[test]
fn what_goes_wrong_has_the_same_end_on_both_ways() {
    for operation in
        ["CreateSnapshots", "UpdateItem", "Publish", "SetDesiredCapacity", "DeleteSnapshot", "PutObject"]
    {
        for fault in [
            Fault::Throttle,
            Fault::InternalError,
            Fault::TimeoutBefore,
            Fault::TimeoutAfter,
            Fault::CrashAfter,
        ] {
            let trouble = Some((operation, fault));
            let (ports, wire) = (seen(&day(Way::Ports, 1, trouble)), seen(&day(Way::Wire, 1, trouble)));
            assert_eq!(effects(&ports), effects(&wire), "{fault:?} in {operation}");
        }
    }
}
