use std::collections::BTreeMap;

use aws_vocabulary::{InstanceId, Tags};

/// A volume.
#[derive(Clone, Debug)]
pub struct Disk {
    /// Its size in GiB.
    pub size_gib: u32,
    /// Its tags.
    pub tags: Tags,
    /// Where it is attached, and under which device name.
    pub attachments: BTreeMap<InstanceId, String>,
    /// Whether it goes with its instance.
    pub delete_on_termination: bool,
    /// Its type.
    pub kind: DiskKind,
}

impl Disk {
    /// A new volume of the usual type, attached to nothing.
    pub fn detached(size_gib: u32) -> Self {
        Self {
            size_gib,
            tags: Tags::default(),
            attachments: BTreeMap::new(),
            delete_on_termination: false,
            kind: DiskKind::default(),
        }
    }

    /// A new volume of the usual type; a root volume goes with its instance.
    pub(super) fn attached(instance: &InstanceId, device: &str, is_root: bool, size_gib: u32) -> Self {
        let attachments = BTreeMap::from([(instance.clone(), device.to_owned())]);
        Self { attachments, delete_on_termination: is_root, ..Self::detached(size_gib) }
    }
}

/// The type of a volume (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskKind {
    /// General purpose.
    #[default]
    Gp3,
    /// General purpose, of the generation before.
    Gp2,
    /// Provisioned IOPS.
    Io2,
    /// Throughput-optimised.
    St1,
    /// Cold.
    Sc1,
}

impl DiskKind {
    /// Its name as EC2 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gp3 => "gp3",
            Self::Gp2 => "gp2",
            Self::Io2 => "io2",
            Self::St1 => "st1",
            Self::Sc1 => "sc1",
        }
    }

    /// How many unfinished snapshots a volume of this type may have, failed ones included
    /// (`ConcurrentSnapshotLimitExceeded`, <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
    pub fn unfinished_snapshots(self) -> usize {
        match self {
            Self::Gp3 | Self::Gp2 | Self::Io2 => 5,
            Self::St1 | Self::Sc1 => 1,
        }
    }
}
