//! What the ledger remembers of retention from night to night: one entry, read before a plan is judged, and written
//! before and after it is carried out.

use jiff::{SignedDuration, Timestamp};
use ports::{Clock, ErrorKind, Ledger, LedgerEntry, LedgerKey, PortError, Stored, Swap, time};

use super::entry::{decode, encode};
use super::once::OnceError;
use crate::policy::key;
use crate::policy::retention::{Asked, History};

/// How long it is remembered after the last night: without it the next one is judged by its share alone.
const KEEP: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How often a lost swap is tried again: people accept rarely, and a night has one owner.
const ROUNDS: u32 = 4;

/// What became of accepting a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepting {
    /// It is accepted: the next night begins with it.
    Accepted(Box<Asked>),
    /// People are asked about another, or about none.
    NotAsked(Option<Box<Asked>>),
}

/// What is remembered. What another version wrote and this one cannot read counts as nothing, which is the careful side.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn recall(ledger: &dyn Ledger) -> Result<History, PortError> {
    Ok(read(ledger).await?.1)
}

/// Accepts the plan whose hash begins so, for a person who was asked about it.
///
/// # Errors
///
/// When the ledger cannot be read or written.
pub async fn accept(ledger: &dyn Ledger, clock: &dyn Clock, hash: &str) -> Result<Accepting, PortError> {
    let key = key::retention()?;
    for _ in 0..ROUNDS {
        let (stored, history) = read(ledger).await?;
        let Some(next) = history.accepting(hash) else {
            return Ok(Accepting::NotAsked(history.asked.map(Box::new)));
        };
        if swap(ledger, (&key, stored.as_ref()), &next, clock.now()).await? {
            let nothing = Accepting::NotAsked(None);
            return Ok(history.asked.map_or(nothing, |asked| Accepting::Accepted(Box::new(asked))));
        }
    }
    Err(PortError::new(ErrorKind::Busy, "remember", format!("`{key}`: others keep writing it")))
}

/// Remembers something else, made from what is remembered now.
///
/// # Errors
///
/// When the ledger cannot be read or written.
pub(super) async fn remember(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    next: impl Fn(History) -> History,
) -> Result<(), PortError> {
    let key = key::retention()?;
    for _ in 0..ROUNDS {
        let (stored, history) = read(ledger).await?;
        if swap(ledger, (&key, stored.as_ref()), &next(history), clock.now()).await? {
            return Ok(());
        }
    }
    Err(PortError::new(ErrorKind::Busy, "remember", format!("`{key}`: others keep writing it")))
}

async fn read(ledger: &dyn Ledger) -> Result<(Option<Stored>, History), PortError> {
    let key = key::retention()?;
    let stored = ledger.get(&key).await?;
    let history = stored.as_ref().and_then(|stored| decode(&key, stored).ok());
    Ok((stored, history.unwrap_or_default()))
}

/// Whether the write was won.
async fn swap(
    ledger: &dyn Ledger,
    (key, stored): (&LedgerKey, Option<&Stored>),
    history: &History,
    now: Timestamp,
) -> Result<bool, PortError> {
    let unwritable = |error: OnceError| PortError::new(ErrorKind::Rejected, "remember", error.to_string());
    let written = encode(key, history, false, now).map_err(unwritable)?;
    let entry = LedgerEntry { keep_until: time::later(now, KEEP), ..written };
    Ok(matches!(ledger.swap(key, stored.map(|s| s.version), &entry).await?, Swap::Won(_)))
}
