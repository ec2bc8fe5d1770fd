//! Which events are one incident, and what each of them asks for.

use jiff::{SignedDuration, Timestamp};
use ports::{InstanceId, InstanceState, time};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, event, tags};

use crate::auto_snapshot::state_event;

/// A sample event about this instance, at this time.
pub(crate) fn about(name: &str, instance: &InstanceId, at: Timestamp) -> Vec<u8> {
    let mut event: Value = serde_json::from_slice(&event(name)).unwrap();
    let text = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    event["time"] = json!(text);
    event["region"] = json!("eu-west-1");
    let detail = &mut event["detail"];
    match name {
        "health-issue" | "health-scheduled" => {
            detail["eventRegion"] = json!("eu-west-1");
            detail["affectedEntities"] = json!([{ "entityValue": instance }]);
            if name == "health-issue" {
                detail["startTime"] = json!(at.strftime("%a, %-d %b %Y %H:%M:%S GMT").to_string());
            }
        }
        "reboot-call" => {
            detail["eventTime"] = json!(text);
            detail["requestParameters"]["instancesSet"]["items"] = json!([{ "instanceId": instance }]);
        }
        "alarm-status-check" => {
            detail["state"]["timestamp"] = json!(text);
            detail["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"]["InstanceId"] =
                json!(instance);
        }
        _ => detail["instance-id"] = json!(instance),
    }
    event.to_string().into_bytes()
}

fn send(scene: &Scene, payload: &[u8]) -> Value {
    scene.send_and_wait(FunctionName::AutoSnapshot, payload, SignedDuration::from_mins(1)).unwrap()
}

/// The sample events of an instance that fails while it runs.
const FAILURES: [&str; 4] = ["alarm-status-check", "health-issue", "reboot-call", "spot-warning"];

#[test]
fn s6_a_failure_of_an_instance_that_runs_on_is_snapshotted() {
    for name in FAILURES {
        let scene = Scene::default();
        let instance = scene.instance("web-1", 1);
        let answer = send(&scene, &about(name, &instance, scene.sim.now()));
        assert_eq!(answer["action"], "snapshot", "{name}: {answer}");
        assert_eq!(answer["consistency"], "crash_consistent");
        assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1), "{name}");
        assert!(scene.subjects()[0].starts_with("[Auto-Snapshot] web-1 ("), "{:?}", scene.subjects());
    }
}

/// Whatever is told of it while it runs on is one incident, whatever is told of its end is another.
#[test]
fn s2_every_telling_of_one_failure_is_one_incident() {
    let orders: [[usize; 4]; 4] = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]];
    for order in orders {
        let scene = Scene::default();
        let instance = scene.instance("web-1", 1);
        for (minute, nth) in (0..).zip(order) {
            let at = time::earlier(scene.sim.now(), SignedDuration::from_mins(minute));
            send(&scene, &about(FAILURES[nth], &instance, at));
        }
        scene.stop(&instance, "Server.InternalError");
        assert_eq!((scene.snapshots().len(), scene.mails().len()), (4, 2), "{order:?}");
        assert!(scene.broken().is_empty(), "{order:?}: {:?}", scene.broken());
    }
}

#[test]
fn s3_an_issue_that_is_told_again_hours_later_is_still_the_same() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    let begin = scene.sim.now();
    send(&scene, &about("health-issue", &instance, begin));
    scene.sim.run_for(SignedDuration::from_hours(6));
    let mut update: Value = serde_json::from_slice(&about("health-issue", &instance, begin)).unwrap();
    update["time"] = json!(scene.sim.now().to_string());
    update["detail"]["statusCode"] = json!("closed");
    assert_eq!(send(&scene, update.to_string().as_bytes())["how"], "recorded");
    assert_eq!(scene.snapshots().len(), 1);
}

