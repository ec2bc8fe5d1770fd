use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{Snapshot, SnapshotState, VolumeId, time};
use cloud_sim::cloud::Cloud;
use jiff::{SignedDuration, Timestamp};

use super::tag::is_ours;
use super::{Invariant, Seen};

/// What is so old is gone at rest, unless it is the last of its volume, an image is made of it, or a tag keeps it: a
/// cleanup that refuses for good is no cleanup.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    kept: SignedDuration,
    grace: SignedDuration,
    begin: Option<Timestamp>,
    now: Timestamp,
}

impl Overdue {
    /// What is kept for so long is gone a while after: both are spans. What was due before anything happened is due from
    /// then on, because no night could have removed it sooner.
    pub fn after(kept: SignedDuration, grace: SignedDuration) -> Self {
        Self { kept, grace, begin: None, now: Timestamp::MIN }
    }

    /// Since when a snapshot is due.
    fn due(&self, snapshot: &Snapshot) -> Timestamp {
        let due = time::later(snapshot.started_at, self.kept);
        self.begin.map_or(due, |begin| due.max(begin))
    }
}

impl Invariant for Overdue {
    fn name(&self) -> &'static str {
        "what is long due is gone"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        self.begin.get_or_insert(seen.at);
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
        let overdue = ours().filter(may_go).filter(|s| time::later(self.due(s), self.grace) < self.now);
        overdue.map(|s| format!("{} of {}, {} hours old", s.id, s.volume, age(s))).collect()
    }
}

/// What a snapshot may be the last of: a volume, among those of one owner.
fn of(snapshot: &Snapshot) -> (&VolumeId, Option<&str>) {
    (&snapshot.volume, snapshot.tags.get("caretaker:owner"))
}
