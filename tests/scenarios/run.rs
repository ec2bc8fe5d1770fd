//! Which incident an event is of, by the launches between which it lies.

use cloud_sim::cloud::Happening;
use cloud_sim::cloud::ec2::Incident;
use jiff::{SignedDuration, Timestamp};
use ports::{Attribute, InstanceId, InstanceState, StateReason, time};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, at};

use crate::incident::about;

const FAILED: &str = "Server.InternalError";

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn reason(code: &str) -> StateReason {
    StateReason { code: code.to_owned(), message: code.to_owned() }
}

/// So long after the beginning an instance stops.
fn stops(scene: &Scene, instance: &InstanceId, after: i64) {
    let what = Happening::Stop { instance: instance.clone(), reason: reason(FAILED) };
    scene.sim.at(time::later(begin(), minutes(after)), what);
}

/// So long after the beginning it is started.
fn starts(scene: &Scene, instance: &InstanceId, after: i64) {
    let what = Happening::Run { instance: instance.clone() };
    scene.sim.at(time::later(begin(), minutes(after)), what);
}

fn begin() -> Timestamp {
    at(support::scene::BEGIN)
}

/// An event that tells that an instance entered a state at a time.
fn told(instance: &InstanceId, state: &str, time: &str) -> Vec<u8> {
    let event = String::from_utf8(crate::auto_snapshot::state_event(instance, state)).unwrap();
    event.replace("2026-11-23T14:00:00Z", &format!("2026-11-23T{time}Z")).into_bytes()
}

fn send(scene: &Scene, payload: &[u8]) -> Value {
    scene.send_and_wait(FunctionName::AutoSnapshot, payload, minutes(1)).unwrap()
}

/// The keys of all sets, once each.
fn keys(scene: &Scene) -> Vec<String> {
    let key = |snapshot: ports::Snapshot| snapshot.tags.get("caretaker:key").unwrap().to_owned();
    let keys: std::collections::BTreeSet<String> = scene.snapshots().into_iter().map(key).collect();
    keys.into_iter().map(|key| key.rsplit_once('T').unwrap().1.to_owned()).collect()
}

/// An instance that was launched long ago, stopped and started again, with a set of that stop.
fn restarted(scene: &Scene) -> InstanceId {
    let instance = scene.instance("web-1", 0);
    stops(scene, &instance, 0);
    starts(scene, &instance, 5);
    scene.sim.run_for(minutes(7));
    assert_eq!(keys(scene), ["14:00:00Z"]);
    instance
}

#[test]
fn s26_two_failures_in_fifteen_minutes_make_two_sets() {
    let scene = Scene::default();
    let instance = restarted(&scene);
    stops(&scene, &instance, 12);
    scene.sim.run_for(minutes(20));
    assert_eq!(keys(&scene), ["14:00:00Z", "14:12:00Z"]);
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 2));
    assert!(scene.broken().is_empty(), "{:?}", scene.broken());
}

#[test]
fn s26_a_stop_that_takes_twenty_one_minutes_makes_one_set() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    send(&scene, &told(&instance, "stopping", "14:00:00"));
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = InstanceState::Stopped);
    scene.sim.run_for(minutes(20));
    assert_eq!(send(&scene, &told(&instance, "stopped", "14:21:00"))["how"], "recorded");
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1));
}

#[test]
fn s26_an_event_that_comes_after_a_restart_belongs_to_the_run_before() {
    let scene = Scene::default();
    let instance = restarted(&scene);
    for (state, time) in [("stopped", "14:00:20"), ("stopping", "14:00:00")] {
        assert_eq!(send(&scene, &told(&instance, state, time))["how"], "recorded", "{state}");
    }
    // Of this one nobody had heard, and still it is named by its own time.
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    scene.sim.run_for(minutes(20));
    scene
        .cloud(|cloud| cloud.ec2.machine(&instance).unwrap().launched_at = time::later(begin(), minutes(15)));
    assert_eq!(send(&scene, &told(&instance, "stopped", "14:10:00"))["how"], "fresh");
    assert_eq!(send(&scene, &told(&instance, "stopping", "14:09:00"))["how"], "recorded");
    assert_eq!(send(&scene, &told(&instance, "stopping", "14:20:00"))["how"], "fresh");
    assert_eq!(keys(&scene), ["14:10:00Z", "14:20:00Z"]);
}

#[test]
fn s26_a_launch_time_that_is_read_stale_hides_no_stop() {
    // Whichever of its events comes first, and whichever opened the incident before.
    for (before, after) in
        [(["stopping"; 2], ["stopping", "stopped"]), (["stopped"; 2], ["stopped", "stopping"])]
    {
        let scene = Scene::default();
        let instance = scene.instance("web-1", 0);
        scene.sim.run_for(minutes(13));
        send(&scene, &told(&instance, before[0], "14:00:00"));
        // It has been started since, but EC2 does not tell that yet.
        scene.cloud(|cloud| {
            let machine = cloud.ec2.machine(&instance).unwrap();
            machine.launch_before = Some((Timestamp::MAX, machine.launched_at));
            machine.launched_at = time::later(begin(), minutes(5));
        });
        for state in after {
            let time = if state == "stopping" { "14:12:00" } else { "14:12:20" };
            send(&scene, &told(&instance, state, time));
        }
        assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 2), "{before:?}");
        // Told in the end, it changes nothing.
        scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().launch_before = None);
        assert_eq!(send(&scene, &told(&instance, "stopped", "14:12:20"))["how"], "recorded");
    }
}

