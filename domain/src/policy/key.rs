//! The ledger keys: of the incident, never of the event, so that every telling of one incident meets one entry.

use std::fmt::Write;

use jiff::{Timestamp, civil::Date};
use ports::{Arn, GroupName, IdError, InstanceId, LedgerKey, VolumeId};
use sha2::{Digest, Sha256};

/// The key under which one incident of an instance is snapshotted.
///
/// # Errors
///
/// Never in practice: the parts are printable and short. The error is passed on all the same.
pub fn snapshot(instance: &InstanceId, name: Timestamp) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("snap#{instance}#{name}"))
}

/// The key of the list of an instance's incidents.
///
/// # Errors
///
/// As [`snapshot`].
pub fn incidents(instance: &InstanceId) -> Result<LedgerKey, IdError> {
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

/// The key of an instance's turn: who restarted it last, and until when it is left alone.
///
/// # Errors
///
/// As [`snapshot`].
pub fn instance(id: &InstanceId) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("instance#{id}"))
}

/// The key of one task of one night.
///
/// # Errors
///
/// As [`snapshot`].
pub fn night(task: &str, night: Date) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("night#{task}#{night}"))
}

/// The key of what is remembered of retention from night to night.
///
/// # Errors
///
/// As [`snapshot`].
pub fn retention() -> Result<LedgerKey, IdError> {
    LedgerKey::new("retention#history")
}

/// The key of what is remembered of some volumes that may be gone: of one in 256, by a digest, which is even.
///
/// # Errors
///
/// As [`snapshot`].
pub fn gone(volume: &VolumeId) -> Result<LedgerKey, IdError> {
    let digest = digest(volume.as_str().as_bytes());
    LedgerKey::new(format!("gone#{}", digest.get(..2).unwrap_or_default()))
}

/// The key of what a function was sent on a day and ignored.
///
/// # Errors
///
/// As [`snapshot`].
pub fn ignored(function: &str, day: Date) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("ignored#{function}#{day}"))
}

/// The key of an event that a function cannot handle: of its bytes, so that every delivery of it meets one entry.
///
/// # Errors
///
/// As [`snapshot`].
pub fn poison(function: &str, payload: &[u8]) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("poison#{function}#{}", digest(payload)))
}

/// The key that says that people were told of something only they can mend. What it is about may be as long as a key itself.
///
/// # Errors
///
/// As [`snapshot`].
pub fn reported(matter: &str, about: &str) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("reported#{matter}#{}", digest(about.as_bytes())))
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The key of what is known of the ledger's index over open entries.
///
/// # Errors
///
/// As [`snapshot`].
pub fn index() -> Result<LedgerKey, IdError> {
    LedgerKey::new("index#open")
}

/// The key of the notice about what happened under another key.
///
/// # Errors
///
/// When the other key is already as long as a key may be.
pub fn notice(about: &LedgerKey) -> Result<LedgerKey, IdError> {
    LedgerKey::new(format!("notice#{about}"))
}
