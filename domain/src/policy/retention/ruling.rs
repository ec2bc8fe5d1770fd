use jiff::SignedDuration;
use ports::time;

use super::due::Due;
use super::gone::GoneVolumes;
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
        /// How many of these only once their volumes are known to be gone, of which nobody knows how many are.
        if_gone: u64,
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
            return match self.refused.or_else(|| self.refused_if_gone(reading)) {
                Some(refusal) => Ruling::Ask(vec![Change::First(refusal)]),
                None => Ruling::Go { most: all },
            };
        };
        let cap = self.policy.spec().max_remove;
        let (then, due) = (reading.due(last.at), reading.due(self.now));
        let change = self.change_of_policy(reading, last, &due);
        let change = change.or_else(|| cap.exceeded_by(last.unexplained(&then, reading)));
        let changes: Vec<Change> = change.into_iter().chain(cap.missing(then.ours, last.ours)).collect();
        if !changes.is_empty() {
            return Ruling::Ask(changes);
        }
        let is_flow = 0 < cap.slice(1) && self.now <= time::later(last.at, FLOW);
        // What would have been due then, had its volume been known to be gone, only waited for that.
        let before = reading.own_had_it_known().map(|view| view.due(last.at));
        let backlog = if is_flow { due.common(before.as_ref().unwrap_or(&then)) } else { due.count() };
        let waiting = backlog.saturating_sub(cap.slice(due.ours));
        let about = all.saturating_sub(usize::try_from(waiting).unwrap_or(usize::MAX));
        Ruling::Go { most: reading.whole_sets(self, about) }
    }

    fn change_of_policy(&self, reading: &Reading, last: &Baseline, due: &Due) -> Option<Change> {
        if self.policy.keeps_as(&last.policy) {
            return None;
        }
        // A policy is accepted before anybody asks which volumes are gone: so it is judged as if all were.
        let at_most = self.due_if_gone(reading);
        let at_most = at_most.as_ref().unwrap_or(due);
        // What nobody read for the accepted policy, that may keep for all that is known.
        let accepted =
            reading.by(&last.policy).map(|view| view.where_gone_are(GoneVolumes::All).due(self.now));
        let beyond = |due: &Due| accepted.as_ref().map_or(due.count(), |accepted| due.beyond(accepted));
        let (more, known) = (beyond(at_most), beyond(due));
        let if_gone = more.saturating_sub(known);
        (0 < more).then(|| Change::Policy { accepted: Box::new(last.policy.clone()), more, if_gone })
    }

    /// What it comes to once every volume is gone; `None` where that is no difference.
    fn due_if_gone(&self, reading: &Reading) -> Option<Due> {
        self.policy.spec().keep_dead_days?;
        Some(reading.own().where_gone_are(GoneVolumes::All).due(self.now))
    }

    /// Why it would be refused once every volume is gone that may be.
    fn refused_if_gone(&self, reading: &Reading) -> Option<Refusal> {
        let due = self.due_if_gone(reading)?;
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        self.policy.spec().max_remove.refuse(size(due.count()), size(due.ours))
    }
}

impl Retention {
    /// Whether another keeps the same, whatever may be removed at once.
    fn keeps_as(&self, other: &Self) -> bool {
        let (mut this, other) = (self.spec().clone(), other.spec());
        this.max_remove = other.max_remove;
        this == *other
    }
}
