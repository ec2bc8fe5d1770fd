//! Carries an effect out once, over the ledger's compare-and-swap.
//!
//! The decisions are in [`crate::policy::once`]; this drives them: claim with the intent written down, act, record
//! the outcome. What is found of an earlier owner is resolved by evidence.

use jiff::Timestamp;
use ports::{Clock, Ledger, LedgerEntry, LedgerKey, PortError, Retry, Stored, Swap, Version, time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::{Effect, Found, Unfinished};
use super::entry::{FOR_GOOD, decode, encode};
pub use super::once_error::OnceError;
use super::run::Run;
use crate::policy::once::{Claim, FORMAT, InDoubt, LEASE_MARGIN, Phase, Record, Step, backoff, fits, step};

/// How often a lost swap is looked at again. Each loss means that somebody else got on, so a few are plenty.
pub(super) const ROUNDS: u32 = 8;

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
    /// Its entry, as long as people were not told.
    pub untold: Option<Stored>,
}

/// Carries effects out once, on behalf of one run.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// Where claims and outcomes are kept.
    pub ledger: &'a dyn Ledger,
    /// The time.
    pub clock: &'a dyn Clock,
    /// On whose behalf.
    pub run: &'a Run,
}

/// A claim that was won: the record as it stands in the ledger, under its version, or as it would.
pub(super) struct Held<I, O> {
    pub(super) version: Option<Version>,
    pub(super) record: Record<I, O>,
    pub(super) intent: I,
}

type HeldBy<E> = Held<<E as Effect>::Intent, <E as Effect>::Outcome>;
pub(super) type RecordOf<E> = Record<<E as Effect>::Intent, <E as Effect>::Outcome>;
pub(super) type PerformedBy<E> = Performed<<E as Effect>::Outcome>;

