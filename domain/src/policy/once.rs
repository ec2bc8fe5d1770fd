//! The state machine that makes an effect happen once, as pure functions.
//!
//! An entry of the ledger stands for one effect. A caller writes what it is about to do, and who it is, *before* it
//! acts (claim and intent are one write), and the outcome after. Whoever finds the entry can tell from it what may
//! have happened, and what to do next: [`step`] decides that.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use ports::{RequestId, time};
use serde::{Deserialize, Serialize};

use super::listed::words;

/// How long a lease outlives the deadline of its owner: for clocks that differ, and for a runtime that is slow to kill.
pub const LEASE_MARGIN: SignedDuration = time::SKEW;

/// How long a claim on long work stands unless it is renewed. Lambda tries a failed event again after a minute
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>), and must never meet the claim of
/// an owner that is dead, even where clocks differ by [`LEASE_MARGIN`].
pub const LONG_LEASE: SignedDuration = SignedDuration::from_secs(45);

/// When a claim on long work that stands until then is renewed: once a third of it has passed. Its owner sends nothing
/// from then on until it has been, so that what it sent before is over before the claim is.
///
/// # Examples
///
/// ```
/// use domain::policy::once::{LONG_LEASE, renewal};
///
/// let now = jiff::Timestamp::UNIX_EPOCH;
/// assert_eq!(renewal(now + LONG_LEASE).duration_since(now).as_secs(), 15);
/// ```
pub fn renewal(lease_until: Timestamp) -> Timestamp {
    time::earlier(lease_until, SignedDuration::from_secs(30))
}

/// The version of the entry format that this code writes. It reads every earlier one, and no later one.
///
/// 2: a released entry keeps its intent, a done one whether people were told, and an effect may be halted.
pub const FORMAT: u8 = 2;

/// Counts the claims of an entry. The effect carries it, so that two effects of one key can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

impl Fence {
    /// The fence of the first claim.
    pub const FIRST: Self = Self(1);

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who claims: one attempt of one invocation. Retries of an invocation share the request id, so a nonce is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The id of the invocation.
    pub request: RequestId,
    /// What tells this attempt from the others.
    pub nonce: String,
}

/// A wish to have an effect happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<I> {
    /// Who asks.
    pub owner: Owner,
    /// What the key is used for, with every parameter that has to agree; a key cannot be used for two things.
    pub subject: String,
    /// The parameters of the effect. They may differ between two claims of a key: those written down first stand.
    pub intent: I,
    /// Until when the owner may act: its deadline and [`LEASE_MARGIN`], or [`LONG_LEASE`] for what is renewed.
    pub lease_until: Timestamp,
    /// How long after the lease a late effect may still appear, or one that happened stay unseen.
    pub settle: SignedDuration,
    /// What to do when nobody knows whether it happened.
    pub in_doubt: InDoubt,
}

/// What to do about an effect when nobody knows whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InDoubt {
    /// Look for it, and do what is missing.
    RunAgain,
    /// It can neither be found nor be repeated: do nothing more until a person has looked.
    Halt,
}

/// What the ledger holds about an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<I, O> {
    /// The version of this format.
    pub format: u8,
    /// What the key is used for.
    pub subject: String,
    /// How often it was claimed.
    pub fence: Fence,
    /// How far it has come.
    pub phase: Phase<I, O>,
}

/// How far an effect has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase<I, O> {
    /// Its owner is about to act, is acting, or died acting.
    Intended {
        /// Who.
        owner: Owner,
        /// Until when the owner may still send requests.
        lease_until: Timestamp,
        /// With which parameters.
        intent: I,
    },
    /// It was certainly not done by anybody, and the next may try at once, with parameters of its own.
    Released {
        /// Why it was given up.
        because: String,
        /// With which parameters it was to be done, where that was written down.
        #[serde(default = "none")]
        intent: Option<I>,
    },
    /// It was done.
    Done {
        /// When that was written.
        at: Timestamp,
        /// What came of it.
        outcome: O,
        /// Whether people know, or need not.
        #[serde(default = "yes")]
        told: bool,
    },
    /// Nobody knows whether it was done, and it cannot be found out: nothing more is done until a person removes this.
    Halted {
        /// When that was written.
        at: Timestamp,
        /// Why.
        because: String,
        /// With which parameters it was to be done.
        intent: I,
    },
}

