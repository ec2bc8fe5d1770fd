use std::collections::BTreeSet;

use jiff::Timestamp;

use super::desk::Row;
use super::{Limit, Rule};

/// What a rule says of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is kept, and is the so-manieth to be.
    Kept(u32),
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

/// Judges those of a group that count, newest first, by one rule. `reference` is what its period is measured from.
pub(super) fn judge<'r, 's: 'r>(
    rule: Rule,
    entries: impl Iterator<Item = &'r Row<'s>>,
    reference: Timestamp,
) -> impl Iterator<Item = (&'r Row<'s>, Judgement)> {
    let since = match rule.limit {
        Limit::Count(_) => Timestamp::MIN,
        Limit::Period(period) => period.before(reference),
    };
    let mut kept = 0_u32;
    let mut bucket = None;
    // A set counts once: three volumes of one moment are one moment.
    let mut sets = BTreeSet::new();
    entries.map(move |row| {
        if row.at < since {
            return (row, Judgement::TooOld);
        }
        if let Limit::Count(count) = rule.limit
            && !count.allows(kept)
        {
            return (row, Judgement::Beyond);
        }
        let outdone = match (rule.bucket, rule.limit) {
            (Some(of), _) => {
                let number = Some(of.number(row.at));
                std::mem::replace(&mut bucket, number) == number
            }
            (None, Limit::Count(_)) => row.set.is_some_and(|set| !sets.insert(set)),
            (None, Limit::Period(_)) => false,
        };
        if outdone {
            return (row, Judgement::Outdone);
        }
        kept = kept.saturating_add(1);
        match rule.limit {
            Limit::Count(count) if !count.allows(kept) => (row, Judgement::Beyond),
            Limit::Count(_) | Limit::Period(_) => (row, Judgement::Kept(kept)),
        }
    })
}
