//! What AWS delivers, as triggers.
//!
//! Intake is total: any bytes give a trigger, or say why they ask for nothing. Nothing here panics, and nothing here is
//! worth another delivery: the same bytes would be ignored again.

mod alarm;
mod field;
mod instance;
mod night;
mod topic;

pub use alarm::alarms;
pub use instance::instances;
pub use night::{night, night_task};
pub use topic::source;

use ports::trigger::{Ignored, IgnoredReason};
use serde_json::Value;

fn json(payload: &[u8]) -> Result<Value, Ignored> {
    serde_json::from_slice(payload)
        .map_err(|error| Ignored::new(IgnoredReason::NotAnEvent, format!("the payload is not JSON: {error}")))
}
