use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{InstanceId, Page, PageToken, PortError, Snapshot, SnapshotId, TagSet, UsedBy, VolumeId};

/// Which snapshots to list: own ones that carry every one of these tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SnapshotFilter {
    /// Tags that must all be there, key and value.
    pub tags: Vec<(String, String)>,
}

impl SnapshotFilter {
    /// Snapshots that carry this tag.
    pub fn tagged(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { tags: vec![(key.into(), value.into())] }
    }

    /// Those of them that carry this one too.
    #[must_use]
    pub fn and(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }
}

/// A wish for one crash-consistent set of snapshots of an instance's volumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreateSet {
    /// The instance.
    pub instance: InstanceId,
    /// Whether to leave out the root volume.
    pub exclude_root: bool,
    /// Data volumes to leave out.
    pub exclude: Vec<VolumeId>,
    /// A description of at most 255 characters.
    pub description: String,
    /// The tags every snapshot carries from its first moment.
    pub tags: TagSet,
}

/// A wish for one snapshot of one volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreateOne {
    /// The volume.
    pub volume: VolumeId,
    /// A description of at most 255 characters.
    pub description: String,
    /// The tags the snapshot carries from its first moment.
    pub tags: TagSet,
}

/// A snapshot that was just begun.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CreatedSnapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The volume it is of.
    pub volume: VolumeId,
}

/// How a deletion ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// It was there and is gone, or goes as soon as it completes.
    Deleted,
    /// It was not there any more.
    AlreadyGone,
    /// It stays, because something uses it; by what, where EC2 says.
    InUse(Option<UsedBy>),
}

/// Lists, creates, tags and deletes EBS snapshots of this account.
///
/// # Contract
///
/// 1. `snapshots_1_page_lists_own_by_all_tags`: a page MUST hold only own snapshots that carry every tag asked for.
/// 2. `snapshots_2_tokens_reach_every_page`: following the tokens MUST reach every such snapshot once.
/// 3. `snapshots_3_set_covers_the_instance`: `create_set` MUST begin one snapshot of every attached volume that is
///    not left out, all of the same moment.
/// 4. `snapshots_4_tags_are_there_at_birth`: a new snapshot MUST carry the tags asked for from its first moment.
/// 5. `snapshots_5_create_is_not_repeated`: `create_set` and `create_one` MUST send at most one request: EC2 has no
///    token that would tell a repetition from a second wish.
/// 6. `snapshots_6_gone_is_already_gone`: deleting what is not there MUST answer `AlreadyGone`.
/// 7. `snapshots_7_in_use_is_an_answer`: deleting what an image uses MUST answer `InUse` and leave it.
/// 8. `snapshots_8_one_snapshot_of_one_volume`: `create_one` MUST begin a snapshot of that volume alone.
/// 9. `snapshots_9_tag_adds_and_replaces`: `tag` MUST set the given tags and leave the others.
///
/// Not promised: order, and that a page holds anything. A new snapshot may not be listed for a while.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Snapshots: Debug + Send + Sync {
    /// One page of own snapshots.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn page(
        &self,
        filter: &SnapshotFilter,
        from: Option<PageToken>,
    ) -> Result<Page<Snapshot>, PortError>;

    /// Begins one crash-consistent set
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
    ///
    /// # Errors
    ///
    /// When EC2 refuses or cannot be asked; see [`PortError::effect`] for what is then known.
    async fn create_set(&self, wish: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError>;

    /// Begins a snapshot of a single volume.
    ///
    /// # Errors
    ///
    /// When EC2 refuses or cannot be asked; see [`PortError::effect`] for what is then known.
    async fn create_one(&self, wish: &CreateOne) -> Result<CreatedSnapshot, PortError>;

    /// Sets tags on a snapshot.
    ///
    /// # Errors
    ///
    /// When EC2 refuses or cannot be asked.
    async fn tag(&self, id: &SnapshotId, tags: &TagSet) -> Result<(), PortError>;

    /// Deletes a snapshot.
    ///
    /// # Errors
    ///
    /// When EC2 refuses for another reason than use, or cannot be asked.
    async fn delete(&self, id: &SnapshotId) -> Result<Deletion, PortError>;
}
