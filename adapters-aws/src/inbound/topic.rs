//! What comes through a topic of SNS: an event of its own, in an envelope
//! (<https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>).

use aws_lambda_events::sns::SnsRecord;
use ports::trigger::{Ignored, IgnoredReason};
use serde_json::Value;

use super::field::short;

/// A message that came through a topic.
pub(super) struct Carried {
    /// What was published: an event, or an alarm's message.
    pub(super) message: Value,
    /// The topic.
    pub(super) topic: String,
}

/// The messages of a delivery; `None` when it did not come through a topic. One that is bad does not hide the others.
pub(super) fn carried(event: &Value) -> Option<Vec<Result<Carried, Ignored>>> {
    let records = event.get("Records")?.as_array().filter(|records| !records.is_empty());
    let nothing = || vec![Err(Ignored::new(IgnoredReason::NotAnEvent, "`Records` is empty or not a list"))];
    Some(records.map_or_else(nothing, |records| records.iter().map(of_record).collect()))
}

fn of_record(record: &Value) -> Result<Carried, Ignored> {
    let record: SnsRecord = serde_json::from_value(record.clone()).map_err(|error| {
        Ignored::new(IgnoredReason::NotAnEvent, format!("a record is not an SNS record: {error}"))
    })?;
    let message: Value = serde_json::from_str(&record.sns.message)
        .map_err(|_| Ignored::new(IgnoredReason::TestMessage, "the SNS message is text, not an alarm"))?;
    if let Some(event) = message.get("Event").and_then(Value::as_str) {
        let what = format!("the SNS message is `{event}`, not an alarm");
        return Err(Ignored::new(IgnoredReason::TestMessage, what));
    }
    Ok(Carried { message, topic: record.sns.topic_arn })
}

/// Where an event came from, in a line for people: what is known of it, whatever it is, and of each field its first 80
/// characters.
///
/// # Examples
///
/// ```
/// let source = adapters_aws::inbound::source(br#"{"source": "aws.s3", "detail-type": "Object Created"}"#);
/// assert_eq!(source, "`Object Created` of aws.s3");
/// assert_eq!(adapters_aws::inbound::source(b"hello"), "an unknown sender");
/// ```
pub fn source(payload: &[u8]) -> String {
    let event: Value = serde_json::from_slice(payload).unwrap_or_default();
    match carried(&event).and_then(|messages| messages.into_iter().flatten().next()) {
        Some(Carried { message, topic }) => format!("{} through {}", of_event(&message), short(&topic)),
        None => match event.pointer("/Records/0/Sns/TopicArn").and_then(Value::as_str) {
            Some(topic) => format!("a text through {}", short(topic)),
            None => of_event(&event),
        },
    }
}

fn of_event(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(short);
    let about = text("/resources/0").map(|arn| format!(", about {arn}")).unwrap_or_default();
    match (text("/detail-type"), text("/source")) {
        (Some(kind), Some(source)) => format!("`{kind}` of {source}{about}"),
        _ => match text("/alarmArn").or_else(|| text("/AlarmArn")) {
            Some(arn) => format!("the alarm {arn}"),
            None => "an unknown sender".to_owned(),
        },
    }
}
