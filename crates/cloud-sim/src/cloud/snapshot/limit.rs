use aws_vocabulary::{SnapshotState, VolumeId};
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
    pub(super) fn admit(&self, volume: &VolumeId, kind: DiskKind, now: Timestamp) -> Result<(), ApiError> {
        let of_volume = || self.snapshots.values().filter(|s| s.volume == *volume);
        if of_volume().any(|s| now.duration_since(s.started_at) < BETWEEN && s.started_at <= now) {
            return Err(ApiError::busy(
                "SnapshotCreationPerVolumeRateExceeded",
                "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep \
                 interval between requests.",
            ));
        }
        let unfinished = |state| matches!(state, SnapshotState::Pending | SnapshotState::Error);
        if kind.unfinished_snapshots() <= of_volume().filter(|s| unfinished(s.state)).count() {
            let message = format!("Maximum allowed in-progress snapshots for the volume {volume} exceeded.");
            return Err(ApiError::busy("ConcurrentSnapshotLimitExceeded", message));
        }
        Ok(())
    }

    /// Whether the account may have so many more.
    pub(super) fn admit_more(&self, more: usize) -> Result<(), ApiError> {
        let pending = self.snapshots.values().filter(|s| s.state == SnapshotState::Pending).count();
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
}
