use cloud_sim::cloud::Happening;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::fault::{Fault, Pick, Rule};
use jiff::SignedDuration;
use ports::Capacity;
use ports::trigger::AlarmState;
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::Scene;

use crate::auto_snapshot::state_event;

#[test]
fn x5_an_instance_that_cannot_be_snapshotted_reaches_a_person_and_is_not_tried_again() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.sim.faults(|faults| {
        faults.add(Rule::on("CreateSnapshots", Fault::Denied, Pick::Every));
        faults.add(Rule::on("CreateSnapshot", Fault::Denied, Pick::Every));
    });
    let answer = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    assert_eq!((&answer["action"], &answer["status"]), (&json!("gave_up"), &json!("FAILED")));
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] FAILED web-1 (stopped)"]);
    insta::assert_snapshot!(scene.mails()[0].body);
    assert_eq!(scene.sim.watch(|watch| watch.counts().failures), 0);
}

#[test]
fn x5_what_keeps_failing_reaches_the_failure_queue() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.sim.faults(|faults| faults.add(Rule::on("DescribeInstances", Fault::Unavailable, Pick::Every)));
    let error = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap_err();
    assert_eq!(error.error_type, "SnapshotFailed");
    let records = scene
        .cloud(|cloud| cloud.lambda.failures.get(&FunctionName::AutoSnapshot.failures()).cloned().unwrap());
    let record: Value = serde_json::from_str(&records[0]).unwrap();
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestPayload"]["detail"]["instance-id"], instance.as_str());
}

/// An event of each function that is due now, and comes twice at once and once more later.
#[test]
fn x3_events_that_come_several_times_are_dealt_with_once() {
    for seed in 1..=5 {
        let scene = Scene::seeded(seed, &[]);
        let alarm = String::from_utf8(support::scene::event("alarm-sns")).unwrap();
        let alarm = alarm.replace("2022-07-09T02:39:54.536", "2026-11-23T14:00:00.000");
        let alarm = alarm.replace("us-east-1", "eu-west-1");
        let events = [
            (FunctionName::AutoSnapshot, state_event(&scene.instance("web-1", 1), "stopped")),
            (FunctionName::AutoRemediation, alarm.into_bytes()),
            (FunctionName::NightlyMaintenance, br#"{"time": "2026-11-23T02:00:00Z"}"#.to_vec()),
        ];
        scene.group("web", 2, 10);
        scene.alarm("web-high-cpu", None);
        let state = AlarmState::Alarm;
        let raised = Happening::Alarm { alarm: "web-high-cpu".to_owned(), state, value: 96 };
        scene.sim.at(scene.sim.now(), raised);
        for times in [2, 1] {
            for (function, payload) in &events {
                let delivery = Delivery { function: function.as_str().to_owned(), payload: payload.clone() };
                for _ in 0..times {
                    scene.sim.at(scene.sim.now(), Happening::Deliver(delivery.clone()));
                }
            }
            scene.sim.run_for(SignedDuration::from_hours(1));
            assert_eq!((scene.snapshots().len(), scene.desired("web")), (2, Capacity(4)), "{seed}");
            assert_eq!((scene.mails().len(), scene.broken()), (3, Vec::new()), "{seed}");
        }
    }
}

#[test]
fn a_missing_ledger_is_a_failure_that_names_the_table() {
    let scene = Scene::new(&[("LEDGER_TABLE", "not-there")]);
    scene.cloud(|cloud| cloud.dynamodb = cloud_sim::cloud::dynamodb::DynamoDb::default());
    let instance = scene.instance("web-1", 1);
    let error = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap_err();
    assert!(error.message.contains("not-there"), "{}", error.message);
    assert!(scene.snapshots().is_empty());
}

#[test]
fn a_missing_metrics_table_does_not_stop_the_cleanup() {
    let scene = Scene::new(&[("METRICS_TABLE", "metrics-gone")]);
    scene.cloud(|cloud| {
        cloud.dynamodb = cloud_sim::cloud::dynamodb::DynamoDb::default();
        cloud.dynamodb.add_table("ledger", "key");
    });
    let old = scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    let error = scene.night().unwrap_err();
    assert!(error.message.contains("metrics archival: Scan: not found"), "{}", error.message);
    assert!(!scene.has_snapshot(&old));
    assert!(scene.mails()[0].body.contains("metrics-gone"), "{}", scene.mails()[0].body);
}

#[test]
fn x5_a_group_that_may_not_be_scaled_reaches_a_person() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.sim.faults(|faults| faults.add(Rule::on("SetDesiredCapacity", Fault::Denied, Pick::Every)));
    scene.turns("prod-high-cpu", AlarmState::Alarm);
    let answer = scene.answer(FunctionName::AutoRemediation).unwrap().unwrap();
    assert_eq!(answer["results"][0]["action"], "gave_up");
    assert!(
        scene.mails()[0].body.contains("FAILED, and trying again will not help"),
        "{}",
        scene.mails()[0].body
    );
}

#[test]
fn a_change_whose_answer_is_lost_is_made_once() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.sim.faults(|faults| {
        for n in 1..=3 {
            faults.add(Rule::on("SetDesiredCapacity", Fault::TimeoutAfter, Pick::Nth(n)));
        }
    });
    scene.turns("prod-high-cpu", AlarmState::Alarm);
    assert_eq!(scene.desired("web"), Capacity(4));
    assert_eq!(scene.mails().len(), 1);
}

#[test]
fn a_change_that_an_earlier_run_made_and_could_not_record_is_told_as_ours() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.sim.faults(|faults| {
        for n in 1..=3 {
            faults.add(Rule::on("SetDesiredCapacity", Fault::InternalErrorAfter, Pick::Nth(n)));
        }
    });
    scene.turns("prod-high-cpu", AlarmState::Alarm);
    let answer = scene.answer(FunctionName::AutoRemediation).unwrap().unwrap();
    assert_eq!(answer["results"][0]["action"], "scale_out");
    assert!(scene.mails()[0].body.contains("scaled out `web` from 2 to 4"), "{}", scene.mails()[0].body);
}

#[test]
fn s4_a_set_whose_answer_is_lost_is_found_and_adopted() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.sim.faults(|faults| faults.add(Rule::on("CreateSnapshots", Fault::TimeoutAfter, Pick::Nth(1))));
    let answer = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    assert_eq!(answer["how"], "adopted");
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1));
}