impl Once<'_> {
    /// Carries `effect` out unless it has been, and returns what came of it.
    ///
    /// # Errors
    ///
    /// When it was not carried out in this run; [`OnceError::retry`] tells whether a later delivery can.
    pub async fn perform<E: Effect>(&self, effect: &E) -> Result<PerformedBy<E>, OnceError> {
        self.perform_from(effect, None).await
    }

    /// The same, from what was read of its entry before.
    ///
    /// # Errors
    ///
    /// As [`Once::perform`].
    pub async fn perform_from<E: Effect>(
        &self,
        effect: &E,
        mut stored: Option<Stored>,
    ) -> Result<PerformedBy<E>, OnceError> {
        for _ in 0..ROUNDS {
            let record: Option<RecordOf<E>> = stored.as_ref().map(|s| read(effect.key(), s)).transpose()?;
            if record.as_ref().is_some_and(|record| !effect.is_it(record)) {
                return Err(OnceError::Taken { key: effect.key().clone() });
            }
            let (next, resolve) = match self.may(effect.key(), &self.claim(effect), record.as_ref())? {
                May::Return { outcome, told } => {
                    return Ok(Performed { outcome, how: How::Recorded, untold: stored.filter(|_| !told) });
                }
                May::Look { intent, settled_at } => {
                    let held = stored.zip(record).map(|(s, record)| Held {
                        version: Some(s.version),
                        record,
                        intent,
                    });
                    return self.adopt_whole(effect, held, settled_at).await;
                }
                May::Write { next, resolve } => (next, resolve),
            };
            match self.write(effect.key(), stored.as_ref().map(|s| s.version), &next).await? {
                Swap::Won(version) => return self.own(effect, version, next, resolve).await,
                Swap::Lost(current) => stored = current,
            }
        }
        Err(OnceError::Busy { key: effect.key().clone(), until: self.clock.now() })
    }

    /// Carries `effect` out once more although it was done, because what came of it was no good. `stored` is its entry.
    ///
    /// # Errors
    ///
    /// As [`Once::perform`]; another run may have begun with it.
    pub async fn perform_again<E: Effect>(
        &self,
        effect: &E,
        stored: &Stored,
    ) -> Result<PerformedBy<E>, OnceError> {
        let key = effect.key();
        if !fits(self.clock.now(), self.run.deadline) {
            return Err(OnceError::OutOfTime { key: key.clone() });
        }
        let record: RecordOf<E> = read(key, stored)?;
        let next = record.again(&self.claim(effect));
        match self.write(key, Some(stored.version), &next).await? {
            Swap::Won(version) => self.own(effect, version, next, true).await,
            Swap::Lost(_) => Err(OnceError::Superseded { key: key.clone() }),
        }
    }

    /// Writes down that people were told. When that fails nothing is lost: the notice has an entry of its own, so a later run
    /// finds it told and writes this.
    pub async fn told(&self, key: &LedgerKey, untold: Option<Stored>) {
        if let Some(stored) = untold
            && let Ok(record) = read::<Value, Value>(key, &stored)
        {
            let _ = self.write(key, Some(stored.version), &record.told()).await;
        }
    }

    /// What the ledger knows of an effect, without claiming it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or holds something this version cannot read.
    pub async fn recall<E: Effect>(&self, key: &LedgerKey) -> Result<Option<RecordOf<E>>, OnceError> {
        self.ledger.get(key).await?.map(|stored| read(key, &stored)).transpose()
    }

    /// What this run may do about what stands under a key. Everything but telling an outcome takes time.
    pub(super) fn may<I: Clone, O: Clone>(
        &self,
        key: &LedgerKey,
        claim: &Claim<I>,
        record: Option<&Record<I, O>>,
    ) -> Result<May<I, O>, OnceError> {
        let key = key.clone();
        let may = match step(record, claim, self.clock.now()) {
            Step::Return { outcome, told } => return Ok(May::Return { outcome, told }),
            Step::Act(next) | Step::Halt(next) => May::Write { next, resolve: false },
            Step::Resolve(next) => May::Write { next, resolve: true },
            Step::Look { intent, settled_at } => May::Look { intent, settled_at },
            Step::Busy { until } => return Err(OnceError::Busy { key, until }),
            Step::Halted { because } => return Err(OnceError::Halted { key, because }),
            Step::Reused { recorded } => {
                return Err(OnceError::Reused { key, recorded, asked: claim.subject.clone() });
            }
        };
        if fits(self.clock.now(), self.run.deadline) { Ok(may) } else { Err(OnceError::OutOfTime { key }) }
    }

    pub(super) fn claim<E: Effect>(&self, effect: &E) -> Claim<E::Intent> {
        Claim {
            owner: self.run.owner.clone(),
            subject: effect.subject(),
            intent: effect.intent(),
            lease_until: time::later(self.run.deadline, LEASE_MARGIN),
            settle: effect.settle(),
            in_doubt: effect.in_doubt(),
        }
    }

    async fn own<E: Effect>(
        &self,
        effect: &E,
        version: Version,
        record: RecordOf<E>,
        resolve: bool,
    ) -> Result<PerformedBy<E>, OnceError> {
        let key = effect.key().clone();
        let intent = match &record.phase {
            Phase::Intended { intent, .. } => intent.clone(),
            Phase::Halted { because, .. } => {
                return Err(OnceError::Halted { key, because: because.clone() });
            }
            Phase::Released { .. } | Phase::Done { .. } => return Err(OnceError::Superseded { key }),
        };
        let held = Held { version: Some(version), record, intent };
        let part = if resolve {
            match effect.look(&held.intent).await {
                Ok(Found::Whole(outcome)) => return self.complete(effect, held, outcome, How::Adopted).await,
                Ok(Found::Part(part)) => Some(part),
                Ok(Found::Nothing) => None,
                Err(error) => {
                    self.leave(effect, &held.record.in_doubt(self.clock.now()), &held).await;
                    return Err(error.into());
                }
            }
        } else {
            None
        };
        self.act(effect, held, part, resolve).await
    }

    /// Does it, or what is missing of it; `begun` when an earlier owner may have.
    async fn act<E: Effect>(
        &self,
        effect: &E,
        held: HeldBy<E>,
        part: Option<E::Outcome>,
        begun: bool,
    ) -> Result<PerformedBy<E>, OnceError> {
        let key = effect.key().clone();
        match self.attempt(effect, &held, part).await {
            Ok(outcome) => self.complete(effect, held, outcome, How::Fresh).await,
            Err(Undone::OutOfTime) => {
                self.give_up(effect, &held, begun, "out of time").await;
                Err(OnceError::OutOfTime { key })
            }
            Err(Undone::Refused(error)) => {
                self.give_up(effect, &held, begun, &error.to_string()).await;
                Err(error.into())
            }
            Err(Undone::InDoubt(error)) => Err(self.doubt(effect, &held, error).await),
        }
    }

    /// Does it, again and again while it is refused in a way that may pass and there is time.
    pub(super) async fn attempt<E: Effect>(
        &self,
        effect: &E,
        held: &HeldBy<E>,
        part: Option<E::Outcome>,
    ) -> Result<E::Outcome, Undone> {
        let mut attempts = 0_u32;
        loop {
            if !fits(self.clock.now(), self.run.deadline) {
                return Err(Undone::OutOfTime);
            }
            let error = match effect.act(&held.intent, held.record.fence, part.clone()).await {
                Ok(outcome) => return Ok(outcome),
                Err(Unfinished::InDoubt(error)) => return Err(Undone::InDoubt(error)),
                Err(Unfinished::Refused(error)) => error,
            };
            let wait = backoff(attempts, error.kind);
            attempts = attempts.saturating_add(1);
            let again = time::later(self.clock.now(), wait);
            if error.retry() == Retry::Never || !fits(again, self.run.deadline) {
                return Err(Undone::Refused(error));
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Leaves an effect that was not begun to the next owner; one that may have been, to who goes on with it as it was
    /// begun.
    async fn give_up<E: Effect>(&self, effect: &E, held: &HeldBy<E>, begun: bool, because: &str) {
        let record =
            if begun { held.record.in_doubt(self.clock.now()) } else { held.record.released(because) };
        self.leave(effect, &record, held).await;
    }

    /// Leaves an effect that may have happened: to who looks for it, or, where there is nothing to look for, to nobody.
    async fn doubt<E: Effect>(&self, effect: &E, held: &HeldBy<E>, error: PortError) -> OnceError {
        let now = self.clock.now();
        match effect.in_doubt() {
            InDoubt::RunAgain => {
                self.leave(effect, &held.record.in_doubt(now), held).await;
                error.into()
            }
            InDoubt::Halt => {
                let because = error.to_string();
                self.leave(effect, &held.record.halted(now, &because), held).await;
                OnceError::Halted { key: effect.key().clone(), because }
            }
        }
    }

    /// Writes how an effect is left. When even that fails, the end of the lease says the same, only later.
    async fn leave<E: Effect>(&self, effect: &E, record: &RecordOf<E>, held: &HeldBy<E>) {
        let _ = self.write(effect.key(), held.version, record).await;
    }

    pub(super) async fn complete<E: Effect>(
        &self,
        effect: &E,
        held: HeldBy<E>,
        outcome: E::Outcome,
        how: How,
    ) -> Result<PerformedBy<E>, OnceError> {
        let outcome = effect.finish(&held.intent, outcome).await;
        let key = effect.key();
        let record = held.record.done(self.clock.now(), outcome.clone(), !effect.is_announced());
        let entry = encode(key, &record, record.is_open(), self.clock.now())?;
        match self.swap(key, held.version, &entry).await? {
            Swap::Won(version) => {
                let untold = entry.open.then_some(Stored { version, entry });
                Ok(Performed { outcome, how, untold })
            }
            Swap::Lost(_) => Err(OnceError::Superseded { key: key.clone() }),
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

    pub(super) async fn write<I: Clone + Serialize + Sync, O: Clone + Serialize + Sync>(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        record: &Record<I, O>,
    ) -> Result<Swap, OnceError> {
        let mut entry = encode(key, record, record.is_open(), self.clock.now())?;
        if record.is_halted() {
            entry.keep_until = FOR_GOOD;
        }
        self.swap(key, expected, &entry).await
    }

    async fn swap(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        entry: &LedgerEntry,
    ) -> Result<Swap, OnceError> {
        Ok(match self.ledger.swap(key, expected, entry).await? {
            // A write whose reply was lost and that was sent again finds itself.
            Swap::Lost(Some(current)) if current.entry.state == entry.state => Swap::Won(current.version),
            swap @ (Swap::Won(_) | Swap::Lost(_)) => swap,
        })
    }
}

/// Why an effect did not happen, or may not have, after all attempts.
pub(super) enum Undone {
    /// There was no time to begin.
    OutOfTime,
    /// Nothing was done.
    Refused(PortError),
    /// Something was done, or may have been.
    InDoubt(PortError),
}

/// What a run may do about an effect.
pub(super) enum May<I, O> {
    /// Tell what came of it.
    Return { outcome: O, told: bool },
    /// Look for it, and adopt it if it is whole.
    Look { intent: I, settled_at: Timestamp },
    /// Write this; when that wins, go on from there.
    Write { next: Record<I, O>, resolve: bool },
}

/// Reads a record that this version or an earlier one wrote.
pub(super) fn read<I: DeserializeOwned, O: DeserializeOwned>(
    key: &LedgerKey,
    stored: &Stored,
) -> Result<Record<I, O>, OnceError> {
    let record: Record<I, O> = decode(key, stored)?;
    if FORMAT < record.format {
        let why = format!("it is of format {}, and this version knows those up to {FORMAT}", record.format);
        return Err(OnceError::Unreadable { key: key.clone(), why });
    }
    Ok(record)
}