#[test]
fn s6_what_is_told_ahead_waits_for_its_moment() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    let answer = send(&scene, &about("health-scheduled", &instance, scene.sim.now()));
    assert_eq!(
        answer["reason"],
        "it is told ahead: AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED at 2026-08-27T13:19:03Z"
    );
    let warning = String::from_utf8(about("spot-warning", &instance, scene.sim.now())).unwrap();
    let answer = send(&scene, warning.replace("terminate", "stop").as_bytes());
    assert_eq!(answer["reason"], "it is told ahead: EC2 is about to stop the spot instance");
    assert!(scene.snapshots().is_empty() && scene.mails().is_empty());
}

#[test]
fn s5_a_reboot_is_asked_for_and_a_failed_check_is_not() {
    let scene = Scene::new(&[("SNAPSHOT_ON", "unexpected")]);
    let instance = scene.instance("web-1", 0);
    let answer = send(&scene, &about("reboot-call", &instance, scene.sim.now()));
    assert_eq!(answer["reason"], "it was asked for: RebootInstances by arn:aws:iam::123456789012:user/alice");
    let answer = send(&scene, &about("alarm-status-check", &instance, scene.sim.now()));
    assert_eq!(answer["cause"]["kind"], "failure");
}

#[test]
fn s10_only_disks_at_rest_where_the_settings_say_so() {
    let scene = Scene::new(&[("SNAPSHOT_STATES", "stopped")]);
    let instance = scene.instance("web-1", 0);
    for name in FAILURES {
        let answer = send(&scene, &about(name, &instance, scene.sim.now()));
        assert_eq!(answer["action"], "skipped", "{name}: {answer}");
    }
    scene.stop(&instance, "Server.InternalError");
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!((&answer["consistency"], scene.snapshots().len()), (&json!("clean"), 1));
}

#[test]
fn s7_an_instance_that_is_being_terminated_is_snapshotted_before_its_disks_go() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = InstanceState::ShuttingDown);
    let answer = send(&scene, &state_event(&instance, "shutting-down"));
    assert_eq!((&answer["action"], &answer["status"]), (&json!("snapshot"), &json!("OK")));
    assert_eq!(scene.snapshots().len(), 2);
    scene.cloud(|cloud| cloud.ec2.terminate(&instance));
    assert_eq!(send(&scene, &state_event(&instance, "terminated"))["how"], "recorded");
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] web-1 (shutting-down)"]);
}

#[test]
fn s7_nothing_is_lost_with_an_instance_that_was_snapshotted_when_it_stopped() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.stop(&instance, "Client.UserInitiatedShutdown");
    scene.sim.run_for(SignedDuration::from_hours(8));
    scene.cloud(|cloud| cloud.ec2.terminate(&instance));
    let event = String::from_utf8(state_event(&instance, "terminated")).unwrap();
    let answer = send(&scene, event.replace("14:00:00", "22:30:00").as_bytes());
    assert_eq!(answer["how"], "recorded");
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] web-1 (stopping)"]);
}

#[test]
fn s7_too_late_is_told_once() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.cloud(|cloud| cloud.ec2.terminate(&instance));
    for state in ["shutting-down", "terminated", "terminated"] {
        let answer = send(&scene, &state_event(&instance, state));
        assert_eq!((&answer["action"], &answer["status"]), (&json!("too_late"), &json!("FAILED")));
    }
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] LOST web-1 (shutting-down)"]);
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn s18_one_instance_that_cannot_be_helped_does_not_stop_the_others() {
    let scene = Scene::default();
    let (first, second) = (scene.tagged(tags([]), 0), scene.instance("web-2", 0));
    let mut call: Value = serde_json::from_slice(&about("reboot-call", &first, scene.sim.now())).unwrap();
    let items = json!([{ "instanceId": first }, { "instanceId": "?" }, { "instanceId": second }]);
    call["detail"]["requestParameters"]["instancesSet"]["items"] = items;
    let answer = send(&scene, call.to_string().as_bytes());
    let actions: Vec<_> = answer["results"].as_array().unwrap().iter().map(|r| r["action"].clone()).collect();
    assert_eq!(actions, ["skipped", "ignored", "snapshot"]);
    assert_eq!(scene.snapshots().len(), 1);
}
