use std::collections::BTreeMap;

use aws_vocabulary::{Snapshot, SnapshotState, time};
use cloud_sim::cloud::{Cloud, Fact};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::night::{is_night, is_of_night};
use super::tag::is_ours;
use super::{Invariant, Seen, bound};

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
