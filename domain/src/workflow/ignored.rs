//! Remembers what functions were sent and ignored, for the next report: an event that nobody answers is one that somebody
//! may think is answered.

use jiff::civil::Date;
use ports::{Clock, Ledger, Swap, time};
use serde::{Deserialize, Serialize};

use super::entry::{decode, encode};
use super::once::OnceError;
use crate::policy::ignored::Tally;
use crate::policy::key;
use crate::policy::listed::words;

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

/// What functions were sent on a day and ignored, as far as that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoredOfDay {
    /// Of each function that ignored something.
    pub by: Vec<IgnoredBy>,
    /// Of which functions it could not be read, and why.
    pub unread: Vec<String>,
}

/// What each function was sent on a day and ignored.
pub async fn of_day(ledger: &dyn Ledger, day: Date) -> IgnoredOfDay {
    let mut ignored = IgnoredOfDay::default();
    for function in FUNCTIONS {
        match tally(ledger, function, day).await {
            Ok(None) => {}
            Ok(Some(tally)) => ignored.by.push(IgnoredBy { function: function.to_owned(), tally }),
            Err(error) => ignored.unread.push(format!("{function}: {}", words(&error.to_string()))),
        }
    }
    ignored
}

async fn tally(ledger: &dyn Ledger, function: &str, day: Date) -> Result<Option<Tally>, OnceError> {
    let key = key::ignored(function, day)?;
    ledger.get(&key).await?.map(|stored| decode(&key, &stored)).transpose()
}
