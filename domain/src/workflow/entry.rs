//! The domain's values as ledger entries: JSON under a key.

use jiff::{SignedDuration, Timestamp};
use ports::{LedgerEntry, LedgerKey, Stored, time};
use serde::{Serialize, de::DeserializeOwned};

use super::once::OnceError;

/// How long an entry is kept: far longer than anything redelivers an event.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Until when an entry is kept that only a person may remove.
pub(super) const FOR_GOOD: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// Writes a value down.
pub(super) fn encode<T: Serialize>(
    key: &LedgerKey,
    value: &T,
    open: bool,
    now: Timestamp,
) -> Result<LedgerEntry, OnceError> {
    let state = serde_json::to_string(value).map_err(|error| unreadable(key, &error))?;
    Ok(LedgerEntry { state, open, keep_until: time::later(now, KEEP) })
}

/// Reads a value that was written down, perhaps by another version of this code.
pub(super) fn decode<T: DeserializeOwned>(key: &LedgerKey, stored: &Stored) -> Result<T, OnceError> {
    serde_json::from_str(&stored.entry.state).map_err(|error| unreadable(key, &error))
}

fn unreadable(key: &LedgerKey, error: &serde_json::Error) -> OnceError {
    OnceError::Unreadable { key: key.clone(), why: error.to_string() }
}
