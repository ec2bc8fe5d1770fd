//! Sees to it that every open entry is in the ledger's index over what is open.
//!
//! An index lists what has its key's attribute, and each swap gives it to what is open. Entries that an earlier version wrote, or
//! one that the stack went back to for a while, or a person, do not have it. So once a day the whole ledger is looked through, and
//! what is missing is written as it stands.

use jiff::{SignedDuration, Timestamp};
use ports::{LedgerKey, Stored, Swap, time};
use serde::{Deserialize, Serialize};

use super::gather::{Gathered, Reading, open};
use crate::policy::key;
use crate::policy::mode::Mode;
use crate::workflow::entry::{decode, encode};
use crate::workflow::once::OnceError;

/// How long it is relied on that the index has all.
const RELIED_ON: SignedDuration = SignedDuration::from_hours(24);

/// What the ledger says of its index.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Complete {
    /// When everything that was open was seen to be in it.
    at: Timestamp,
}

/// Lists what is open and in no index, and judges it.
pub(super) async fn unlisted_entries(reading: &Reading<'_>) -> Gathered {
    let mut gathered = Gathered::default();
    if let Err(error) = look_through(reading, &mut gathered).await {
        gathered.failed("open entries that no index lists", &error);
    }
    gathered
}

async fn look_through(reading: &Reading<'_>, gathered: &mut Gathered) -> Result<(), OnceError> {
    let ledger = reading.ports.ledger;
    let (key, now) = (key::index()?, reading.ports.clock.now());
    if !reading.has_time() {
        gathered.leave_one();
        return Ok(());
    }
    let before = ledger.get(&key).await?;
    let complete: Option<Complete> = before.as_ref().map(|stored| decode(&key, stored)).transpose()?;
    if complete.is_some_and(|complete| now < time::later(complete.at, RELIED_ON)) {
        return Ok(());
    }
    let Some(keys) = reading.all(|from| ledger.unlisted_keys(from)).await? else {
        gathered.leave_one();
        return Ok(());
    };
    let mut is_complete = reading.run.mode == Mode::Act;
    for key in keys {
        is_complete &= list(reading, key, gathered).await?;
    }
    if is_complete {
        let entry = encode(&key, &Complete { at: now }, false, now)?;
        // Whoever was quicker has looked, too.
        ledger.swap(&key, before.map(|stored| stored.version), &entry).await?;
    }
    Ok(())
}

/// Writes an entry as it stands, and judges it; tells whether that is done with. One with an owner is left to the owner,
/// whose next write lists it.
async fn list(reading: &Reading<'_>, key: LedgerKey, gathered: &mut Gathered) -> Result<bool, OnceError> {
    if !reading.has_time() {
        gathered.leave_one();
        return Ok(false);
    }
    let Some(stored) = reading.open_entry(&key).await? else { return Ok(true) };
    let now = reading.ports.clock.now();
    if open(key.clone(), &stored, reading.run).is_none_or(|open| open.has_owner(now)) {
        return Ok(false);
    }
    let stored = match reading.run.mode {
        Mode::Observe => stored,
        Mode::Act => match reading.ports.ledger.swap(&key, Some(stored.version), &stored.entry).await? {
            Swap::Won(version) => Stored { version, ..stored },
            Swap::Lost(_) => return Ok(false),
        },
    };
    reading.judge(key, stored, gathered).await?;
    Ok(true)
}
