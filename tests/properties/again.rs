//! A workflow that is run over its own result does nothing.

use cloud_sim::cloud::Fact;
use cloud_sim::fault::{Fault, Faults, Pick, Rule};
use cloud_sim::kernel::{Actor, Event};
use jiff::SignedDuration;
use ports::{InstanceId, InstanceState, StateReason};
use proptest::prelude::*;
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{BEGIN, Scene, tags};

/// One request of the first run that goes wrong, if any.
type Trouble = Option<(&'static str, Fault, u32)>;

fn trouble(operations: &'static [&'static str]) -> impl Strategy<Value = Trouble> {
    let faults = [
        Fault::Throttle,
        Fault::Unavailable,
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::InternalErrorAfter,
    ];
    let one = (proptest::sample::select(operations), proptest::sample::select(faults.to_vec()), 1..4_u32);
    proptest::option::of(one)
}

/// What functions did so far that anybody could see.
fn effects(scene: &Scene) -> Vec<Fact> {
    let by_function = |actor: Actor| matches!(actor, Actor::Invocation(_));
    let trace = scene.sim.trace();
    let facts = trace.entries().iter().filter(|entry| by_function(entry.actor)).filter_map(|entry| {
        match &entry.event {
            Event::Fact(Fact::Invoked { .. } | Fact::Ended { .. } | Fact::Exhausted { .. })
            | Event::Call { .. } => None,
            Event::Fact(fact) => Some(fact.clone()),
        }
    });
    facts.collect()
}

/// Delivers an event until it is done with, in trouble at first, then once more; gives what the last one did.
fn again(scene: &Scene, trouble: Trouble, deliveries: &[(FunctionName, Vec<u8>)]) -> Vec<Fact> {
    if let Some((operation, fault, nth)) = trouble {
        scene.sim.faults(|faults| faults.add(Rule::on(operation, fault, Pick::Nth(nth))));
    }
    for (function, payload) in deliveries {
        let _ = scene.send(*function, payload);
    }
    scene.sim.faults(Faults::clear);
    for (function, payload) in deliveries {
        scene.send(*function, payload).unwrap();
    }
    let before = effects(scene).len();
    for (function, payload) in deliveries {
        scene.send(*function, payload).unwrap();
    }
    effects(scene).split_off(before)
}

fn state_event(instance: &InstanceId, state: InstanceState) -> Vec<u8> {
    let event = json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification", "account": "123456789012", "time": BEGIN,
        "region": "eu-west-1", "resources": [], "detail": { "instance-id": instance, "state": state.as_str() },
    });
    event.to_string().into_bytes()
}

fn alarm_event(name: &str, dimensions: &Value) -> Vec<u8> {
    let metric = json!({ "namespace": "AWS/EC2", "name": "CPUUtilization", "dimensions": dimensions });
    let event = json!({
        "source": "aws.cloudwatch", "alarmArn": format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"),
        "accountId": "123456789012", "time": BEGIN, "region": "eu-west-1",
        "alarmData": {
            "alarmName": name, "state": { "value": "ALARM", "reason": "because", "timestamp": BEGIN },
            "configuration": { "metrics": [{ "metricStat": { "metric": metric } }] },
        },
    });
    event.to_string().into_bytes()
}

fn rest(scene: &Scene, instance: &InstanceId, state: InstanceState, transition: &str) {
    scene.cloud(|cloud| {
        if state == InstanceState::Terminated {
            cloud.ec2.terminate(instance);
        }
        let machine = cloud.ec2.machine(instance).unwrap();
        machine.state = state;
        transition.clone_into(&mut machine.transition);
        let code = "Server.InternalError".to_owned();
        machine.reason = Some(StateReason { message: code.clone(), code });
    });
}

fn state() -> impl Strategy<Value = InstanceState> {
    use InstanceState::{Running, ShuttingDown, Stopped, Stopping, Terminated};
    proptest::sample::select(vec![Running, Stopping, Stopped, ShuttingDown, Terminated])
}

