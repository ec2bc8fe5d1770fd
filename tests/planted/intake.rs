//! Bugs of reading events and of writing notices.

use adapters_aws::inbound;
use cloud_sim::Scenario;
use cloud_sim::cloud::Place;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::kernel::Handler;
use cloud_sim::payload;
use cloud_sim::payload::{AlarmChange, Sns};
use cloud_sim::rule::{LegalNotice, NoPanic};
use domain::policy::key;
use ports::trigger::{AlarmState, AlarmTrigger};
use serde_json::{Value, json};
use simulation::rule::Answered;
use simulation::stack::{ALARM_TOPIC, FunctionName::AutoRemediation};

use crate::hunt::{Planted, Search, rule};
use crate::part::{handler, skipped, tell};
use crate::world::{alarmed, begin, raised};

/// Puts an alarm's name into a subject as it is.
fn writes_any_subject() -> Handler {
    handler(|invocation, ports| async move {
        let alarm = inbound::alarms(&invocation.payload).remove(0)?;
        ports.publish_text(&format!("[Auto-Remediation] {}", alarm.name), &alarm.reason).await?;
        Ok(json!({ "action": "manual_review" }))
    })
}

/// Reads all records or none.
fn reads_all_or_none() -> Handler {
    handler(|invocation, ports| async move {
        let alarms: Result<Vec<AlarmTrigger>, _> = inbound::alarms(&invocation.payload).into_iter().collect();
        let alarms = match alarms {
            Ok(alarms) => alarms,
            Err(ignored) => return Ok(skipped(&ignored.to_string())),
        };
        for alarm in alarms {
            let key = key::remediation(&alarm.arn, alarm.changed_at)?;
            tell(&ports, &format!("[Auto-Remediation] {}", alarm.name), &key).await?;
        }
        Ok(json!({ "action": "manual_review" }))
    })
}

/// Trusts that what an alarm's message had when its author looked is always there.
fn trusts(field: &'static str) -> Handler {
    handler(move |invocation, _| async move {
        let event: Value = serde_json::from_slice(&invocation.payload)?;
        let message: Value = serde_json::from_str(event["Records"][0]["Sns"]["Message"].as_str().unwrap())?;
        let text = message.pointer(field).and_then(Value::as_str).expect("every alarm has one");
        Ok(json!({ "action": "manual_review", "of": text }))
    })
}

const NAME: &str = "web-high-cpu";

/// An alarm as it is once it was raised, when everything begins.
fn once_raised(mut alarm: Alarm) -> Alarm {
    alarm.force(&Place::default(), AlarmState::Alarm, 96, begin());
    alarm
}

/// An alarm's message behind a record that is none, in one event.
fn behind_a_bad_record() -> Scenario {
    let alarm = Alarm::high_cpu(Some("web"));
    let change = AlarmChange { place: &Place::default(), name: NAME, alarm: &once_raised(alarm.clone()) };
    let message = payload::alarm_message(&change);
    let envelope = Sns { topic: ALARM_TOPIC, id: "m-2", subject: "ALARM", message: &message, at: begin() };
    let good: Value = serde_json::from_str(&payload::sns(&envelope)).unwrap();
    let bad: Value =
        serde_json::from_str(&payload::sns(&Sns { id: "m-1", message: "hello", ..envelope })).unwrap();
    let both = json!({ "Records": [bad["Records"][0], good["Records"][0]] }).to_string();
    raised(NAME, alarm).delivers(AutoRemediation.as_str(), both.as_bytes(), 1)
}

fn planted(bug: &'static str, story: Scenario, wrong: Handler, caught_by: &'static str) -> Planted {
    let wrong = (AutoRemediation, wrong);
    Planted { bug, story, wrong, search: Search::Boring, caught_by, budget: 1 }
}

fn long_name() -> Planted {
    let name = format!("web-high-cpu-{}", "x".repeat(242));
    let story = alarmed(&name, Alarm::high_cpu(Some("web")));
    planted("subject from a 255-character name", story, writes_any_subject(), rule(&LegalNotice))
}

fn bad_record() -> Planted {
    let caught_by = rule(&Answered::default());
    planted("one bad record loses the batch", behind_a_bad_record(), reads_all_or_none(), caught_by)
}

fn null_description() -> Planted {
    let story = alarmed(NAME, Alarm::high_cpu(Some("web")));
    planted("null description panics", story, trusts("/AlarmDescription"), rule(&NoPanic))
}

fn composite_alarm() -> Planted {
    let story = alarmed(NAME, Alarm::composite(&["web-cpu-1", "web-cpu-2"]));
    planted("composite alarm panics", story, trusts("/Trigger/MetricName"), rule(&NoPanic))
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![long_name(), bad_record(), null_description(), composite_alarm()]
}

#[test]
fn a_subject_from_a_long_name_is_caught() {
    long_name().check();
}

#[test]
fn losing_a_batch_for_one_bad_record_is_caught() {
    bad_record().check();
}

#[test]
fn a_panic_at_a_null_description_is_caught() {
    null_description().check();
}

#[test]
fn a_panic_at_a_composite_alarm_is_caught() {
    composite_alarm().check();
}

#[test]
fn a_composite_alarm_is_read_in_each_of_its_envelopes() {
    let alarm = once_raised(Alarm::composite(&["web-cpu-1", "web-cpu-2"]));
    let change = AlarmChange { place: &Place::default(), name: NAME, alarm: &alarm };
    let message = payload::alarm_message(&change);
    let sns = payload::sns(&Sns {
        topic: ALARM_TOPIC,
        id: "m-1",
        subject: "ALARM",
        message: &message,
        at: begin(),
    });
    let read = |text: &str| inbound::alarms(text.as_bytes()).remove(0).unwrap();
    let (sns, event, action) =
        (read(&sns), read(&payload::alarm_event(&change, "e-1")), read(&payload::alarm_action(&change)));
    assert_eq!((&sns, &event), (&event, &action));
    assert!(sns.reason.contains("web-cpu-1 transitioned to ALARM at Tuesday 24 November, 2026 01:00:00 UTC"));
    assert_eq!((sns.dimensions.len(), sns.breach), (0, None));
}
