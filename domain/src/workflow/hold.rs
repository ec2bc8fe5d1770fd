//! Holds long work for one run, by a claim that is short and renewed while the work goes on.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use ports::{LedgerKey, PortError, Retry, Swap, Version, time};
use serde::{Serialize, de::DeserializeOwned};

use super::effect::Effect;
use super::once::{Held, How, May, Once, OnceError, Performed, PerformedBy, ROUNDS, RecordOf, Undone, read};
use crate::policy::once::{Claim, InDoubt, LONG_LEASE, Record, backoff, fits, renewal};

/// Long work, as this run finds it.
pub(super) enum Claimed<'a, O> {
    /// It is this run's.
    Ours(Hold<'a, O>),
    /// It is done.
    Done(O),
}

/// Long work that is this run's as long as it renews its claim.
pub(super) struct Hold<'a, O> {
    once: Once<'a>,
    key: LedgerKey,
    version: Version,
    record: Record<(), O>,
    until: Timestamp,
}

impl<'a> Once<'a> {
    /// Claims long work, unless it is done. It can be repeated: its parts are [recorded](Once::part), or do no harm twice.
    ///
    /// # Errors
    ///
    /// When another run is at it, or the ledger cannot be used.
    pub(super) async fn hold<O: Clone + Serialize + DeserializeOwned + Sync>(
        &self,
        key: LedgerKey,
        subject: &str,
    ) -> Result<Claimed<'a, O>, OnceError> {
        let mut stored = None;
        for _ in 0..ROUNDS {
            let until = time::later(self.clock.now(), LONG_LEASE);
            let claim = Claim {
                owner: self.run.owner.clone(),
                subject: subject.to_owned(),
                intent: (),
                lease_until: until,
                settle: SignedDuration::ZERO,
                in_doubt: InDoubt::RunAgain,
            };
            let record: Option<Record<(), O>> = stored.as_ref().map(|s| read(&key, s)).transpose()?;
            let record = match self.may(&key, &claim, record.as_ref())? {
                May::Return { outcome, .. } => return Ok(Claimed::Done(outcome)),
                May::Look { settled_at, .. } => return Err(OnceError::Unsettled { key, settled_at }),
                May::Write { next, .. } => next,
            };
            match self.write(&key, stored.map(|s| s.version), &record).await? {
                Swap::Won(version) => {
                    return Ok(Claimed::Ours(Hold { once: *self, key, version, record, until }));
                }
                Swap::Lost(current) => stored = current,
            }
        }
        Err(OnceError::Busy { key, until: self.clock.now() })
    }

    /// What is recorded of a part of long work that this run holds, or else what comes of it now, recorded. The hold keeps
    /// others away, so a part takes no claim of its own; it respects those that an earlier version of this code made.
    ///
    /// # Errors
    ///
    /// When it was not carried out.
    pub(super) async fn part<E: Effect>(&self, effect: &E) -> Result<PerformedBy<E>, OnceError> {
        let key = effect.key();
        let stored = self.ledger.get(key).await?;
        let record: Option<RecordOf<E>> = stored.as_ref().map(|s| read(key, s)).transpose()?;
        let record = match self.may(key, &self.claim(effect), record.as_ref())? {
            May::Return { outcome, .. } => {
                return Ok(Performed { outcome, how: How::Recorded, untold: None });
            }
            May::Look { settled_at, .. } => {
                return Err(OnceError::Unsettled { key: key.clone(), settled_at });
            }
            May::Write { next, .. } => next,
        };
        let held = Held { version: stored.map(|s| s.version), record, intent: effect.intent() };
        match self.attempt(effect, &held, None).await {
            Ok(outcome) => self.complete(effect, held, outcome, How::Fresh).await,
            Err(Undone::OutOfTime) => Err(OnceError::OutOfTime { key: key.clone() }),
            Err(Undone::Refused(error) | Undone::InDoubt(error)) => Err(error.into()),
        }
    }
}

impl<O: Clone + Serialize + Sync> Hold<'_, O> {
    /// Does the work. It stands still while the claim is renewed, and ends where the claim turns out to be lost: an owner
    /// that was taken over sends nothing more, however long it slept.
    ///
    /// # Errors
    ///
    /// When the claim was lost, or could not be renewed.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, OnceError> {
        let clock = self.once.clock;
        let mut work = pin!(work);
        loop {
            let due = renewal(self.until);
            let step = poll_fn(|context| {
                if due <= clock.now() { Poll::Ready(None) } else { work.as_mut().poll(context).map(Some) }
            });
            let waits = clock.sleep(due.duration_since(clock.now()).max(SignedDuration::ZERO));
            if let Either::Left((Some(done), _)) = select(step, waits).await {
                return Ok(done);
            }
            self.renew().await?;
        }
    }

    /// Writes down that the work is done.
    ///
    /// # Errors
    ///
    /// When the claim was lost, or the ledger cannot be written.
    pub(super) async fn done(self, outcome: O) -> Result<(), OnceError> {
        let record = self.record.done(self.once.clock.now(), outcome, true);
        match self.once.write(&self.key, Some(self.version), &record).await? {
            Swap::Won(_) => Ok(()),
            Swap::Lost(_) => Err(OnceError::Superseded { key: self.key }),
        }
    }

    /// Leaves the work to the next. When that cannot be written, the end of the claim says the same, only later.
    pub(super) async fn release(self, because: &str) {
        let _ = self.once.write(&self.key, Some(self.version), &self.record.released(because)).await;
    }

    /// Renews the claim: at the second attempt with the same words as at the first, whose answer may only have been lost.
    async fn renew(&mut self) -> Result<(), OnceError> {
        let until = time::later(self.once.clock.now(), LONG_LEASE);
        let record = self.record.renewed(until);
        let mut attempts = 0_u32;
        loop {
            match self.once.write(&self.key, Some(self.version), &record).await {
                Ok(Swap::Won(version)) => {
                    (self.version, self.record, self.until) = (version, record, until);
                    return Ok(());
                }
                Ok(Swap::Lost(_)) => return Err(OnceError::Superseded { key: self.key.clone() }),
                Err(OnceError::Port(error)) if error.retry() == Retry::Later => {
                    self.wait(&error, attempts).await?;
                }
                Err(error) => return Err(error),
            }
            attempts = attempts.saturating_add(1);
        }
    }

    async fn wait(&self, error: &PortError, attempts: u32) -> Result<(), OnceError> {
        let (clock, wait) = (self.once.clock, backoff(attempts, error.kind));
        if !fits(time::later(clock.now(), wait), self.once.run.deadline) {
            return Err(error.clone().into());
        }
        clock.sleep(wait).await;
        Ok(())
    }
}
