use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use ports::{InstanceState, Snapshot, SnapshotId, SnapshotState, VolumeId, time};

use super::incident::{Incident, Incidents};
use super::night::{is_night, is_of_night};
use super::{Invariant, Seen, bound};
use crate::cloud::snapshot::is_ours;
use crate::cloud::{Cloud, Fact};

/// A set is taken of an opted-in instance only.
#[derive(Clone, Copy, Debug)]
pub struct OptedIn;

impl Invariant for OptedIn {
    fn name(&self) -> &'static str {
        "a set is taken of an opted-in instance only"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotsBegun { opted_in: false, snapshots, .. } = seen.fact else { return None };
        Some(format!("{snapshots:?}"))
    }
}

/// A snapshot carries our tags from its first moment.
#[derive(Clone, Copy, Debug)]
pub struct Tagged;

impl Invariant for Tagged {
    fn name(&self) -> &'static str {
        "a snapshot carries our tags from its first moment"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotsBegun { tags, snapshots, .. } = seen.fact else { return None };
        (!is_ours(tags)).then(|| format!("{snapshots:?}"))
    }
}

/// What is not ours is never deleted.
#[derive(Clone, Copy, Debug)]
pub struct Ours;

impl Invariant for Ours {
    fn name(&self) -> &'static str {
        "what is not ours is never deleted"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { ours: false, snapshot, .. } = seen.fact else { return None };
        Some(snapshot.to_string())
    }
}

/// The last completed snapshot of a volume is never deleted.
#[derive(Clone, Copy, Debug)]
pub struct LastOne;

impl Invariant for LastOne {
    fn name(&self) -> &'static str {
        "the last completed snapshot of a volume is never deleted"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { last: true, snapshot, volume, .. } = seen.fact else { return None };
        Some(format!("{snapshot} of {volume}"))
    }
}

/// A snapshot is not deleted before it is so old, unless there is another of the same moment.
#[derive(Clone, Copy, Debug)]
pub struct OldEnough(
    /// How old, in whole hours.
    pub i64,
);

impl Invariant for OldEnough {
    fn name(&self) -> &'static str {
        "a snapshot is not deleted before its time"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { age_hours, surplus: false, snapshot, .. } = seen.fact else {
            return None;
        };
        (*age_hours < self.0).then(|| format!("{snapshot}, {age_hours} hours old"))
    }
}

/// A snapshot of ours is gone two nights after its time was over, unless it is the last good one of its volume or in use. A
/// night that was given up where a person finds it is none.
#[derive(Clone, Debug)]
pub struct Outlived {
    within: SignedDuration,
    nights: BTreeMap<Date, Timestamp>,
}

impl Outlived {
    /// The third night is one too many.
    const NIGHTS: usize = 3;

    /// Snapshots are kept for so many days.
    pub fn days(days: i64) -> Self {
        Self { within: SignedDuration::from_hours(24 * days), nights: BTreeMap::new() }
    }

    fn outlives(&self, snapshot: &Snapshot, cloud: &Cloud) -> bool {
        let over = time::later(snapshot.started_at, self.within);
        let is_newer = |other: &&Snapshot| {
            other.volume == snapshot.volume
                && other.state == SnapshotState::Completed
                && snapshot.started_at < other.started_at
        };
        Self::NIGHTS <= self.nights.values().filter(|night| over < **night).count()
            && is_ours(&snapshot.tags)
            && cloud.ec2.user_of(&snapshot.id).is_none()
            && cloud.snapshots.all().any(|other| is_newer(&other))
    }
}

impl Invariant for Outlived {
    fn name(&self) -> &'static str {
        "a snapshot does not outlive its time by two nights"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if is_night(seen.fact) {
            self.nights.insert(time::day(seen.at), seen.at);
            bound(&mut self.nights);
        } else if let Fact::Exhausted { payload, .. } = seen.fact {
            self.nights.retain(|night, _| !is_of_night(*night, payload));
        }
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let outlived = cloud.snapshots.all().filter(|snapshot| self.outlives(snapshot, cloud));
        outlived.map(|snapshot| format!("{} of {}", snapshot.id, snapshot.started_at)).collect()
    }
}

/// An incident is left with one set: of no volume are there two good snapshots of it in the end.
#[derive(Clone, Debug, Default)]
pub struct OneSet {
    incidents: Incidents,
    live: BTreeMap<SnapshotId, (Incident, VolumeId)>,
}

impl Invariant for OneSet {
    fn name(&self) -> &'static str {
        "an incident is left with one set at most"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::InstanceIs { instance, state: InstanceState::Stopping, .. } = seen.fact {
            self.incidents.begins(instance, seen.at);
        } else if let Fact::SnapshotsBegun { instance: Some(instance), snapshots, tags, .. } = seen.fact {
            let incident = self.incidents.of_set(instance, tags, seen.at);
            let live = snapshots.iter().map(|(id, volume)| (id.clone(), (incident.clone(), volume.clone())));
            self.live.extend(live);
            bound(&mut self.live);
        } else if let Fact::SnapshotDeleted { snapshot, .. }
        | Fact::SnapshotIs { snapshot, state: SnapshotState::Error } = seen.fact
        {
            self.live.remove(snapshot);
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        let mut of: BTreeMap<&(Incident, VolumeId), Vec<&SnapshotId>> = BTreeMap::new();
        for (snapshot, incident) in &self.live {
            of.entry(incident).or_default().push(snapshot);
        }
        let twice = of.into_iter().filter(|(_, snapshots)| 1 < snapshots.len());
        twice
            .map(|(((instance, at), volume), snapshots)| {
                format!("{instance}, which stopped at {at}: {snapshots:?} of {volume}")
            })
            .collect()
    }
}
