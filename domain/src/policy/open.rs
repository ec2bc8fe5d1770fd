//! What becomes of an entry of the ledger that is still open.

use jiff::{SignedDuration, Timestamp, civil::Date};
use ports::{InstanceId, LedgerKey, time};

use super::reconcile::{Finding, Matter, Task};

/// How long an owner that may still be there is left to it.
pub const GRACE: SignedDuration = SignedDuration::from_mins(5);
/// How long what was refused is tried again.
pub const KEEP_TRYING: SignedDuration = SignedDuration::from_hours(24);

/// An open entry, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its key.
    pub key: LedgerKey,
    /// How it stands.
    pub stands: Stands,
    /// Whether it may be done again; what may not is only ever halted.
    pub repeatable: bool,
}

/// How an open entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Its owner may act until then.
    Intended {
        /// The end of the lease.
        lease_until: Timestamp,
    },
    /// It was certainly not done.
    Released {
        /// Why.
        because: String,
    },
    /// It was done, and people were not told.
    Untold {
        /// When it was done.
        at: Timestamp,
    },
    /// Nothing more is done about it.
    Halted {
        /// Why.
        because: String,
    },
    /// This version cannot read it.
    Unreadable {
        /// Why.
        why: String,
    },
}

/// What an entry is about, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The snapshots of one incident of an instance.
    Snapshots {
        /// The instance.
        instance: InstanceId,
        /// The incident.
        name: Timestamp,
    },
    /// The answer to a transition of an alarm.
    Remedy {
        /// The time of the transition.
        changed_at: Timestamp,
    },
    /// A notice.
    Notice,
    /// A task of a night.
    Night(Date),
    /// An event that was set aside.
    Poison,
    /// Something this version does not know.
    Unknown,
}

impl Topic {
    /// What a key is about.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::open::Topic;
    ///
    /// let of = |key: &str| Topic::of(&key.parse().unwrap());
    /// assert_eq!(of("notice#snap#i-1#2026-11-23T14:00:00Z"), Topic::Notice);
    /// assert!(matches!(of("snap#i-1#2026-11-23T14:00:00Z"), Topic::Snapshots { .. }));
    /// assert!(matches!(of("remed#arn:aws:cloudwatch:eu-west-1:1:alarm:a#b#2026-11-23T14:00:00Z"), Topic::Remedy { .. }));
    /// assert!(matches!(of("night#archive#2026-11-24"), Topic::Night(_)));
    /// assert_eq!(of("snap#?"), Topic::Unknown);
    /// ```
    pub fn of(key: &LedgerKey) -> Self {
        let Some((kind, rest)) = key.as_str().split_once('#') else { return Self::Unknown };
        let (what, last) = rest.rsplit_once('#').unwrap_or((rest, ""));
        let timed = last.parse().ok().map(|at| (what, at));
        match (kind, timed) {
            ("notice", _) => Self::Notice,
            ("poison", _) => Self::Poison,
            ("night", _) => last.parse().map_or(Self::Unknown, Self::Night),
            ("remed", Some((_, changed_at))) => Self::Remedy { changed_at },
            ("snap", Some((instance, name))) => match InstanceId::new(instance) {
                Ok(instance) => Self::Snapshots { instance, name },
                Err(_) => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }
}

/// What becomes of a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// It is done.
    Do(Task),
    /// A night is to be seen through.
    Finish(Date),
    /// A person has to mend it.
    Report(Finding),
    /// It is left to others for now.
    Wait,
}

impl Open {
    /// Whether somebody may be at it, who would lose it to whoever else writes it.
    pub fn has_owner(&self, now: Timestamp) -> bool {
        matches!(self.stands, Stands::Intended { lease_until } if now < lease_until)
    }

    /// Decides what becomes of it: what may still be right is finished; what only a person can judge is told.
    ///
    /// - Snapshots are finished however late: an instance without a set is worse off than one with a late one. What EC2 refused is
    ///   tried again for [`KEEP_TRYING`].
    /// - An answer to an alarm is finished while the alarm is young. Later it is only seen how far it came: scaling out for
    ///   yesterday's load would be wrong.
    /// - A notice is sent however late.
    /// - A night is seen through until the next is over, by whoever finds it: its owner renews its claim, so one whose claim is
    ///   over is gone.
    pub fn next_step(&self, alarm_max_age: SignedDuration, now: Timestamp) -> NextStep {
        let key = &self.key;
        let is_late = |changed_at| time::later(changed_at, alarm_max_age) < now;
        let report = |matter, words: String| NextStep::Report(Finding::new(key.as_str(), matter, words));
        match (&self.stands, Topic::of(key)) {
            (Stands::Halted { because }, _) => report(
                Matter::Halted,
                format!("halted, because {because}: look at it, then remove the entry from the ledger"),
            ),
            (Stands::Unreadable { why }, _) => report(Matter::Unreadable, why.clone()),
            (_, Topic::Unknown) => {
                report(Matter::Unreadable, "this version does not know what it is".to_owned())
            }
            (Stands::Intended { lease_until }, Topic::Night(_)) if now < *lease_until => NextStep::Wait,
            (_, Topic::Night(night)) if time::day(now) <= time::tomorrow(night) => NextStep::Finish(night),
            (_, Topic::Night(_)) => report(
                Matter::Unfinished,
                "was not finished; what it left is up to the nights after it".to_owned(),
            ),
            (Stands::Intended { lease_until: at } | Stands::Untold { at }, _)
                if now < time::later(*at, GRACE) =>
            {
                NextStep::Wait
            }
            (Stands::Untold { .. }, _) => NextStep::Do(Task::Tell(key.clone())),
            (Stands::Released { because }, Topic::Snapshots { name, .. })
                if time::later(name, KEEP_TRYING) < now =>
            {
                report(Matter::GivenUp, format!("was not snapshotted: {because}"))
            }
            (_, Topic::Snapshots { .. }) => NextStep::Do(Task::FinishSnapshots(key.clone())),
            (Stands::Released { because }, Topic::Remedy { changed_at })
                if !self.repeatable && is_late(changed_at) =>
            {
                report(Matter::GivenUp, format!("was not done, and the alarm is history: {because}"))
            }
            (_, Topic::Remedy { changed_at }) => {
                NextStep::Do(Task::FinishRemedy { key: key.clone(), late: is_late(changed_at) })
            }
            (_, Topic::Notice) => NextStep::Do(Task::SendNotice(key.clone())),
            // What the event was is not kept, so here is nothing to finish.
            (_, Topic::Poison) => report(
                Matter::Unfinished,
                "an event could not be handled, nor be set aside: a later attempt took it up, or it is in the failure queue"
                    .to_owned(),
            ),
        }
    }
}
