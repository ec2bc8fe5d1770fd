//! The ledger keys: of the incident, never of the event, so that every telling of one incident meets one entry.

use jiff::{Timestamp, civil::Date};
use ports::{Arn, GroupName, IdError, InstanceId, LedgerKey};

/// The key under which one episode of an instance is snapshotted.
///
/// # Errors
///
/// Never in practice: the parts are printable and short. The error is passed on all the same.
pub fn snapshot(instance: &InstanceId, episode: Timestamp) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("snap#{instance}#{episode}"))
}

/// The key of the list of an instance's episodes.
///
/// # Errors
///
/// As [`snapshot`].
pub fn episodes(instance: &InstanceId) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("episodes#{instance}"))
}

/// The key of one transition of one alarm.
///
/// # Examples
///
/// ```
/// let arn = ports::Arn::new("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:high-cpu")?;
/// let key = domain::policy::key::remediation(&arn, "2026-11-23T14:27:11Z".parse().unwrap())?;
/// assert_eq!(key.as_str(), "remed#arn:aws:cloudwatch:eu-west-1:123456789012:alarm:high-cpu#2026-11-23T14:27:11Z");
/// # Ok::<(), ports::IdError>(())
/// ```
///
/// # Errors
///
/// When the ARN is longer than a key may be.
pub fn remediation(alarm: &Arn, changed_at: Timestamp) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("remed#{alarm}#{changed_at}"))
}

/// The key of a scaling group's slot: who changed it last, and until when it rests.
///
/// # Errors
///
/// As [`snapshot`].
pub fn group(name: &GroupName) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("group#{name}"))
}

/// The key of one task of one night.
///
/// # Errors
///
/// As [`snapshot`].
pub fn night(task: &str, night: Date) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("night#{task}#{night}"))
}

/// The key of the notice about what happened under another key.
///
/// # Errors
///
/// When the other key is already as long as a key may be.
pub fn notice(about: &LedgerKey) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("notice#{about}"))
}
