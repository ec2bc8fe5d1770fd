//! Remembers what functions were sent and ignored, for the next report: an event that nobody answers is one that somebody
//! may think is answered.

use jiff::civil::Date;
use ports::{Clock, Ledger, Swap, time};
use serde::{Deserialize, Serialize};

use super::entry::{decode, encode};
use super::once::OnceError;
use crate::policy::ignored::Tally;
use crate::policy::key;

/// The functions that are sent events.
pub const FUNCTIONS: [&str; 3] = ["auto-snapshot", "auto-remediation", "nightly-maintenance"];

/// How often a lost swap is tried again: a flood of such events need not be counted to the last.
const ROUNDS: u32 = 5;

/// What a function was sent in a day and ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredBy {
    /// The function.
    pub function: String,
    /// How much of what.
    pub tally: Tally,
}

/// Counts an event that a function ignores.
///
/// # Errors
///
/// When it could not be counted.
pub async fn count(
    (ledger, clock): (&dyn Ledger, &dyn Clock),
    function: &str,
    source: &str,
) -> Result<(), OnceError> {
    let now = clock.now();
    let key = key::ignored(function, time::day(now))?;
    for _ in 0..ROUNDS {
        let stored = ledger.get(&key).await?;
        let mut tally: Tally = stored.as_ref().map(|s| decode(&key, s)).transpose()?.unwrap_or_default();
        tally.add(source);
        let entry = encode(&key, &tally, false, now)?;
        if let Swap::Won(_) = ledger.swap(&key, stored.map(|s| s.version), &entry).await? {
            return Ok(());
        }
    }
    Err(OnceError::Busy { key, until: now })
}

/// What each function was sent on a day and ignored, of those that were.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn of_day(ledger: &dyn Ledger, day: Date) -> Result<Vec<IgnoredBy>, OnceError> {
    let mut ignored = Vec::new();
    for function in FUNCTIONS {
        let key = key::ignored(function, day)?;
        if let Some(stored) = ledger.get(&key).await? {
            ignored.push(IgnoredBy { function: function.to_owned(), tally: decode(&key, &stored)? });
        }
    }
    Ok(ignored)
}
