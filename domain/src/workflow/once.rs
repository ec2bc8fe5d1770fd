//! Carries an effect out once, over the ledger's compare-and-swap.
//!
//! The decisions are in [`crate::policy::once`]; this drives them: claim with the intent written down, act, record
//! the outcome. What is found of an earlier owner is resolved by evidence.

use jiff::Timestamp;
use ports::{Clock, IdError, Ledger, LedgerKey, PortError, Retry, Stored, Swap, Version, time};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Found, Unfinished};
use super::entry::{decode, encode};
use super::run::Run;
use crate::policy::once::{Claim, LEASE_MARGIN, Phase, Record, Step, backoff, fits, step};

/// How often a lost swap is looked at again. Each loss means that somebody else got on, so a few are plenty.
const ROUNDS: u32 = 8;

/// How an outcome came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It happened in this run.
    Fresh,
    /// An earlier run had done it without recording it.
    Adopted,
    /// An earlier run had done it and recorded it.
    Recorded,
}

/// An effect that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performed<O> {
    /// What came of it.
    pub outcome: O,
    /// How it came about.
    pub how: How,
}

/// Why an effect was not carried out in this run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnceError {
    /// A port failed. What is known of the effect is in the ledger.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another run is at it.
    #[error("`{key}`: another run is at it until {until} at the latest")]
    Busy {
        /// The key.
        key: LedgerKey,
        /// The end of the other run's lease.
        until: Timestamp,
    },
    /// An earlier run may have done it, and it is too early to tell.
    #[error("`{key}`: an earlier request may still take effect until {settled_at}")]
    Unsettled {
        /// The key.
        key: LedgerKey,
        /// From when on it can be told.
        settled_at: Timestamp,
    },
    /// Too little time is left to begin.
    #[error("`{key}`: too little time is left before the deadline")]
    OutOfTime {
        /// The key.
        key: LedgerKey,
    },
    /// The key stands for something else.
    #[error("`{key}`: the key stands for `{recorded}` already, not for `{asked}`")]
    Reused {
        /// The key.
        key: LedgerKey,
        /// What it stands for.
        recorded: String,
        /// What was asked for.
        asked: String,
    },
    /// The entry cannot be read by this version.
    #[error("`{key}`: the entry is not of a form this version knows: {why}")]
    Unreadable {
        /// The key.
        key: LedgerKey,
        /// What is wrong with it.
        why: String,
    },
    /// The lease ran out and another run took over.
    #[error("`{key}`: another run took over before the outcome was recorded")]
    Superseded {
        /// The key.
        key: LedgerKey,
    },
}

impl From<IdError> for OnceError {
    fn from(error: IdError) -> Self {
        Self::Port(error.into())
    }
}

impl OnceError {
    /// Tells whether another delivery of the same event can succeed.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Port(error) => error.retry(),
            Self::Busy { .. } | Self::Unsettled { .. } | Self::OutOfTime { .. } | Self::Superseded { .. } => {
                Retry::Later
            }
            Self::Reused { .. } | Self::Unreadable { .. } => Retry::Never,
        }
    }

    /// Whether another run owns the effect at present.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Superseded { .. })
    }
}

/// Carries effects out once, on behalf of one run.
#[derive(Clone, Copy)]
pub struct Once<'a> {
    /// Where claims and outcomes are kept.
    pub ledger: &'a dyn Ledger,
    /// The time.
    pub clock: &'a dyn Clock,
    /// On whose behalf.
    pub run: &'a Run,
}

impl std::fmt::Debug for Once<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("run", self.run).finish_non_exhaustive()
    }
}

/// A claim that was won: the record as it stands in the ledger.
struct Held<I, O> {
    version: Version,
    record: Record<I, O>,
    intent: I,
}

type HeldBy<E> = Held<<E as Effect>::Intent, <E as Effect>::Outcome>;
type RecordOf<E> = Record<<E as Effect>::Intent, <E as Effect>::Outcome>;
type PerformedBy<E> = Performed<<E as Effect>::Outcome>;

