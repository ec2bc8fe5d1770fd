//! What is sent to a function and not for it is told; what comes another way is understood.

use adapters_aws::inbound;
use ports::trigger::NightTask;
use ports::{Attribute, Record};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, event};

use crate::auto_snapshot::state_event;

/// The event as it comes when a rule sends it to a topic.
fn through_a_topic(payload: &[u8]) -> Vec<u8> {
    let mut envelope: Value = serde_json::from_slice(&event("alarm-eventbridge-over-sns")).unwrap();
    envelope["Records"][0]["Sns"]["Message"] = json!(String::from_utf8(payload.to_vec()).unwrap());
    envelope.to_string().into_bytes()
}

fn ledger_keys(scene: &Scene, prefix: &str) -> usize {
    scene.cloud(|cloud| {
        let items = cloud.dynamodb.look("ledger").unwrap().items();
        items.filter(|item| format!("{:?}", item["key"]).contains(prefix)).count()
    })
}

#[test]
fn the_default_event_of_eventbridge_scheduler_is_a_night() {
    let scene = Scene::default();
    scene.sim.run_until("2026-11-24T00:00:00Z".parse().unwrap());
    let answer = scene.send(FunctionName::NightlyMaintenance, &event("scheduler-default")).unwrap();
    assert_eq!((&answer["date"], &answer["status"]), (&json!("2026-11-24"), &json!("OK")));
}

#[test]
fn an_event_that_came_through_a_topic_is_the_same_event() {
    let alarm = event("alarm-eventbridge-over-sns");
    let envelope: Value = serde_json::from_slice(&alarm).unwrap();
    let inner = envelope["Records"][0]["Sns"]["Message"].as_str().unwrap().as_bytes();
    assert_eq!(inbound::alarms(&alarm), inbound::alarms(inner));
    assert!(inbound::alarms(&alarm)[0].is_ok());
    for name in ["ec2-state-change", "alarm-eventbridge"] {
        assert_eq!(inbound::instances(&through_a_topic(&event(name))), inbound::instances(&event(name)));
    }
    for night in [event("scheduled"), event("scheduler-default")] {
        assert_eq!(inbound::night_task(&through_a_topic(&night)), inbound::night_task(&night));
    }
    let task = br#"{"task": "reconcile"}"#;
    assert_eq!(inbound::night_task(&through_a_topic(task)), Ok(NightTask::Reconcile));
}

#[test]
fn p12_what_is_ignored_is_named_in_the_next_report_with_its_source_and_how_often() {
    let scene = Scene::default();
    for _ in 0..3 {
        scene.send(FunctionName::AutoSnapshot, &event("scheduled")).unwrap();
    }
    scene.send(FunctionName::AutoRemediation, &through_a_topic(&event("ec2-state-change"))).unwrap();
    scene.night().unwrap();
    insta::assert_snapshot!(scene.mails()[0].body);
    // Each day's are told once.
    scene.night().unwrap();
    assert!(!scene.mails()[1].body.contains("not for it"), "{}", scene.mails()[1].body);
}

#[test]
fn p12_what_was_ignored_and_cannot_be_read_is_told_to_be_unread() {
    let scene = Scene::default();
    scene.send(FunctionName::AutoRemediation, &event("ec2-state-change")).unwrap();
    let text = |text: &str| Attribute::S(text.to_owned());
    let number = |digits: &str| Attribute::N(digits.to_owned());
    let item: Record = [
        ("key", text("ignored#auto-snapshot#2026-11-23")),
        ("version", number("1")),
        ("state", text("?")),
        ("open", Attribute::Bool(false)),
        ("keep_until", number("1800000000")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().put(item).unwrap());
    scene.night().unwrap();
    let body = &scene.mails()[0].body;
    assert!(body.contains("  auto-remediation: 1 times"), "{body}");
    assert!(
        body.contains("  could not be read of auto-snapshot: `ignored#auto-snapshot#2026-11-23`"),
        "{body}"
    );
}

#[test]
fn p12_fifty_kinds_are_told_apart_and_the_others_counted() {
    let scene = Scene::default();
    for n in 0..60 {
        let event = json!({ "source": format!("acme.{n:02}"), "detail-type": "Hello", "detail": {} });
        scene.send_and_wait(FunctionName::AutoRemediation, event.to_string().as_bytes(), MINUTE).unwrap();
    }
    scene.night().unwrap();
    let body = &scene.mails()[0].body;
    assert!(body.contains("1 times `Hello` of acme.49\n") && !body.contains("acme.50"), "{body}");
    assert!(body.contains("  auto-remediation: 10 times something else\n"), "{body}");
}

#[test]
fn p12_a_long_field_does_not_hide_the_others() {
    let scene = Scene::default();
    let long = |name: &str| format!("{name}-{}", "x".repeat(300));
    let event = json!({
        "source": long("acme"), "detail-type": long("Hello"), "resources": [long("arn")], "detail": {},
    });
    scene.send(FunctionName::AutoRemediation, &through_a_topic(event.to_string().as_bytes())).unwrap();
    scene.night().unwrap();
    let body = &scene.mails()[0].body;
    let line = body.lines().find(|line| line.contains("Hello")).unwrap();
    assert!(
        [" of acme-xx", ", about arn-xx", " through arn:aws:sns:"].iter().all(|part| line.contains(part)),
        "{line}"
    );
    assert!(line.len() < 400, "{line}");
}

const MINUTE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

#[test]
fn p12_a_state_or_an_instance_that_asks_for_nothing_is_no_ignored_event() {
    let scene = Scene::default();
    let opted_in = scene.instance("web-1", 0);
    let other = scene.tagged(support::scene::tags([]), 0);
    scene.send(FunctionName::AutoSnapshot, &state_event(&opted_in, "running")).unwrap();
    scene.send(FunctionName::AutoSnapshot, &state_event(&other, "stopped")).unwrap();
    assert_eq!(ledger_keys(&scene, "ignored#"), 0);
}

#[test]
fn p12_whoever_only_observes_writes_nothing_down() {
    let scene = Scene::new(&[("MODE", "observe")]);
    scene.send(FunctionName::AutoSnapshot, &event("scheduled")).unwrap();
    assert_eq!(ledger_keys(&scene, "ignored#"), 0);
}

#[test]
fn a_trigger_that_names_no_night_and_no_task_is_an_alarm() {
    let scene = Scene::default();
    scene.send(FunctionName::NightlyMaintenance, &event("ec2-state-change")).unwrap();
    assert_eq!(scene.subjects(), ["ALARM: \"night-trigger-unknown\" in EU (Ireland)"]);
}
