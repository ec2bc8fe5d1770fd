use aws_lambda_events::eventbridge::EventBridgeEvent;
use ports::InstanceState;
use ports::trigger::{Ignored, IgnoredReason, InstanceChange, InstanceTrigger};
use serde_json::Value;

use super::{field, json};

/// Reads an event for the snapshot function: an `EC2 Instance State-change Notification` from `EventBridge`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html>).
///
/// # Errors
///
/// The reason to ignore it, when it is anything else.
///
/// # Examples
///
/// ```
/// let event = br#"{"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602",
///     "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "account": "123456789012",
///     "time": "2021-11-11T21:29:54Z", "region": "us-east-1",
///     "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
///     "detail": {"instance-id": "i-abcd1111", "state": "stopped"}}"#;
/// let trigger = adapters_aws::inbound::instance(event).unwrap();
/// assert_eq!((trigger.instance.as_str(), trigger.what.word()), ("i-abcd1111", "stopped"));
///
/// let ignored = adapters_aws::inbound::instance(b"hello").unwrap_err();
/// assert!(ignored.to_string().starts_with("not an event: the payload is not JSON"));
/// ```
pub fn instance(payload: &[u8]) -> Result<InstanceTrigger, Ignored> {
    let event = json(payload)?;
    let envelope: EventBridgeEvent<Value> = serde_json::from_value(event.clone()).map_err(|error| {
        Ignored::new(IgnoredReason::NotAnEvent, format!("the payload is not an EventBridge event: {error}"))
    })?;
    match (envelope.source.as_str(), envelope.detail_type.as_str()) {
        ("aws.ec2", "EC2 Instance State-change Notification") => Ok(InstanceTrigger {
            event_id: field::text(&event, "/id")?.to_owned(),
            at: field::instant(&event, "/time")?,
            account: field::parsed(&event, "/account")?,
            region: field::parsed(&event, "/region")?,
            instance: field::parsed(&event, "/detail/instance-id")?,
            what: InstanceChange::State(state(&event)?),
        }),
        (source, detail_type) => Err(Ignored::new(
            IgnoredReason::NotForThisFunction,
            format!("`{detail_type}` of `{source}` says nothing about a failed instance"),
        )),
    }
}

fn state(event: &Value) -> Result<InstanceState, Ignored> {
    let name = field::text(event, "/detail/state")?;
    InstanceState::parse(name)
        .ok_or_else(|| field::bad("/detail/state", format!("`{name}` is not a state EC2 documents")))
}
