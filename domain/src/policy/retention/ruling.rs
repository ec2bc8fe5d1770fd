use jiff::SignedDuration;
use ports::time;

use super::due::Due;
use super::{Baseline, Reading, Refusal, Retention, RetentionPlan};

/// What came due within so long is the ordinary course of things; what came due while no night ran for longer is a
/// backlog.
const FLOW: SignedDuration = SignedDuration::from_hours(72);

/// Whether a plan may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It may.
    Go {
        /// How many of it now, the oldest first; the rest follows the next nights.
        most: usize,
    },
    /// Nothing of it, until a person has accepted it.
    Ask(Vec<Change>),
}

/// What a plan has changed by since the last one that was let pass, other than by time and new snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing is known of an earlier plan, and it removes a lot.
    First(Refusal),
    /// The policy is another, and lets go what the accepted one keeps.
    Policy {
        /// The accepted one.
        accepted: Box<Retention>,
        /// How many it lets go that the accepted one keeps.
        more: u64,
    },
    /// More is let go than time explains: tags must have changed.
    Tags {
        /// How many more.
        more: u64,
    },
    /// Ours are missing that no night has removed.
    Missing {
        /// How many.
        missing: u64,
        /// Of how many.
        of: u64,
    },
}

impl RetentionPlan {
    /// Judges whether this plan follows from the last one that was let pass.
    ///
    /// What time alone explains is what was not due yet at the instant of that one: it goes, however much it is. What was
    /// due then already and is not gone is a backlog, and goes in slices. Anything else follows from a change.
    ///
    /// `reading` is what the plan was made of.
    pub fn judge(&self, reading: &Reading, last: Option<&Baseline>) -> Ruling {
        let all = self.removed().count();
        let Some(last) = last else {
            return match self.refused {
                Some(refusal) => Ruling::Ask(vec![Change::First(refusal)]),
                None => Ruling::Go { most: all },
            };
        };
        let cap = self.policy.draft().max_remove;
        let (then, due) = (reading.due(last.at), reading.due(self.now));
        let change = self.change_of_policy(reading, last, &due);
        let change = change.or_else(|| cap.exceeded_by(last.unexplained(&then, reading)));
        let changes: Vec<Change> = change.into_iter().chain(cap.missing(then.ours, last.ours)).collect();
        if !changes.is_empty() {
            return Ruling::Ask(changes);
        }
        let is_flow = 0 < cap.slice(1) && self.now <= time::later(last.at, FLOW);
        let backlog = if is_flow { due.common(&then) } else { due.count() };
        let waiting = backlog.saturating_sub(cap.slice(due.ours));
        let about = all.saturating_sub(usize::try_from(waiting).unwrap_or(usize::MAX));
        Ruling::Go { most: reading.whole_sets(self, about) }
    }

    fn change_of_policy(&self, reading: &Reading, last: &Baseline, due: &Due) -> Option<Change> {
        if self.policy.keeps_as(&last.policy) {
            return None;
        }
        // What nobody read for the accepted policy, that may keep for all that is known.
        let more = reading.by(&last.policy).map_or(due.count(), |view| due.beyond(&view.due(self.now)));
        (0 < more).then(|| Change::Policy { accepted: Box::new(last.policy.clone()), more })
    }
}

impl Retention {
    /// Whether another keeps the same, whatever may be removed at once.
    fn keeps_as(&self, other: &Self) -> bool {
        let (mut this, other) = (self.draft().clone(), other.draft());
        this.max_remove = other.max_remove;
        this == *other
    }
}
