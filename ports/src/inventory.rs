use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    GroupName, ImageId, InstanceId, InstanceState, Page, PageToken, PortError, SnapshotId, StateReason, Tags,
    VolumeId,
};

/// An EC2 instance as the inventory tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its state.
    pub state: InstanceState,
    /// Its tags.
    pub tags: Tags,
    /// Why it last changed its state, where EC2 says.
    pub state_reason: Option<StateReason>,
    /// EC2's transition text, such as `User initiated (2026-11-23 14:27:11 UTC)`.
    pub transition: Option<String>,
    /// The Auto Scaling group it belongs to.
    pub group: Option<GroupName>,
    /// When it was last started.
    pub launched_at: Option<Timestamp>,
    /// The device name of its root disk, such as `/dev/xvda`.
    pub root_device: Option<String>,
    /// Whether its root disk is an instance store, which no snapshot can save.
    pub root_on_instance_store: bool,
    /// Its type, such as `m5d.large`.
    pub instance_type: Option<String>,
}

/// The disks on the host that an instance of some type has beside its EBS volumes. What is on them is gone when the instance
/// stops, and no snapshot can save it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceStore {
    /// How many.
    pub disks: u32,
    /// How large they are together, in GB.
    pub total_gb: u32,
}

/// An EBS volume, as attached to the instance asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// The device name on that instance, such as `/dev/sdf`.
    pub device: String,
    /// Its tags.
    pub tags: Tags,
    /// Its size in GiB.
    pub size_gib: u32,
    /// Whether it goes when the instance is terminated.
    pub delete_on_termination: bool,
}

/// One use of a snapshot that keeps it from being deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SnapshotUse {
    /// The snapshot in use.
    pub snapshot: SnapshotId,
    /// What uses it.
    pub by: UsedBy,
}

impl Instance {
    /// Whether that device is its root disk.
    pub fn is_root(&self, device: &str) -> bool {
        self.root_device.as_deref() == Some(device)
    }
}

/// What uses a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedBy {
    /// A registered machine image, disabled ones included.
    Image(ImageId),
}

/// A snapshot that is or was locked: nobody can delete it until the lock ends or is lifted
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotLock {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// When the lock ends or ended, where EC2 says; `None` holds for good.
    pub until: Option<Timestamp>,
}

/// Whether EC2 knows a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It does: in whatever state it is.
    There,
    /// Asked for that very id it says that there is no such volume.
    NotFound,
}

/// Reads what there is. It cannot change anything.
///
/// # Contract
///
/// 1. `inventory_1_unknown_instance_is_none`: an id that EC2 does not know MUST give `None`, not an error.
/// 2. `inventory_2_volumes_are_those_attached`: `volumes` MUST give every volume attached to the instance, with the
///    device name on that instance, and no volume that is being detached.
/// 3. `inventory_3_uses_name_every_image`: `uses` MUST name every own image that uses one of the snapshots, also
///    when more snapshots are asked about than fit into one request.
/// 4. `inventory_4_not_running_tells_every_tagged_one`: following the tokens of `not_running` MUST reach every instance that
///    carries a tag of that key, whatever its value, and neither runs nor is about to; and no other.
/// 5. `inventory_5_instance_store_is_told_by_type`: `instance_store` MUST give number and size of the disks of a type that has
///    some, and `None` for a type that has none.
/// 6. `inventory_6_locks_name_every_locked_snapshot`: following the tokens of `locks` MUST name every own snapshot that is
///    locked, in whichever mode, with the end of its lock; and MAY name one whose lock is over, with that end.
/// 7. `inventory_7_a_volume_is_absent_only_where_ec2_says_so`: `presence` MUST give `NotFound` only when EC2 was asked for
///    that very id and answered that there is no such volume; a list that does not name it proves nothing, so an answer
///    without the volume MUST be an error.
///
/// Not promised: freshness. EC2 is eventually consistent: what was just created may not be seen yet
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Inventory: Debug + Send + Sync {
    /// The instance of that id.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, PortError>;

    /// The volumes attached to an instance, in the order of their device names.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn volumes(&self, id: &InstanceId) -> Result<Vec<Volume>, PortError>;

    /// Whether there is a volume of that id, in the account and region that the snapshots of it are in: a snapshot's
    /// volume is of the same region, unless it is a copy, whose volume has an id of no meaning
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>).
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked, or does not say.
    async fn presence(&self, id: &VolumeId) -> Result<Presence, PortError>;

    /// The instance store of an instance type: an instance itself does not list it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceStorageInfo.html>).
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked, or has no such type.
    async fn instance_store(&self, instance_type: &str) -> Result<Option<InstanceStore>, PortError>;

    /// What uses the given snapshots, ordered.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn uses(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError>;

    /// A page of the own snapshots that are locked now, and of those that were and EC2 still knows of.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn locks(&self, from: Option<PageToken>) -> Result<Page<SnapshotLock>, PortError>;

    /// One page of the instances that carry a tag and neither run nor are about to: they stop, are stopped, or are gone and
    /// still listed.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    async fn not_running(&self, tag: &str, from: Option<PageToken>) -> Result<Page<Instance>, PortError>;
}
