use std::collections::BTreeSet;

use jiff::Timestamp;

use super::assessment::Row;
use super::{Limit, Rule, SnapshotVerdict};

/// What a rule says of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is kept, as the first, second or nth that the rule keeps.
    Kept(u32),
    /// It is kept, as the nth, because it is the oldest and the rule is not used up.
    Oldest(u32),
    /// A newer one stands for it: the newest of its bucket, or one of its set.
    Outdone,
    /// As many newer ones as the rule allows are kept.
    Beyond,
    /// It is too old.
    TooOld,
}

impl Judgement {
    /// Whether every older one of the group is judged the same.
    pub(super) fn is_for_all_older(self) -> bool {
        matches!(self, Self::Beyond | Self::TooOld)
    }
}

/// Judges those of a group that count, newest first, by one rule. `reference` is what its period is measured from, and
/// `gone` the oldest of those that counted and are not there any more.
pub(super) fn judge<'r, 's: 'r>(
    rule: Rule,
    entries: impl Iterator<Item = &'r Row<'s>>,
    reference: Timestamp,
    gone: Option<&SnapshotVerdict>,
) -> impl Iterator<Item = (&'r Row<'s>, Judgement)> {
    let mut judge = Judge::new(rule, reference);
    let mut entries = entries.peekable();
    std::iter::from_fn(move || {
        let row = entries.next()?;
        let is_oldest = entries.peek().is_none() && !gone.is_some_and(|gone| row.is_before(gone));
        Some((row, judge.next(row, is_oldest)))
    })
}

/// One rule on its way through a group.
struct Judge {
    rule: Rule,
    since: Timestamp,
    /// How many are kept; one more than may be, once one was beyond.
    kept: u32,
    bucket: Option<i64>,
    /// A set counts once: three volumes of one moment are one moment.
    sets: BTreeSet<u32>,
}

impl Judge {
    fn new(rule: Rule, reference: Timestamp) -> Self {
        let since = match rule.limit {
            Limit::Count(_) => Timestamp::MIN,
            Limit::Period(period) => period.before(reference),
        };
        Self { rule, since, kept: 0, bucket: None, sets: BTreeSet::new() }
    }

    fn next(&mut self, row: &Row<'_>, is_oldest: bool) -> Judgement {
        if row.at < self.since {
            return Judgement::TooOld;
        }
        if !self.allows(self.kept) {
            return Judgement::Beyond;
        }
        let next = self.kept.saturating_add(1);
        match (self.is_outdone(row), self.allows(next)) {
            (false, may) => {
                self.kept = next;
                if may { Judgement::Kept(next) } else { Judgement::Beyond }
            }
            // As restic does, so that the history kept is as long as can be
            // (<https://restic.readthedocs.io/en/stable/060_forget.html>).
            (true, true) if is_oldest && self.rule.bucket.is_some() => Judgement::Oldest(next),
            (true, _) => Judgement::Outdone,
        }
    }

    fn allows(&self, count: u32) -> bool {
        match self.rule.limit {
            Limit::Count(limit) => limit.allows(count),
            Limit::Period(_) => true,
        }
    }

    fn is_outdone(&mut self, row: &Row<'_>) -> bool {
        match (self.rule.bucket, self.rule.limit) {
            (Some(of), _) => {
                let number = Some(of.number(row.at));
                std::mem::replace(&mut self.bucket, number) == number
            }
            (None, Limit::Count(_)) => row.set().is_some_and(|set| !self.sets.insert(set)),
            (None, Limit::Period(_)) => false,
        }
    }
}