#[test]
fn s26_what_an_instance_lives_through_and_its_stop_are_two_and_the_stop_names_the_earlier_set() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    send(&scene, &about("reboot-call", &instance, begin()));
    stops(&scene, &instance, 5);
    scene.sim.run_for(minutes(30));
    assert_eq!(keys(&scene), ["14:00:00Z", "14:05:00Z"]);
    assert_eq!(scene.snapshots().len(), 4);
    let earlier = format!("snap#{instance}#2026-11-23T14:00:00Z");
    let body = &scene.mails()[1].body;
    assert!(
        body.contains(&format!("An earlier set of the same run, taken while the instance ran on: {earlier}"))
    );
    assert!(scene.broken().is_empty(), "{:?}", scene.broken());
}

#[test]
fn s26_two_incidents_of_one_second_are_two() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    send(&scene, &about("reboot-call", &instance, begin()));
    send(&scene, &told(&instance, "stopping", "14:00:00"));
    assert_eq!(send(&scene, &told(&instance, "stopping", "14:00:00"))["how"], "recorded");
    assert_eq!(keys(&scene), ["14:00:00.001Z", "14:00:00Z"]);
}

#[test]
fn s26_a_spot_warning_is_of_the_end_of_its_run() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    send(&scene, &about("spot-warning", &instance, begin()));
    for (state, time) in [("shutting-down", "14:02:00"), ("terminated", "14:02:40")] {
        assert_eq!(send(&scene, &told(&instance, state, time))["how"], "recorded", "{state}");
    }
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (1, 1));
}

#[test]
fn s26_a_start_that_fails_for_capacity_makes_no_set_however_often_it_is_tried() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    stops(&scene, &instance, 0);
    for after in [20, 25, 30] {
        let incident = Incident::FailsToStart(reason("Server.InsufficientInstanceCapacity"));
        let what = Happening::Befalls { instance: instance.clone(), incident };
        scene.sim.at(time::later(begin(), minutes(after)), what);
    }
    scene.sim.run_for(minutes(40));
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!(
        answer["reason"],
        "it never ran, so its disks are as they were when it stopped before: Server.InsufficientInstanceCapacity"
    );
    scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    assert_eq!((keys(&scene), scene.mails().len()), (vec!["14:00:00Z".to_owned()], 1));
    assert!(scene.broken().is_empty(), "{:?}", scene.broken());
}

#[test]
fn s26_a_stop_is_made_up_for_although_a_late_set_of_the_stop_before_is_younger() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    scene.sim.run_for(minutes(6));
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().launched_at = time::later(begin(), minutes(5)));
    send(&scene, &told(&instance, "stopping", "14:00:00"));
    // It fails again, and nobody hears of it.
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = InstanceState::Stopped);
    let reconcile = || scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    assert_eq!(reconcile()["reconciliation"]["done"].as_array().unwrap().len(), 1);
    assert_eq!(scene.snapshots().len(), 2);
    assert_eq!(reconcile()["reconciliation"]["done"], json!([]));
}

/// What an entry of the ledger says.
fn entry(scene: &Scene, key: &str) -> Option<String> {
    scene.cloud(|cloud| match cloud.dynamodb.table("ledger").unwrap().get(key)?.get("state") {
        Some(Attribute::S(state)) => Some(state.clone()),
        other => panic!("{other:?}"),
    })
}

#[test]
fn s26_a_ledger_of_the_version_before_is_read_and_that_version_can_read_ours() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    send(&scene, &told(&instance, "stopping", "14:00:00"));
    let names = entry(&scene, &format!("episodes#{instance}")).unwrap();
    assert_eq!(names, r#"["2026-11-23T14:00:00Z"]"#);
    // That version did not write down what placed an incident.
    let key = format!("snap#{instance}#2026-11-23T14:00:00Z");
    let mut record: Value = serde_json::from_str(&entry(&scene, &key).unwrap()).unwrap();
    let incident = record["phase"]["done"]["outcome"]["incident"].as_object_mut().unwrap();
    assert!(incident.remove("first").is_some());
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let mut item = table.get(&key).unwrap().clone();
        item.insert("state".to_owned(), Attribute::S(record.to_string()));
        table.put(item).unwrap();
    });
    for (state, time) in [("stopped", "14:00:40"), ("terminated", "22:00:00")] {
        assert_eq!(send(&scene, &told(&instance, state, time))["how"], "recorded", "{state}");
    }
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1));
}
