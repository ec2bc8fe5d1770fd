use adapters_aws::inbound;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::scene::event;

const EVENTS: [&str; 13] = [
    "reconcile",
    "ec2-state-change",
    "spot-warning",
    "health-issue",
    "health-scheduled",
    "reboot-call",
    "alarm-status-check",
    "scheduled",
    "alarm-sns",
    "alarm-eventbridge",
    "alarm-direct",
    "alarm-composite",
    "sns-test",
];

fn read_all(payload: &[u8]) {
    assert!(!inbound::instances(payload).is_empty());
    let _ = inbound::night_task(payload);
    assert!(!inbound::alarms(payload).is_empty());
}

/// Replaces the nth value of a JSON text by another.
fn replace(value: &mut Value, nth: &mut usize, by: &Value) {
    if *nth == 0 {
        *value = by.clone();
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, nth, by)),
        Value::Object(map) => map.values_mut().for_each(|inner| replace(inner, nth, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        any::<i64>().prop_map(|n| json!(n)),
        ".{0,40}".prop_map(Value::String),
        Just(Value::String("x".repeat(5000))),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn any_documented_event_with_any_part_replaced_is_read_without_a_panic(
        name in proptest::sample::select(&EVENTS[..]), mut nth in 0..80_usize, by in junk(),
    ) {
        let mut value: Value = serde_json::from_slice(&event(name)).unwrap();
        replace(&mut value, &mut nth, &by);
        read_all(value.to_string().as_bytes());
    }

    #[test]
    fn any_alarm_message_with_any_part_replaced_is_read_without_a_panic(mut nth in 0..40_usize, by in junk()) {
        let mut record: Value = serde_json::from_slice(&event("alarm-sns")).unwrap();
        let text = record["Records"][0]["Sns"]["Message"].as_str().unwrap().to_owned();
        let mut message: Value = serde_json::from_str(&text).unwrap();
        replace(&mut message, &mut nth, &by);
        record["Records"][0]["Sns"]["Message"] = Value::String(message.to_string());
        read_all(record.to_string().as_bytes());
    }

    #[test]
    fn any_event_cut_anywhere_is_read_without_a_panic(
        name in proptest::sample::select(&EVENTS[..]), at in any::<proptest::sample::Index>(),
    ) {
        let whole = event(name);
        read_all(&whole[..at.index(whole.len())]);
    }
}
