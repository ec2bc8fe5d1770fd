//! Who could make the stack do what it should not, and what stops them: each under the template's own permissions.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::eventbridge::Put;
use cloud_sim::cloud::{Happening, Place};
use cloud_sim::kernel::Handler;
use cloud_sim::payload::AlarmChange;
use futures::FutureExt;
use jiff::SignedDuration;
use ports::trigger::AlarmState;
use ports::{Capacity, Snapshot, SnapshotId, Snapshots, StateReason, TagSet, Tags};
use serde_json::{Value, json};
use simulation::stack::{ALARM_TOPIC, FunctionName, ours};
use support::scene::{Scene, tags};

/// Puts a handler in place of a function's, as if somebody had got their code into it.
fn take_over(scene: &Scene, function: FunctionName, handler: Handler) -> Value {
    scene.sim.install(function.as_str(), handler);
    scene.cloud(|cloud| cloud.lambda.never_retry(function.as_str()));
    scene.send(function, b"{}").unwrap()
}

/// Deletes whatever it is told to, and tells what came of it.
fn deletes(ids: Vec<SnapshotId>) -> Handler {
    Arc::new(move |invocation| {
        let ids = ids.clone();
        async move {
            let mut ends = Vec::new();
            for id in &ids {
                let end = invocation.ports().delete(id).await;
                ends.push(end.map_or_else(|error| error.kind.to_string(), |end| format!("{end:?}")));
            }
            Ok(json!(ends))
        }
        .boxed()
    })
}

#[test]
fn x7_a_strangers_snapshot_cannot_be_deleted_whatever_the_code_does() {
    let scene = Scene::default();
    let mut held = ours();
    held.insert("caretaker:hold", "audit");
    let mut anothers = ours();
    anothers.insert("caretaker:owner", "another");
    let ids = vec![
        scene.put_snapshot("snap-0a", "vol-1", 50, ours()),
        scene.put_snapshot("snap-0a1", "vol-1", 50, anothers),
        // Of an earlier version, and nobody's yet.
        scene.put_snapshot(
            "snap-0a2",
            "vol-1",
            50,
            tags([("AutoCreated", "true"), ("CreatedBy", "caretaker")]),
        ),
        scene.put_snapshot("snap-0b", "vol-1", 50, Tags::default()),
        scene.put_snapshot("snap-0c", "vol-1", 50, tags([("AutoCreated", "true")])),
        scene.put_snapshot("snap-0d", "vol-1", 50, tags([("CreatedBy", "caretaker")])),
        scene.put_snapshot("snap-0e", "vol-1", 50, held),
        a_snapshot_of_another_account(&scene),
    ];
    let ends = take_over(&scene, FunctionName::NightlyMaintenance, deletes(ids));
    assert_eq!(
        ends,
        json!(["Deleted", "denied", "denied", "denied", "denied", "denied", "denied", "denied"])
    );
}

fn a_snapshot_of_another_account(scene: &Scene) -> SnapshotId {
    let id = scene.put_snapshot("snap-0f", "vol-1", 50, ours());
    scene.cloud(|cloud| {
        let snapshot: Snapshot = cloud.snapshots.look(&id).unwrap().clone();
        cloud.snapshots.put_foreign(snapshot, "999999999999".parse().unwrap());
    });
    id
}

#[test]
fn our_mark_cannot_be_put_on_a_strangers_snapshot() {
    for function in FunctionName::ALL {
        let scene = Scene::default();
        let id = scene.put_snapshot("snap-0a", "vol-1", 50, Tags::default());
        let handler: Handler = Arc::new(move |invocation| {
            let id = id.clone();
            async move {
                let marks = TagSet::new(ours().iter()).unwrap();
                let end = invocation.ports().tag(&id, &marks).await;
                Ok(json!(end.map_or_else(|error| error.kind.to_string(), |()| "tagged".to_owned())))
            }
            .boxed()
        });
        assert_eq!(take_over(&scene, function, handler), "denied", "{function:?}");
    }
}

/// IAM cannot tell a forged mark from a true one. What a night may remove at the most can.
#[test]
fn forged_marks_on_many_snapshots_remove_none_and_are_told() {
    let scene = Scene::default();
    for n in 0..40 {
        scene.put_snapshot(&format!("snap-{n:02x}"), &format!("vol-{}", n % 4), 100 + n, ours());
    }
    scene.night().unwrap();
    assert_eq!(scene.snapshots().len(), 40);
    assert!(scene.mails()[0].body.contains("PARTIAL"), "{}", scene.mails()[0].body);
}