impl<I: Clone, O> Phase<I, O> {
    /// With which parameters it is, or was, to be done, as long as it is not done.
    pub fn intent(&self) -> Option<&I> {
        match self {
            Self::Intended { intent, .. } | Self::Halted { intent, .. } => Some(intent),
            Self::Released { intent, .. } => intent.as_ref(),
            Self::Done { .. } => None,
        }
    }

    /// The same; of what is done, those that its outcome tells.
    pub fn parameters(&self, of_outcome: impl FnOnce(&O) -> I) -> Option<I> {
        match self {
            Self::Done { outcome, .. } => Some(of_outcome(outcome)),
            Self::Intended { .. } | Self::Halted { .. } | Self::Released { .. } => self.intent().cloned(),
        }
    }
}

fn yes() -> bool {
    true
}

fn none<I>() -> Option<I> {
    None
}

/// What to do about an effect, given what the ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<I, O> {
    /// Write this record; when the write wins, act.
    Act(Record<I, O>),
    /// Write this record; when the write wins, look for what an earlier owner did, and do what is missing.
    Resolve(Record<I, O>),
    /// An earlier owner's request may still be on its way. Look; what is found whole can be adopted, but nothing may
    /// be done before this instant.
    Look {
        /// What was to be done.
        intent: I,
        /// From when on it may be done again.
        settled_at: Timestamp,
    },
    /// Somebody is at it, until this instant at the latest.
    Busy {
        /// The end of the lease.
        until: Timestamp,
    },
    /// It is done.
    Return {
        /// What came of it.
        outcome: O,
        /// Whether people know.
        told: bool,
    },
    /// Write this record: nobody knows whether it happened, and nothing more is done about it.
    Halt(Record<I, O>),
    /// That was written before.
    Halted {
        /// Why.
        because: String,
    },
    /// The key stands for something else already.
    Reused {
        /// What it stands for.
        recorded: String,
    },
}

/// Decides what to do about an effect.
///
/// - No entry, or one that was released: claim it.
/// - Intended by a live owner: busy.
/// - Intended by an owner whose lease is over: take over once the effect has had time to settle, before that only look.
/// - Done: return the outcome.
/// - Intended by an owner whose lease is over, and neither to be found nor to be repeated: halt. Once halted, leave it.
///
/// # Examples
///
/// ```
/// use domain::policy::once::{Claim, InDoubt, Owner, Phase, Record, Step, step};
/// use jiff::{SignedDuration, Timestamp};
///
/// let claim = Claim {
///     owner: Owner { request: "r-1".parse()?, nonce: "a".to_owned() },
///     subject: "snapshot i-1".to_owned(),
///     intent: "vol-1",
///     lease_until: Timestamp::from_second(100).unwrap(),
///     settle: SignedDuration::from_mins(5),
///     in_doubt: InDoubt::RunAgain,
/// };
/// let now = |second| Timestamp::from_second(second).unwrap();
/// let Step::Act(record) = step::<_, ()>(None, &claim, now(0)) else { panic!() };
/// let other = Claim { owner: Owner { request: "r-2".parse()?, nonce: "b".to_owned() }, ..claim };
/// assert_eq!(step(Some(&record), &other, now(99)), Step::Busy { until: now(100) });
/// assert!(matches!(step(Some(&record), &other, now(101)), Step::Look { .. }));
/// assert!(matches!(step(Some(&record), &other, now(400)), Step::Resolve(_)));
/// # Ok::<(), ports::IdError>(())
/// ```
pub fn step<I: Clone, O: Clone>(
    record: Option<&Record<I, O>>,
    claim: &Claim<I>,
    now: Timestamp,
) -> Step<I, O> {
    let Some(record) = record else {
        return Step::Act(claimed(claim, Fence::FIRST, claim.intent.clone()));
    };
    if record.subject != claim.subject {
        return Step::Reused { recorded: record.subject.clone() };
    }
    let fence = record.fence.next();
    match &record.phase {
        Phase::Done { outcome, told, .. } => Step::Return { outcome: outcome.clone(), told: *told },
        Phase::Halted { because, .. } => Step::Halted { because: because.clone() },
        Phase::Released { .. } => Step::Act(claimed(claim, fence, claim.intent.clone())),
        Phase::Intended { lease_until, .. } if now < *lease_until => Step::Busy { until: *lease_until },
        Phase::Intended { owner, .. } if claim.in_doubt == InDoubt::Halt => {
            Step::Halt(record.halted(now, &format!("request {} ended without telling how", owner.request)))
        }
        Phase::Intended { lease_until, intent, .. } => {
            let settled_at = time::later(*lease_until, claim.settle);
            if settled_at <= now {
                Step::Resolve(claimed(claim, fence, intent.clone()))
            } else {
                Step::Look { intent: intent.clone(), settled_at }
            }
        }
    }
}

