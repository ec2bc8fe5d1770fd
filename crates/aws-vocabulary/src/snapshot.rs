//! EBS snapshots, as `DescribeSnapshots` has them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{SnapshotId, Tags, VolumeId};

/// How far a snapshot has come
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// Still being copied; the moment it stands for is already fixed.
    Pending,
    /// Good.
    Completed,
    /// Failed: it holds nothing.
    Error,
    /// In the Recycle Bin.
    Recoverable,
    /// On its way back from the Recycle Bin.
    Recovering,
}

impl SnapshotState {
    /// The state's name as EC2 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Error => "error",
            Self::Recoverable => "recoverable",
            Self::Recovering => "recovering",
        }
    }

    /// The state of that name, if EC2 has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use aws_vocabulary::SnapshotState;
    ///
    /// assert_eq!(SnapshotState::parse("completed"), Some(SnapshotState::Completed));
    /// assert_eq!(SnapshotState::parse("done"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Completed, Self::Error, Self::Recoverable, Self::Recovering]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// An EBS snapshot of this account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The volume it was taken of.
    pub volume: VolumeId,
    /// How far it has come.
    pub state: SnapshotState,
    /// The moment it stands for.
    pub started_at: Timestamp,
    /// The size of its volume in GiB: an upper bound of what it stores, because snapshots are incremental.
    pub size_gib: u32,
    /// Its tags.
    pub tags: Tags,
    /// Its description.
    pub description: String,
}

impl Snapshot {
    /// Whether it is a copy. EC2 names an arbitrary volume for one, which tells nothing of what it is of: up
    /// to now always this (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>).
    pub fn is_copy(&self) -> bool {
        self.volume.as_str() == "vol-ffffffff"
    }
}
