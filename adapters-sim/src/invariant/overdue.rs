use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::{Snapshot, SnapshotState, VolumeId};

use super::{Invariant, Seen};
use crate::cloud::Cloud;
use crate::cloud::snapshot::is_ours;

/// What is so old is gone at rest, unless it is the last of its volume, an image is made of it, or a tag keeps it: a
/// cleanup that refuses for good is no cleanup.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    hours: i64,
    now: Timestamp,
}

impl Overdue {
    /// So many hours old.
    pub fn after(hours: i64) -> Self {
        Self { hours, now: Timestamp::MIN }
    }
}

impl Invariant for Overdue {
    fn name(&self) -> &'static str {
        "what is long due is gone"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        self.now = seen.at;
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let used: BTreeSet<_> = cloud.ec2.images().flat_map(|(_, image)| &image.snapshots).collect();
        let ours =
            || cloud.snapshots.all().filter(|s| is_ours(&s.tags) && s.state == SnapshotState::Completed);
        let mut last: BTreeMap<(&VolumeId, Option<&str>), &Snapshot> = BTreeMap::new();
        for snapshot in ours() {
            let newest = last.entry(of(snapshot)).or_insert(snapshot);
            if newest.started_at < snapshot.started_at {
                *newest = snapshot;
            }
        }
        let may_go = |s: &&Snapshot| {
            let is_last = last.get(&of(s)).is_some_and(|newest| newest.id == s.id);
            let is_kept =
                ["caretaker:hold", "caretaker:keep-days"].iter().any(|key| s.tags.get(key).is_some());
            !is_last && !is_kept && !used.contains(&s.id)
        };
        let age = |s: &Snapshot| self.now.duration_since(s.started_at).as_hours();
        let overdue = ours().filter(may_go).filter(|s| self.hours < age(s));
        overdue.map(|s| format!("{} of {}, {} hours old", s.id, s.volume, age(s))).collect()
    }
}

/// What a snapshot may be the last of: a volume, among those of one owner.
fn of(snapshot: &Snapshot) -> (&VolumeId, Option<&str>) {
    (&snapshot.volume, snapshot.tags.get("caretaker:owner"))
}
