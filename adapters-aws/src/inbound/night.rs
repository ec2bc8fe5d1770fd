use ports::trigger::{Ignored, IgnoredReason, NightTrigger};

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