impl Once<'_> {
    /// Carries `effect` out unless it has been, and returns what came of it.
    ///
    /// # Errors
    ///
    /// When it was not carried out in this run; [`OnceError::retry`] tells whether a later delivery can.
    pub async fn perform<E: Effect>(&self, effect: &E) -> Result<PerformedBy<E>, OnceError> {
        let mut stored: Option<Stored> = None;
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let record: Option<RecordOf<E>> = stored.as_ref().map(|s| decode(effect.key(), s)).transpose()?;
            let (next, resolve) = match step(record.as_ref(), &self.claim(effect), now) {
                Step::Return(outcome) => return Ok(Performed { outcome, how: How::Recorded }),
                Step::Busy { until } => return Err(OnceError::Busy { key: effect.key().clone(), until }),
                Step::Reused { recorded } => return Err(reused(effect, recorded)),
                Step::Look { intent, settled_at } => {
                    let held =
                        stored.zip(record).map(|(s, record)| Held { version: s.version, record, intent });
                    return self.adopt_whole(effect, held, settled_at).await;
                }
                Step::Act(next) => (next, false),
                Step::Resolve(next) => (next, true),
            };
            if !fits(now, self.run.deadline) {
                return Err(OnceError::OutOfTime { key: effect.key().clone() });
            }
            match self.write(effect.key(), stored.as_ref().map(|s| s.version), &next).await? {
                Swap::Won(version) => return self.own(effect, version, next, resolve).await,
                Swap::Lost(current) => stored = current,
            }
        }
        Err(OnceError::Busy { key: effect.key().clone(), until: self.clock.now() })
    }

    /// What the ledger knows of an effect, without claiming it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or holds something this version cannot read.
    pub async fn recall<E: Effect>(&self, key: &LedgerKey) -> Result<Option<RecordOf<E>>, OnceError> {
        self.ledger.get(key).await?.map(|stored| decode(key, &stored)).transpose()
    }

    fn claim<E: Effect>(&self, effect: &E) -> Claim<E::Intent> {
        Claim {
            owner: self.run.owner.clone(),
            subject: effect.subject(),
            intent: effect.intent(),
            lease_until: time::later(self.run.deadline, LEASE_MARGIN),
            settle: effect.settle(),
        }
    }

    async fn own<E: Effect>(
        &self,
        effect: &E,
        version: Version,
        record: RecordOf<E>,
        resolve: bool,
    ) -> Result<PerformedBy<E>, OnceError> {
        let Phase::Intended { intent, .. } = record.phase.clone() else {
            return Err(OnceError::Superseded { key: effect.key().clone() });
        };
        let held = Held { version, record, intent };
        let part = if resolve {
            match effect.look(&held.intent).await {
                Ok(Found::Whole(outcome)) => return self.complete(effect, held, outcome, How::Adopted).await,
                Ok(Found::Part(part)) => Some(part),
                Ok(Found::Nothing) => None,
                Err(error) => {
                    self.put_back(effect, &held, true, "unseen").await;
                    return Err(error.into());
                }
            }
        } else {
            None
        };
        self.act(effect, held, part).await
    }

    async fn act<E: Effect>(
        &self,
        effect: &E,
        held: HeldBy<E>,
        part: Option<E::Outcome>,
    ) -> Result<PerformedBy<E>, OnceError> {
        let mut attempts = 0_u32;
        loop {
            if !fits(self.clock.now(), self.run.deadline) {
                self.put_back(effect, &held, part.is_some(), "out of time").await;
                return Err(OnceError::OutOfTime { key: effect.key().clone() });
            }
            let error = match effect.act(&held.intent, held.record.fence, part.clone()).await {
                Ok(outcome) => return self.complete(effect, held, outcome, How::Fresh).await,
                Err(Unfinished::InDoubt(error)) => {
                    self.put_back(effect, &held, true, "in doubt").await;
                    return Err(error.into());
                }
                Err(Unfinished::Refused(error)) => error,
            };
            let wait = backoff(attempts, error.kind);
            attempts = attempts.saturating_add(1);
            let again = time::later(self.clock.now(), wait);
            if error.retry() == Retry::Never || !fits(again, self.run.deadline) {
                self.put_back(effect, &held, part.is_some(), &error.to_string()).await;
                return Err(error.into());
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Leaves the entry to the next owner. When even that fails, the end of the lease says the same, only later.
    async fn put_back<E: Effect>(&self, effect: &E, held: &HeldBy<E>, in_doubt: bool, because: &str) {
        let record = if in_doubt {
            held.record.in_doubt(self.clock.now())
        } else {
            held.record.released(because.to_owned())
        };
        let _ = self.write(effect.key(), Some(held.version), &record).await;
    }

    async fn complete<E: Effect>(
        &self,
        effect: &E,
        held: HeldBy<E>,
        outcome: E::Outcome,
        how: How,
    ) -> Result<PerformedBy<E>, OnceError> {
        let outcome = effect.finish(&held.intent, outcome).await;
        let record = held.record.done(self.clock.now(), outcome.clone());
        match self.write(effect.key(), Some(held.version), &record).await? {
            Swap::Won(_) => Ok(Performed { outcome, how }),
            Swap::Lost(_) => Err(OnceError::Superseded { key: effect.key().clone() }),
        }
    }

    /// Adopts what is found whole. It is proof that the effect happened, so nobody has to wait for it to settle.
    async fn adopt_whole<E: Effect>(
        &self,
        effect: &E,
        held: Option<HeldBy<E>>,
        settled_at: Timestamp,
    ) -> Result<PerformedBy<E>, OnceError> {
        if let Some(held) = held
            && let Found::Whole(outcome) = effect.look(&held.intent).await?
        {
            return self.complete(effect, held, outcome, How::Adopted).await;
        }
        Err(OnceError::Unsettled { key: effect.key().clone(), settled_at })
    }

    async fn write<I: Clone + Serialize + Sync, O: Serialize + Sync>(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        record: &Record<I, O>,
    ) -> Result<Swap, OnceError> {
        let entry = encode(key, record, record.is_open(), self.clock.now())?;
        Ok(match self.ledger.swap(key, expected, &entry).await? {
            // A write whose reply was lost and that was sent again finds itself.
            Swap::Lost(Some(current)) if current.entry.state == entry.state => Swap::Won(current.version),
            swap @ (Swap::Won(_) | Swap::Lost(_)) => swap,
        })
    }
}

fn reused<E: Effect>(effect: &E, recorded: String) -> OnceError {
    OnceError::Reused { key: effect.key().clone(), recorded, asked: effect.subject() }
}
