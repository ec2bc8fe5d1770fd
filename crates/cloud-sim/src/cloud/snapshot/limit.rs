use aws_vocabulary::{Snapshot, SnapshotState, VolumeId};
use jiff::{SignedDuration, Timestamp};

use super::SnapshotStore;
use crate::cloud::ApiError;
use crate::cloud::ec2::DiskKind;

/// How many snapshots there may be
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many of the account may be pending. The number is unverified: it is a quota, and differs between accounts.
    pub pending: usize,
    /// How many the account may have. The number is unverified: it is a quota, and differs between accounts.
    pub all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pending: 100, all: 100_000 }
    }
}

/// How long EC2 wants between two snapshots of a volume
/// (`SnapshotCreationPerVolumeRateExceeded`, <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
const BETWEEN: SignedDuration = SignedDuration::from_secs(15);

impl SnapshotStore {
    /// Whether EC2 would begin another snapshot of a volume now. Failed ones count as unfinished
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
    pub(super) fn admit(
        &mut self,
        volume: &VolumeId,
        kind: DiskKind,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.settle(now);
        let of_volume = || self.unsettled().filter(|s| s.volume == *volume);
        if of_volume().any(|s| now.duration_since(s.started_at) < BETWEEN && s.started_at <= now) {
            return Err(ApiError::busy(
                "SnapshotCreationPerVolumeRateExceeded",
                "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep \
                 interval between requests.",
            ));
        }
        if kind.unfinished_snapshots() <= of_volume().filter(|s| is_unfinished(s.state)).count() {
            let message = format!("Maximum allowed in-progress snapshots for the volume {volume} exceeded.");
            return Err(ApiError::busy("ConcurrentSnapshotLimitExceeded", message));
        }
        Ok(())
    }

    /// Whether the account may have so many more.
    pub(super) fn admit_more(&self, more: usize) -> Result<(), ApiError> {
        let pending = self.unsettled().filter(|s| s.state == SnapshotState::Pending).count();
        if self.limits.pending < pending + more {
            let message = "Maximum allowed in-progress snapshots exceeded.";
            return Err(ApiError::busy("PendingSnapshotLimitExceeded", message));
        }
        if self.limits.all < self.snapshots.len() + more {
            let message = "You have reached your limit on the number of snapshots.";
            return Err(ApiError::rejected("SnapshotLimitExceeded", message));
        }
        Ok(())
    }

    fn unsettled(&self) -> impl Iterator<Item = &Snapshot> {
        self.unsettled.iter().filter_map(|id| self.snapshots.get(id))
    }

    /// Forgets those that no limit is about any more, so that nobody goes through them all for each that is to begin.
    fn settle(&mut self, now: Timestamp) {
        let Self { unsettled, snapshots, .. } = self;
        unsettled.retain(|id| {
            let found = snapshots.get(id);
            found.is_some_and(|s| is_unfinished(s.state) || now.duration_since(s.started_at) < BETWEEN)
        });
    }
}

fn is_unfinished(state: SnapshotState) -> bool {
    matches!(state, SnapshotState::Pending | SnapshotState::Error)
}
