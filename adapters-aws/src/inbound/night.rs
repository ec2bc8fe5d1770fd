use ports::trigger::{Ignored, IgnoredReason, NightTask, NightTrigger};
use serde_json::Value;

use super::topic::carried;
use super::{field, json};

/// Reads an event for the nightly function: a `Scheduled Event` of an `EventBridge` rule, what `EventBridge` Scheduler sends
/// where nothing else is said, with a `detail` that is a text, or `{"time": ...}`, which a schedule can be told to send
/// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>). Each may come
/// through a topic.
///
/// # Errors
///
/// The reason to ignore it, when it is anything else.
///
/// # Examples
///
/// ```
/// let trigger = adapters_aws::inbound::night(br#"{"time": "2026-11-24T02:00:00Z"}"#).unwrap();
/// assert_eq!(trigger.night().to_string(), "2026-11-24");
/// let scheduler = br#"{"source": "aws.scheduler", "detail-type": "Scheduled Event", "time": "2026-11-24T02:00:00Z", "detail": "{}"}"#;
/// assert_eq!(adapters_aws::inbound::night(scheduler), Ok(trigger));
/// assert!(adapters_aws::inbound::night(b"{}").is_err());
/// ```
pub fn night(payload: &[u8]) -> Result<NightTrigger, Ignored> {
    of_night(&one(payload)?)
}

fn of_night(event: &Value) -> Result<NightTrigger, Ignored> {
    let kind = (event.get("source"), event.get("detail-type").and_then(Value::as_str));
    match kind {
        (None, None) => {}
        (Some(source), Some("Scheduled Event")) if source == "aws.events" || source == "aws.scheduler" => {}
        _ => {
            let [source, kind] = ["source", "detail-type"].map(|name| field::told(event, name));
            return Err(Ignored::new(
                IgnoredReason::NotForThisFunction,
                format!("{source}, {kind}: expected a `Scheduled Event` of `aws.events` or `aws.scheduler`"),
            ));
        }
    }
    Ok(NightTrigger { at: field::instant(event, "/time")? })
}

/// The one event of a payload, which may have come through a topic.
fn one(payload: &[u8]) -> Result<Value, Ignored> {
    let event = json(payload)?;
    let Some(mut messages) = carried(&event) else { return Ok(event) };
    match (messages.pop(), messages.is_empty()) {
        (Some(only), true) => Ok(only?.message),
        _ => Err(field::bad("/Records", "expected one record")),
    }
}

/// Reads what the nightly function is sent: `{"task": "reconcile"}`, or else what [`night`] reads. A schedule of `EventBridge`
/// can be told to send either
/// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>).
///
/// # Errors
///
/// The reason to ignore it, when it is anything else.
///
/// # Examples
///
/// ```
/// use ports::trigger::NightTask;
///
/// assert_eq!(adapters_aws::inbound::night_task(br#"{"task": "reconcile"}"#), Ok(NightTask::Reconcile));
/// let error = adapters_aws::inbound::night_task(br#"{"task": "dance"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "bad field: `task`: `dance` is no task of this function, expected `reconcile`");
/// ```
pub fn night_task(payload: &[u8]) -> Result<NightTask, Ignored> {
    let event = one(payload)?;
    match event.get("task") {
        None => of_night(&event).map(NightTask::Night),
        Some(Value::String(task)) if task == "reconcile" => Ok(NightTask::Reconcile),
        Some(other) => {
            let why = format!("`{}` is no task of this function, expected `reconcile`", field::plain(other));
            Err(field::bad("/task", why))
        }
    }
}