const SNAPSHOT: [&str; 7] = [
    "DescribeInstances",
    "DescribeVolumes",
    "DescribeSnapshots",
    "CreateSnapshots",
    "CreateSnapshot",
    "UpdateItem",
    "Publish",
];
const REMEDY: [&str; 5] =
    ["DescribeAutoScalingGroups", "SetDesiredCapacity", "RebootInstances", "UpdateItem", "Publish"];
const NIGHT: [&str; 6] =
    ["DescribeSnapshots", "DeleteSnapshot", "Scan", "PutObject", "UpdateItem", "Publish"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn snapshotting_an_instance_again_does_nothing(
        told in state(), seen in state(), volumes in 0..3_u32, by_volume in any::<bool>(), trouble in trouble(&SNAPSHOT),
    ) {
        let scene = Scene::new(&[("SNAPSHOT_MODE", if by_volume { "volume" } else { "set" })]);
        let instance = scene.instance("web-1", volumes);
        rest(&scene, &instance, seen, "");
        let event = state_event(&instance, told);
        prop_assert_eq!(again(&scene, trouble, &[(FunctionName::AutoSnapshot, event)]), Vec::<Fact>::new());
    }

    #[test]
    fn answering_an_alarm_again_does_nothing(
        name in proptest::sample::select(vec!["high-cpu", "disk-full", "queue", "hangs", "slow"]),
        desired in 1..6_u32, max in 1..8_u32, trouble in trouble(&REMEDY),
    ) {
        let routes = r#"[{ "matches": "cpu", "action": "scale_out" }, { "matches": "hangs", "action": "restart" },
                         { "matches": "disk", "action": "review" }, { "matches": "slow", "action": "notify", "text": "it is" }]"#;
        let scene = Scene::new(&[("ROUTES", routes), ("ALARM_MAX_AGE_SECONDS", "86400")]);
        scene.group("web", desired, max.max(desired));
        let instance = scene.tagged(tags([("AutoRemediate", "true")]), 0);
        let event = alarm_event(name, &json!({ "InstanceId": instance }));
        prop_assert_eq!(again(&scene, trouble, &[(FunctionName::AutoRemediation, event)]), Vec::<Fact>::new());
    }

    #[test]
    fn a_night_again_does_nothing(old in 0..6_i64, records in 0..4_u32, trouble in trouble(&NIGHT)) {
        let scene = Scene::default();
        for n in 0..old {
            scene.old_snapshot(&format!("snap-0{n}"), "vol-1", 28 + n);
        }
        scene.records("2026-11-22", records);
        let night = br#"{"time": "2026-11-23T02:00:00Z"}"#.to_vec();
        prop_assert_eq!(again(&scene, trouble, &[(FunctionName::NightlyMaintenance, night)]), Vec::<Fact>::new());
    }

    #[test]
    fn reconciling_again_does_nothing(
        seen in state(), exact in any::<bool>(), also_told in any::<bool>(), lost in any::<bool>(), trouble in trouble(&SNAPSHOT),
    ) {
        let scene = Scene::default();
        scene.cloud(|cloud| FunctionName::ALL.iter().for_each(|f| cloud.lambda.never_retry(f.as_str())));
        let instance = scene.instance("web-1", 1);
        rest(&scene, &instance, seen, if exact { "User initiated (2026-11-23 13:55:00 GMT)" } else { "" });
        if lost {
            scene.sim.faults(|faults| faults.add(Rule::on("CreateSnapshots", Fault::TimeoutAfter, Pick::Nth(1))));
        }
        if also_told {
            let _ = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, seen));
        }
        let reconcile = (FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#.to_vec());
        prop_assert_eq!(again(&scene, trouble, &[reconcile]), Vec::<Fact>::new());
        scene.sim.run_for(SignedDuration::from_hours(1));
        prop_assert!(scene.snapshots().len() <= 2, "{} snapshots of two volumes", scene.snapshots().len());
    }
}
