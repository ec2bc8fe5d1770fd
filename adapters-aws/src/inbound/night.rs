use ports::trigger::{Ignored, IgnoredReason, NightTask, NightTrigger};
use serde_json::Value;

use super::{field, json};

/// Reads an event for the nightly function: a `Scheduled Event` of an `EventBridge` rule, or `{"time": ...}`, which is
/// what an `EventBridge` Scheduler target can be told to send
/// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>).
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
/// assert!(adapters_aws::inbound::night(b"{}").is_err());
/// ```
pub fn night(payload: &[u8]) -> Result<NightTrigger, Ignored> {
    let event = json(payload)?;
    let kind = (event.get("source"), event.get("detail-type").and_then(|v| v.as_str()));
    match kind {
        (None, None) => {}
        (Some(source), Some("Scheduled Event")) if source == "aws.events" => {}
        (source, detail_type) => {
            return Err(Ignored::new(
                IgnoredReason::NotForThisFunction,
                format!(
                    "source {source:?}, detail type {detail_type:?}: expected a `Scheduled Event` of `aws.events`"
                ),
            ));
        }
    }
    Ok(NightTrigger { at: field::instant(&event, "/time")? })
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
    match json(payload)?.get("task") {
        None => night(payload).map(NightTask::Night),
        Some(Value::String(task)) if task == "reconcile" => Ok(NightTask::Reconcile),
        Some(other) => {
            let name = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let why = format!("`{name}` is no task of this function, expected `reconcile`");
            Err(field::bad("/task", why))
        }
    }
}