#[test]
fn nobody_can_put_an_event_of_ec2_on_the_bus() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    let detail = json!({ "instance-id": instance, "state": "stopped" });
    let put = |source: &str| {
        let event = Put { source, detail_type: "EC2 Instance State-change Notification", detail: &detail };
        scene.sim.act(|cloud, context| cloud.put_event(&event, context))
    };
    assert_eq!(put("aws.ec2").unwrap_err().code, "NotAuthorizedForSourceException");
    put("com.example.ec2").unwrap();
    scene.sim.run_for(SignedDuration::from_mins(30));
    assert_eq!(scene.sim.watch(|watch| watch.counts().invocations), 0);
    assert!(scene.snapshots().is_empty());
}

#[test]
fn an_alarm_of_another_account_is_not_answered() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    let raised = |account: &str| {
        let place = Place { account: account.parse().unwrap(), ..Place::default() };
        let mut alarm = Alarm::high_cpu(Some("web"));
        alarm.topics.push(ALARM_TOPIC.to_owned());
        alarm.functions.push(FunctionName::AutoRemediation.as_str().to_owned());
        alarm.force(&place, AlarmState::Alarm, 96, scene.sim.now());
        let change = AlarmChange { place: &place, name: "web-high-cpu", alarm: &alarm };
        scene.sim.act(|cloud, context| cloud.execute_actions(&change, context));
        scene.sim.run_for(SignedDuration::from_mins(15));
        scene.desired("web")
    };
    assert_eq!(raised("999999999999"), Capacity(2));
    assert_eq!(scene.sim.watch(|watch| watch.counts().invocations), 0);
    // The same one of this account is, once.
    assert_eq!(raised("123456789012"), Capacity(4));
}

fn are_legal(subjects: &[String]) -> bool {
    subjects.iter().all(|subject| subject.len() < 100 && !subject.chars().any(char::is_control))
}

/// CloudWatch has no such alarms: somebody made this message up. It is not answered, and a person is told.
#[test]
fn an_alarm_whose_name_has_line_breaks_is_told_under_a_legal_subject() {
    let scene = Scene::default();
    let name = "web\r\nBcc: all@example.com\nhigh-cpu";
    scene.group("web", 2, 10);
    scene.alarm(name, Some("web"));
    scene.turns(name, AlarmState::Alarm);
    assert_eq!(scene.desired("web"), Capacity(2));
    assert_eq!(scene.subjects(), ["[Caretaker] auto-remediation cannot handle an event"]);
    assert_eq!(scene.broken(), Vec::<String>::new());
}

#[test]
fn an_instance_whose_name_has_line_breaks_is_told_under_a_legal_subject() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1\r\nBcc: all@example.com", 0), "Server.InternalError");
    let subjects = scene.subjects();
    assert!(subjects.len() == 1 && are_legal(&subjects), "{subjects:?}");
    assert_eq!(scene.snapshots().len(), 1);
    assert_eq!(scene.broken(), Vec::<String>::new());
}

#[test]
fn an_alarm_whose_name_has_255_letters_is_answered_and_told_under_a_legal_subject() {
    let routes = json!([{ "matches": "high-cpu$", "action": "scale_out" }]).to_string();
    let scene = Scene::new(&[("ROUTES", &routes)]);
    let name = format!("{}-high-cpu", "w".repeat(246));
    scene.group("web", 2, 10);
    scene.alarm(&name, Some("web"));
    scene.turns(&name, AlarmState::Alarm);
    assert_eq!(scene.desired("web"), Capacity(4));
    let subjects = scene.subjects();
    assert!(subjects.len() == 1 && are_legal(&subjects), "{subjects:?}");
    assert_eq!(scene.broken(), Vec::<String>::new());
}

#[test]
fn a_flood_of_failures_ends_with_a_set_for_each_instance() {
    let scene = Scene::default();
    let reason = StateReason { code: "Server.InternalError".to_owned(), message: String::new() };
    let now = scene.sim.now();
    for n in 0..60 {
        let instance = scene.instance(&format!("web-{n}"), 0);
        scene.sim.at(now, Happening::Stop { instance, reason: reason.clone() });
    }
    scene.sim.run_for(SignedDuration::from_hours(2));
    assert_eq!(scene.snapshots().len(), 60);
    assert_eq!(scene.broken(), Vec::<String>::new());
}