fn claimed<I, O>(claim: &Claim<I>, fence: Fence, intent: I) -> Record<I, O> {
    Record {
        format: FORMAT,
        subject: claim.subject.clone(),
        fence,
        phase: Phase::Intended { owner: claim.owner.clone(), lease_until: claim.lease_until, intent },
    }
}

impl<I: Clone, O: Clone> Record<I, O> {
    /// The record once the effect is done; `told` when there is nobody to tell of it.
    #[must_use]
    pub fn done(&self, at: Timestamp, outcome: O, told: bool) -> Self {
        self.with(Phase::Done { at, outcome, told })
    }

    /// The record once people were told of what was done.
    #[must_use]
    pub fn told(&self) -> Self {
        match &self.phase {
            Phase::Done { at, outcome, .. } => self.done(*at, outcome.clone(), true),
            Phase::Intended { .. } | Phase::Released { .. } | Phase::Halted { .. } => self.clone(),
        }
    }

    /// The record once the effect was certainly not done.
    #[must_use]
    pub fn released(&self, because: &str) -> Self {
        self.with(Phase::Released { because: words(because), intent: self.intent().cloned() })
    }

    /// The record of an owner that goes on: its lease ends later.
    #[must_use]
    pub fn renewed(&self, until: Timestamp) -> Self {
        self.leased(|_| until)
    }

    /// The record of an owner that does not know whether its effect happened, and will not send another request: its
    /// lease ends now, so that the effect begins to settle at once.
    #[must_use]
    pub fn in_doubt(&self, now: Timestamp) -> Self {
        self.leased(|until| now.min(until))
    }

    /// The record of an effect that nothing more is done about.
    #[must_use]
    pub fn halted(&self, at: Timestamp, because: &str) -> Self {
        match self.intent() {
            Some(intent) => self.with(Phase::Halted { at, because: words(because), intent: intent.clone() }),
            None => self.clone(),
        }
    }

    /// The record of an effect that is done once more, because what came of it was no good.
    #[must_use]
    pub fn again(&self, claim: &Claim<I>) -> Self {
        claimed(claim, self.fence.next(), claim.intent.clone())
    }

    /// With which parameters it is, or was, to be done, as long as it is not done.
    pub fn intent(&self) -> Option<&I> {
        self.phase.intent()
    }

    /// Whether somebody still has to come back to it.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Done { told: true, .. })
    }

    /// Whether only a person may remove it.
    pub fn is_halted(&self) -> bool {
        matches!(self.phase, Phase::Halted { .. })
    }

    fn leased(&self, until: impl FnOnce(Timestamp) -> Timestamp) -> Self {
        match &self.phase {
            Phase::Intended { owner, lease_until, intent } => self.with(Phase::Intended {
                owner: owner.clone(),
                lease_until: until(*lease_until),
                intent: intent.clone(),
            }),
            Phase::Released { .. } | Phase::Done { .. } | Phase::Halted { .. } => self.clone(),
        }
    }

    fn with(&self, phase: Phase<I, O>) -> Self {
        Self { format: FORMAT, subject: self.subject.clone(), fence: self.fence, phase }
    }
}

/// How long to wait before another attempt, after so many that certainly did nothing. A busy resource wants at least
/// 15 s: EC2 takes one snapshot of a volume in that time
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
pub fn backoff(attempts: u32, kind: ports::ErrorKind) -> SignedDuration {
    let floor: i64 = if kind == ports::ErrorKind::Busy { 15 } else { 1 };
    let factor = 2_i64.saturating_pow(attempts.min(5));
    SignedDuration::from_secs(floor.saturating_mul(factor).min(60))
}

/// Whether one more port call, begun at `at`, ends before the deadline.
pub fn fits(at: Timestamp, deadline: Timestamp) -> bool {
    time::later(at, time::CALL_LIMIT) <= deadline
}
