use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use ports::{Snapshot, SnapshotId, UsedBy, VolumeId};

use super::assessment::{Assessment, Gone};
use super::gone::GoneVolumes;
use super::item::{Item, ReadTags, Seen};
use super::names::Names;
use super::{Reason, Retention, RetentionPlan, RetentionSpec};

/// The snapshots there are, read one after the other. Of each is kept what decisions need, some two hundred bytes: with its
/// tags a snapshot has nearly a thousand. It can be asked about any instant, and by one more policy than its own.
#[derive(Debug)]
pub struct Reading {
    pub(super) items: Vec<Item>,
    volumes: Names<VolumeId>,
    /// Of groups and of sets.
    names: Names<Arc<str>>,
    own: Sight,
    /// How another policy sees them, where that is not the same.
    other: Option<Sight>,
    /// Which volumes are gone, and since when that is known.
    gone: BTreeMap<VolumeId, Timestamp>,
}

/// How a policy sees the snapshots, in the order of the list.
#[derive(Debug)]
struct Sight {
    policy: Retention,
    seen: Vec<Seen>,
}

/// A reading in the eyes of a policy.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) reading: &'a Reading,
    pub(super) spec: &'a RetentionSpec,
    pub(super) seen: &'a [Seen],
    /// Which volumes are gone.
    pub(super) gone: GoneVolumes<'a>,
}

/// What keeps snapshots from being removed, and no listing tells.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// What uses one.
    pub in_use: &'a BTreeMap<SnapshotId, UsedBy>,
    /// Until when one is or was locked, where that is known.
    pub locked: &'a BTreeMap<SnapshotId, Option<Timestamp>>,
}

impl Retention {
    /// Begins to read the snapshots there are, and what another policy asks of them as well.
    pub fn reading(&self, other: Option<&Self>) -> Reading {
        let sight = |policy: &Self| Sight { policy: policy.clone(), seen: Vec::new() };
        Reading {
            items: Vec::new(),
            volumes: Names::default(),
            names: Names::default(),
            own: sight(self),
            other: other.filter(|other| !self.sees_as(other)).map(sight),
            gone: BTreeMap::new(),
        }
    }

    /// Whether it reads the same from tags as another.
    fn sees_as(&self, other: &Self) -> bool {
        self.spec().of_tags() == other.spec().of_tags()
    }
}

impl Reading {
    /// Takes in a snapshot, which another account shares or not.
    pub fn add(&mut self, snapshot: &Snapshot, shared_in: bool) {
        let tags = ReadTags::read(snapshot);
        for sight in std::iter::once(&mut self.own).chain(&mut self.other) {
            sight.seen.push(Seen::by(sight.policy.spec(), snapshot, &tags, &mut self.names));
        }
        let volume = self.volumes.number(&snapshot.volume);
        let named = self.volumes.name(volume).unwrap_or(&snapshot.volume).clone();
        let set = tags.set.map(|set| self.names.number(set));
        self.items.push(Item::new(snapshot, &tags, (volume, named), set, shared_in));
    }

    /// Takes in what keeps some of them.
    pub fn bind(&mut self, bound: &Bound<'_>) {
        for item in &mut self.items {
            if bound.in_use.contains_key(&item.id) {
                item.always.add(Reason::InUse);
            }
            if let Some(until) = bound.locked.get(&item.id) {
                item.locked_until = until.unwrap_or(Timestamp::MAX);
            }
        }
    }

    /// Takes in which volumes are gone, and since when that is known: all that is.
    pub fn bury(&mut self, gone: BTreeMap<VolumeId, Timestamp>) {
        self.gone = gone;
    }

    /// Decides about every snapshot read.
    pub fn plan(&self, now: Timestamp) -> RetentionPlan {
        RetentionPlan::of(self, now, &Assessment::of(self.own(), now, &Gone::new()))
    }

    /// What it would decide if every volume was gone.
    pub fn plan_if_gone(&self, now: Timestamp) -> RetentionPlan {
        let view = self.own().where_gone_are(GoneVolumes::All);
        RetentionPlan::of(self, now, &Assessment::of(view, now, &Gone::new()))
    }

    /// Decides once more what an earlier plan of the same policy decided for the same instant. What that removes and is gone
    /// already still counts as the oldest of its group, so that to take a part of it away changes nothing of the rest.
    pub fn plan_again(&self, before: &RetentionPlan) -> RetentionPlan {
        let there: BTreeSet<&SnapshotId> = self.items.iter().map(|item| &item.id).collect();
        let mut gone = Gone::new();
        for group in &before.groups {
            // Newest first, and only those that the rules count.
            let mut counted = group.remove.iter().rev().filter(|verdict| verdict.is_expired());
            let oldest = counted.find(|verdict| !there.contains(&verdict.id));
            gone.extend(oldest.map(|verdict| (group.key.as_str(), verdict)));
        }
        RetentionPlan::of(self, before.now, &Assessment::of(self.own(), before.now, &gone))
    }

    /// Every snapshot read, in the order of the list.
    pub(in crate::policy) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    /// The name of a snapshot's set.
    pub(in crate::policy) fn set_of(&self, item: &Item) -> Option<&str> {
        Some(self.name(item.set?))
    }

    /// The policy that it was begun for.
    pub fn policy(&self) -> &Retention {
        &self.own.policy
    }

    /// How that policy sees it.
    pub(super) fn own(&self) -> View<'_> {
        self.view(&self.own, &self.own.policy)
    }

    /// How another sees it; `None` where nobody asked for that when it was read.
    pub(super) fn by<'a>(&'a self, policy: &'a Retention) -> Option<View<'a>> {
        let mut sights = std::iter::once(&self.own).chain(&self.other);
        Some(self.view(sights.find(|sight| sight.policy.sees_as(policy))?, policy))
    }

    fn view<'a>(&'a self, sight: &'a Sight, policy: &'a Retention) -> View<'a> {
        View { reading: self, spec: policy.spec(), seen: &sight.seen, gone: GoneVolumes::Since(&self.gone) }
    }

    /// How its policy sees it, were it known all along which volumes are gone; `None` where none is.
    pub(super) fn own_had_it_known(&self) -> Option<View<'_>> {
        (!self.gone.is_empty()).then(|| self.own().where_gone_are(GoneVolumes::Ever(&self.gone)))
    }

    /// The name of a group or a set.
    pub(super) fn name(&self, number: u32) -> &str {
        self.names.name(number).map_or("", AsRef::as_ref)
    }

    /// How many names of groups and sets there are.
    pub(super) fn names(&self) -> usize {
        self.names.len()
    }
}

impl<'a> View<'a> {
    /// The same, where other volumes are gone.
    pub(super) fn where_gone_are(self, gone: GoneVolumes<'a>) -> Self {
        Self { gone, ..self }
    }
}
