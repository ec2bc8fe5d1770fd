use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::{Snapshot, SnapshotId, UsedBy, VolumeId};

use super::desk::{Desk, Gone, Row};
use super::mark::{Standing, mark};
use super::names::Names;
use super::{Reason, Reasons, Retention, RetentionPlan, Verdict};

/// The snapshots there are, read one after the other. Of each is kept what decisions need, some two hundred bytes: with its
/// tags a snapshot has nearly a thousand.
#[derive(Debug)]
pub struct Reading {
    pub(super) policy: Retention,
    pub(super) now: Timestamp,
    pub(super) items: Vec<Item>,
    /// Of groups, of what has a floor of its own, and of sets.
    pub(super) names: Names,
}

/// What decisions need of a snapshot.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: SnapshotId,
    pub(super) volume: VolumeId,
    /// The moment it stands for.
    pub(super) at: Timestamp,
    pub(super) size_gib: u32,
    /// The number of its group.
    pub(super) group: u32,
    /// The number of what it has its floor with.
    pub(super) floor: u32,
    /// The number of its set.
    pub(super) set: Option<u32>,
    /// Whether it is a copy, whose volume says nothing.
    pub(super) is_copy: bool,
    pub(super) standing: Standing,
    /// Whether the rules apply, and not a tag of its own.
    pub(super) ruled: bool,
    /// What is known before any rule about number and age is asked.
    pub(super) reasons: Reasons,
}

/// What keeps snapshots from being removed, and no listing tells.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// What uses one.
    pub in_use: &'a BTreeMap<SnapshotId, UsedBy>,
    /// Until when one is locked, where that is known.
    pub locked: &'a BTreeMap<SnapshotId, Option<Timestamp>>,
}

impl Bound<'_> {
    /// What of it keeps a snapshot.
    pub(super) fn reasons(&self, id: &SnapshotId) -> Reasons {
        let reasons =
            [(self.in_use.contains_key(id), Reason::InUse), (self.locked.contains_key(id), Reason::Locked)];
        reasons.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
    }
}

impl Retention {
    /// Begins to read the snapshots there are, to plan for an instant.
    pub fn reading(&self, now: Timestamp) -> Reading {
        Reading { policy: self.clone(), now, items: Vec::new(), names: Names::default() }
    }
}

impl Reading {
    /// Takes in a snapshot, which another account shares or not.
    pub fn add(&mut self, snapshot: &Snapshot, shared_in: bool) {
        let draft = self.policy.draft();
        let mut mark = mark(draft, snapshot, shared_in, self.now);
        let is_ruled = mark.standing != Standing::Theirs && mark.ruled;
        if is_ruled && draft.keep_tag.iter().any(|labels| labels.are_on(&snapshot.tags)) {
            mark.reasons.add(Reason::Tagged);
        }
        self.items.push(Item {
            id: snapshot.id.clone(),
            volume: snapshot.volume.clone(),
            at: snapshot.started_at,
            size_gib: snapshot.size_gib,
            group: self.names.number(mark.group),
            floor: self.names.number(mark.floor),
            set: mark.set.map(|set| self.names.number(set)),
            is_copy: snapshot.is_copy(),
            standing: mark.standing,
            ruled: mark.ruled,
            reasons: mark.reasons,
        });
    }

    /// Decides about every snapshot read.
    pub fn plan(&self, bound: &Bound<'_>) -> RetentionPlan {
        RetentionPlan::of(self, &Desk::settled(self, bound, &Gone::new()))
    }

    /// Decides once more what an earlier plan of the same policy decided for the same instant. What that removes and is gone
    /// already still counts as the oldest of its group, so that to take a part of it away changes nothing of the rest.
    pub fn plan_again(&self, before: &RetentionPlan, bound: &Bound<'_>) -> RetentionPlan {
        let there: BTreeSet<&SnapshotId> = self.items.iter().map(|item| &item.id).collect();
        let mut gone = Gone::new();
        for group in &before.groups {
            // Newest first, and only those that the rules count.
            let mut counted = group.remove.iter().rev().filter(|verdict| verdict.is_expired());
            let oldest = counted.find(|verdict| !there.contains(&verdict.id));
            gone.extend(oldest.map(|verdict| (group.key.as_str(), verdict)));
        }
        RetentionPlan::of(self, &Desk::settled(self, bound, &gone))
    }

    /// The name of a row's group.
    pub(super) fn key(&self, row: &Row<'_>) -> &str {
        self.names.name(row.group)
    }

    /// What is gone of a group.
    pub(super) fn gone_of<'g>(&self, gone: &Gone<'g>, group: &[Row<'_>]) -> Option<&'g Verdict> {
        gone.get(self.key(group.first()?)).copied()
    }
}
