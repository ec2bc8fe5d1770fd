//! Instances, volumes and images.

mod describe;
mod disk;
mod incident;
mod kind;
mod lifecycle;
mod machine;
mod missing;
mod request;

pub(in crate::cloud) use describe::keys;
pub use describe::state_code;
pub use disk::{Disk, DiskKind};
pub use incident::Incident;
pub use kind::{HostDisks, InstanceType, TYPES};
pub use machine::{Machine, Trait};
pub(crate) use missing::{no_image, no_instance, no_snapshot, no_volume};
pub use request::{Change, Launch};

use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{ImageId, InstanceId, InstanceState, SnapshotId, Tags, VolumeId};
use jiff::Timestamp;

use super::bucket::Buckets;

/// Instances, volumes and images of the account.
#[derive(Clone, Debug, Default)]
pub struct Ec2 {
    instances: BTreeMap<InstanceId, Machine>,
    volumes: BTreeMap<VolumeId, Disk>,
    images: BTreeMap<ImageId, Image>,
    /// The throttles of every EC2 operation.
    pub buckets: Buckets,
    /// The Availability Zones that are impaired: a list of instances that may have some there fails
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>).
    pub impaired_zones: BTreeSet<String>,
    last: u64,
}

/// A machine image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The snapshots it is made of.
    pub snapshots: Vec<SnapshotId>,
    /// Whether it is disabled; it uses its snapshots all the same.
    pub disabled: bool,
}

/// The root device's name on an instance of which nothing else is said, as on Amazon Linux
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html>).
pub const ROOT_DEVICE: &str = "/dev/xvda";

fn id<T: std::str::FromStr<Err = aws_vocabulary::IdError>>(prefix: &str, n: u64) -> T {
    super::known(&format!("{prefix}{n:017x}"))
}

impl Ec2 {
    /// Adds a running instance with a root volume and so many data volumes.
    pub fn add_instance(&mut self, tags: Tags, data_volumes: u32, now: Timestamp) -> InstanceId {
        self.last += 1;
        let instance: InstanceId = id("i-", self.last);
        self.put_machine(&instance, Machine::running(tags, now), data_volumes);
        instance
    }

    /// Adds an instance with an id of one's own, a root volume and so many data volumes.
    pub fn put_machine(&mut self, instance: &InstanceId, machine: Machine, data_volumes: u32) {
        self.put_instance(instance.clone(), machine);
        self.add_volume(instance, ROOT_DEVICE, 8);
        for n in 0..data_volumes {
            let letter = char::from_u32(u32::from('f') + n % 20).unwrap_or('f');
            self.add_volume(instance, &format!("/dev/sd{letter}"), 100);
        }
    }

    /// Adds an instance with an id of one's own, without any volume.
    pub fn put_instance(&mut self, instance: InstanceId, machine: Machine) {
        self.instances.insert(instance, machine);
    }

    /// Attaches a new volume to an instance.
    pub fn add_volume(&mut self, instance: &InstanceId, device: &str, size_gib: u32) -> VolumeId {
        self.last += 1;
        let volume: VolumeId = id("vol-", self.last);
        let is_root = self.is_root(instance, device);
        self.volumes.insert(volume.clone(), Disk::attached(instance, device, is_root, size_gib));
        volume
    }

    /// Adds a volume with an id of one's own.
    pub fn put_volume(&mut self, volume: VolumeId, disk: Disk) {
        self.volumes.insert(volume, disk);
    }

    /// Takes a volume away as if by magic. It can be put back, as from the Recycle Bin
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html>).
    pub fn take_volume(&mut self, volume: &VolumeId) -> Option<Disk> {
        self.volumes.remove(volume)
    }

    /// Whether a device is an instance's root device.
    pub fn is_root(&self, instance: &InstanceId, device: &str) -> bool {
        self.look(instance).is_some_and(|machine| machine.root_device == device)
    }

    /// Registers an image that is made of snapshots.
    pub fn register_image(&mut self, snapshots: Vec<SnapshotId>, disabled: bool) -> ImageId {
        self.last += 1;
        let image: ImageId = id("ami-", self.last);
        self.images.insert(image.clone(), Image { snapshots, disabled });
        image
    }

    /// An instance, to look at or to change as if by magic.
    pub fn machine(&mut self, instance: &InstanceId) -> Option<&mut Machine> {
        self.instances.get_mut(instance)
    }

    /// An instance, to look at.
    pub fn look(&self, instance: &InstanceId) -> Option<&Machine> {
        self.instances.get(instance)
    }

    /// A volume, to look at.
    pub fn look_at_disk(&self, volume: &VolumeId) -> Option<&Disk> {
        self.volumes.get(volume)
    }

    /// A volume, to look at or to change as if by magic.
    pub fn disk(&mut self, volume: &VolumeId) -> Option<&mut Disk> {
        self.volumes.get_mut(volume)
    }

    /// Terminates an instance as if by magic: its volumes go with it or are detached. It stays listed.
    pub fn terminate(&mut self, instance: &InstanceId) {
        if let Some(machine) = self.instances.get_mut(instance) {
            machine.state = InstanceState::Terminated;
        }
        self.let_volumes_go(instance);
    }

    /// The volumes of an instance go with it, or are detached.
    fn let_volumes_go(&mut self, instance: &InstanceId) {
        self.volumes.retain(|_, disk| {
            let was_attached = disk.attachments.remove(instance).is_some();
            !(was_attached && disk.delete_on_termination)
        });
    }

    /// Every instance.
    pub fn machines(&self) -> impl Iterator<Item = (&InstanceId, &Machine)> {
        self.instances.iter()
    }

    /// Every volume.
    pub fn disks(&self) -> impl Iterator<Item = (&VolumeId, &Disk)> {
        self.volumes.iter()
    }

    /// An image.
    pub fn image(&self, id: &ImageId) -> Option<&Image> {
        self.images.get(id)
    }

    /// Every image.
    pub fn images(&self) -> impl Iterator<Item = (&ImageId, &Image)> {
        self.images.iter()
    }

    /// The image that uses a snapshot, if one does.
    pub fn user_of(&self, snapshot: &SnapshotId) -> Option<&ImageId> {
        self.images.iter().find(|(_, image)| image.snapshots.contains(snapshot)).map(|(id, _)| id)
    }

    /// The volumes attached to an instance, and their device names there.
    pub fn attached<'a>(
        &'a self,
        instance: &'a InstanceId,
    ) -> impl Iterator<Item = (&'a VolumeId, &'a Disk, &'a str)> {
        self.volumes.iter().filter_map(move |(id, disk)| {
            disk.attachments.get(instance).map(|device| (id, disk, device.as_str()))
        })
    }
}
