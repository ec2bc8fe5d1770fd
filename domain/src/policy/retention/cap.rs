use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ports::SnapshotId;
use serde::{Deserialize, Serialize};

use super::{Change, Group, PlanHash, RetentionPlan, SnapshotVerdict};

/// How much is a lot: what is beyond the share *and* beyond the number. A plan of which nothing earlier is known is refused
/// when it removes that much; so is what does not follow from the last plan. A backlog goes in slices of the larger of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cap {
    /// A share of what is ours, in percent.
    pub percent: u32,
    /// A number, so that small accounts can be kept in order.
    pub number: u32,
}

impl Default for Cap {
    fn default() -> Self {
        Self { percent: 25, number: 10 }
    }
}

impl Cap {
    /// Why so many of ours may not be removed, if they may not.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::Cap;
    ///
    /// let cap = Cap::default();
    /// assert_eq!((cap.refuse(10, 10), cap.refuse(25, 100)), (None, None));
    /// assert_eq!(
    ///     cap.refuse(26, 100).unwrap().to_string(),
    ///     "it would remove 26 of 100 snapshots: more than 25 % and more than 10",
    /// );
    /// ```
    pub fn refuse(self, remove: usize, ours: usize) -> Option<Refusal> {
        let wide = |n: usize| u128::try_from(n).unwrap_or(u128::MAX);
        let share = wide(ours).saturating_mul(self.percent.into());
        let beyond = share < wide(remove).saturating_mul(100) && u128::from(self.number) < wide(remove);
        beyond.then_some(Refusal { remove, ours, cap: self })
    }

    /// How many of a backlog one night removes: the share of what is ours, or the number, whichever is more. With neither
    /// a night removes nothing at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::Cap;
    ///
    /// assert_eq!((Cap::default().slice(600), Cap::default().slice(30)), (150, 10));
    /// assert_eq!(Cap { percent: 0, number: 0 }.slice(600), 0);
    /// ```
    pub fn slice(self, ours: u64) -> u64 {
        let share = ours.saturating_mul(self.percent.into()).div_ceil(100);
        share.max(self.number.into())
    }

    /// Whether it is a lot that is let go and that time does not explain. The share has no say: a hold that each of many
    /// groups loses is a small share of each.
    pub(super) fn exceeded_by(self, more: u64) -> Option<Change> {
        (u64::from(self.number) < more).then_some(Change::Tags { more })
    }

    /// Whether many are missing of those that there were.
    pub(super) fn missing(self, there: u64, of: u64) -> Option<Change> {
        let missing = of.saturating_sub(there);
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        self.refuse(size(missing), size(of)).map(|_| Change::Missing { missing, of })
    }
}

/// A plan that removes more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// How many it would remove.
    pub remove: usize,
    /// Of how many.
    pub ours: usize,
    /// How many it may.
    pub cap: Cap,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (remove, ours, Cap { percent, number }) = (self.remove, self.ours, self.cap);
        write!(
            f,
            "it would remove {remove} of {ours} snapshots: more than {percent} % and more than {number}"
        )
    }
}

/// Why a plan that was made before cannot be carried out now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Its lists are not those it was made with.
    #[error("the plan was changed after it was made: its hash is {told}, and what it says has {found}")]
    Edited {
        /// The hash in it.
        told: PlanHash,
        /// The hash of what it says.
        found: PlanHash,
    },
    /// It removes more than it may.
    #[error("the plan was refused when it was made: {0}")]
    Refused(Refusal),
    /// The same policy decides otherwise now.
    #[error(
        "the world has changed since the plan was made: its hash is {told}, and now it would be {found}; make a new one"
    )]
    Stale {
        /// The hash then.
        told: PlanHash,
        /// The hash now.
        found: PlanHash,
    },
}

impl RetentionPlan {
    /// Checks that a plan made before decides what the same policy decides now, and may be carried out. What it removes
    /// and is gone already does not count against it: so a plan that was interrupted can be carried out again.
    ///
    /// `now` is the plan of the same policy for the same instant over the snapshots there are now.
    ///
    /// # Errors
    ///
    /// When it was edited or refused, or decides otherwise now.
    pub fn check(&self, now: &Self) -> Result<(), Mismatch> {
        let (told, found) = (self.hash.clone(), PlanHash::of(self.now, &self.policy, &self.groups));
        if told != found {
            return Err(Mismatch::Edited { told, found });
        }
        // Its hash does not cover what the file says of that.
        let ours = self.kept().filter(|verdict| !verdict.reasons.are_of_others()).count();
        let remove = self.removed().count();
        let refused = self.policy.spec().max_remove.refuse(remove, ours.saturating_add(remove));
        if let Some(refusal) = self.refused.or(refused) {
            return Err(Mismatch::Refused(refusal));
        }
        let found = PlanHash::of(now.now, &now.policy, &with_gone(&now.groups, &self.groups));
        if told == found { Ok(()) } else { Err(Mismatch::Stale { told, found }) }
    }
}

/// The groups there are now, and in them what `before` removes and is not there any more.
fn with_gone(now: &[Group], before: &[Group]) -> Vec<Group> {
    let verdicts = now.iter().flat_map(|group| group.keep.iter().chain(&group.remove));
    let there: BTreeSet<&SnapshotId> = verdicts.map(|verdict| &verdict.id).collect();
    let mut groups: BTreeMap<String, Group> =
        now.iter().map(|group| (group.key.clone(), group.clone())).collect();
    for of in before {
        let gone: Vec<SnapshotVerdict> =
            of.remove.iter().filter(|v| !there.contains(&v.id)).cloned().collect();
        if gone.is_empty() {
            continue;
        }
        let empty = || Group { key: of.key.clone(), keep: Vec::new(), remove: Vec::new() };
        let group = groups.entry(of.key.clone()).or_insert_with(empty);
        group.remove.extend(gone);
        group.remove.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.id.cmp(&b.id)));
    }
    groups.into_values().collect()
}
