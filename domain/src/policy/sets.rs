//! The snapshots of an incident, taken together: which are too many, and which came to nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::{LedgerKey, SnapshotId, SnapshotState, VolumeId, time};

use super::open::{GRACE, NextStep};
use super::reconcile::{Finding, Matter, Task};
use super::retention::{Item, Reading};

/// The snapshots of one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFound<'a> {
    /// The incident.
    pub key: LedgerKey,
    /// Its snapshots by volume, the oldest first. Copies are not among them: nobody knows what they are of.
    volumes: BTreeMap<&'a VolumeId, Vec<&'a Item>>,
}

/// What the ledger says about a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetRecord {
    /// Nothing: it has forgotten.
    Forgotten,
    /// It was taken.
    Done {
        /// The volumes that it was to be of, and those that it is of.
        named: BTreeSet<VolumeId>,
        /// The snapshots that people were told of.
        recorded: BTreeSet<SnapshotId>,
        /// Since when a snapshot can be of it.
        since: Timestamp,
        /// When it was made again, if it was.
        again: Option<Timestamp>,
    },
    /// Somebody is at it, or it is open.
    Open,
}

/// Sorts the snapshots that were read by their incidents. A copy may carry the key of what it is a copy of, and is no part of
/// a set.
pub fn sets(reading: &Reading) -> impl Iterator<Item = SetFound<'_>> {
    let of_sets = reading.items().filter(|item| !item.is_copy);
    let mut named: Vec<(&str, &Item)> =
        of_sets.filter_map(|item| Some((reading.set_of(item)?, item))).collect();
    named.sort_unstable_by(|(a_set, a), (b_set, b)| (a_set, a.at, &a.id).cmp(&(b_set, b.at, &b.id)));
    let mut named = named.into_iter().peekable();
    std::iter::from_fn(move || {
        // What is no key of ours is of no set.
        let key = loop {
            if let Ok(key) = LedgerKey::new(named.peek()?.0) {
                break key;
            }
            named.next();
        };
        let mut volumes: BTreeMap<&VolumeId, Vec<&Item>> = BTreeMap::new();
        while let Some((_, item)) = named.next_if(|(set, _)| *set == key.as_str()) {
            volumes.entry(&item.volume).or_default().push(item);
        }
        Some(SetFound { key, volumes })
    })
}

impl SetFound<'_> {
    /// Whether something is the matter with it, so that its entry has to be read.
    pub fn is_odd(&self) -> bool {
        self.volumes.values().any(|of_volume| good(of_volume).count() != 1)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let states = || self.volumes.values().map(|of_volume| good(of_volume).map(|s| s.state).min());
        if states().any(|state| state.is_none()) {
            Progress::Failed
        } else if states().any(|state| state == Some(SnapshotState::Pending)) {
            Progress::Pending
        } else {
            Progress::Completed
        }
    }

    /// When it was begun.
    pub fn begun_at(&self) -> Option<Timestamp> {
        self.volumes.values().flatten().map(|snapshot| snapshot.at).min()
    }

    /// Decides what is to be done about it.
    pub fn next_steps(&self, record: &SetRecord, now: Timestamp) -> Vec<NextStep> {
        if *record == SetRecord::Open {
            // Whoever goes on with it looks at these very snapshots.
            return Vec::new();
        }
        let surplus = |(volume, all): (&&VolumeId, &Vec<&Item>)| self.surplus((volume, all), record, now);
        let mut next_steps: Vec<NextStep> = self.volumes.iter().flat_map(surplus).collect();
        let is_failed = |all: &[&Item]| good(all).next().is_none();
        let failed = self.volumes.iter().filter(|(volume, all)| record.may_name(volume) && is_failed(all));
        let failed: Vec<&str> = failed.map(|(volume, _)| volume.as_str()).collect();
        if !failed.is_empty() {
            next_steps.push(match record {
                SetRecord::Done { again: None, .. } => NextStep::Do(Task::MakeAgain(self.key.clone())),
                // What was made a moment ago may not be listed yet.
                SetRecord::Done { again: Some(at), .. } if now < time::later(*at, GRACE) => NextStep::Wait,
                SetRecord::Done { again: Some(_), .. } => {
                    self.hopeless(&failed, "failed, was made again and failed again")
                }
                SetRecord::Forgotten | SetRecord::Open => {
                    self.hopeless(&failed, "failed, too long ago to make it again")
                }
            });
        }
        next_steps
    }

    fn hopeless(&self, volumes: &[&str], what: &str) -> NextStep {
        NextStep::Report(Finding::new(
            self.key.as_str(),
            Matter::SetFailed,
            format!("the snapshot of {} {what}", volumes.join(", ")),
        ))
    }

    /// Of several snapshots of a volume, the one that people were told of is kept, else the oldest; and none is removed before
    /// that one is complete. Only what the ledger says of the incident proves that the others are too many: of a set
    /// that it has forgotten, of a volume that it does not name, or of a snapshot from before the incident, a person is told.
    fn surplus(
        &self,
        (volume, all): (&VolumeId, &[&Item]),
        record: &SetRecord,
        now: Timestamp,
    ) -> Vec<NextStep> {
        let goods: Vec<&Item> = good(all).collect();
        let (SetRecord::Done { named, recorded, since, .. }, true) = (record, 1 < goods.len()) else {
            return self.unproven(volume, &goods, now);
        };
        if !named.contains(volume) || goods.iter().any(|snapshot| snapshot.at < *since) {
            return self.unproven(volume, &goods, now);
        }
        let Some(kept) = goods.iter().find(|s| recorded.contains(&s.id)).or_else(|| goods.first()) else {
            return Vec::new();
        };
        if kept.state != SnapshotState::Completed {
            return vec![NextStep::Wait];
        }
        let others = goods.iter().filter(|s| s.id != kept.id && !recorded.contains(&s.id));
        let remove =
            |s: &&Item| Task::Remove { snapshot: s.id.clone(), kept: kept.id.clone(), key: self.key.clone() };
        others.map(|s| NextStep::Do(remove(s))).collect()
    }

    /// Tells a person of several snapshots of a volume that may be one too many.
    fn unproven(&self, volume: &VolumeId, goods: &[&Item], now: Timestamp) -> Vec<NextStep> {
        let ids: Vec<&str> = goods.iter().filter(|s| !s.is_held(now)).map(|s| s.id.as_str()).collect();
        if ids.len() < 2 {
            return Vec::new();
        }
        let words = format!(
            "{} are all of {volume} and carry this key, and the ledger does not say which is too many: \
             nothing is removed",
            ids.join(", ")
        );
        vec![NextStep::Report(Finding::new(self.key.as_str(), Matter::Surplus, words))]
    }
}

impl SetRecord {
    /// Whether a snapshot of a volume can be of this set, as far as the ledger knows.
    fn may_name(&self, volume: &VolumeId) -> bool {
        match self {
            Self::Done { named, .. } => named.contains(volume),
            Self::Forgotten | Self::Open => true,
        }
    }
}

/// How far a set has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Every volume has a completed snapshot.
    Completed,
    /// Some are still being copied.
    Pending,
    /// A volume has none that is any good.
    Failed,
}

fn good<'a>(of_volume: &'a [&'a Item]) -> impl Iterator<Item = &'a Item> {
    let is_good = |s: &&Item| matches!(s.state, SnapshotState::Completed | SnapshotState::Pending);
    of_volume.iter().copied().filter(is_good)
}
