use std::collections::BTreeSet;

use jiff::Timestamp;
use ports::{
    ErrorKind, ImageId, Instance, InstanceId, InstanceState, SnapshotUse, Tags, UsedBy, Volume, VolumeId,
};

use super::{Disk, Ec2, Image, Machine, Trait, no_image, no_instance, no_volume};
use crate::cloud::ApiError;
use crate::cloud::list::{self, Filtered, Filters, Listed, Listing, Paging};
use crate::kernel::Context;

/// The operations that list; the ids they give are looked up in the cloud's own data.
impl Ec2 {
    /// `DescribeInstances`.
    ///
    /// # Errors
    ///
    /// When the request is wrong, names an instance that is not there, or comes while too many others do; and when a zone is
    /// impaired in which one of the instances may be.
    pub fn list_instances(
        &mut self,
        listing: &Listing,
        context: &mut Context<'_>,
    ) -> Result<Listed<InstanceId>, ApiError> {
        self.buckets.take_for_list("DescribeInstances", listing, context.now)?;
        let filters = Filters::read::<OfInstance<'_>>(&listing.filters)?;
        let ids: BTreeSet<InstanceId> = listing.ids(&list::INSTANCE)?.into_iter().collect();
        if let Some(missing) = ids.iter().find(|id| !self.instances.contains_key(*id)) {
            return Err(no_instance(missing));
        }
        self.reach(&ids)?;
        let all = self.instances.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = all.filter(|(id, machine)| filters.let_through(&OfInstance { ec2: self, id, machine }));
        Paging::USUAL.page(listing, wanted.map(|(id, _)| (id.as_str(), id.clone())), context)
    }

    /// While a zone is impaired, a request fails that names instances there, or none at all; one that names only others works
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>). The error's code is unverified.
    fn reach(&self, ids: &BTreeSet<InstanceId>) -> Result<(), ApiError> {
        let is_there = |id| self.instances.get(id).is_some_and(|m| self.impaired_zones.contains(&m.zone));
        if !self.impaired_zones.is_empty() && (ids.is_empty() || ids.iter().any(is_there)) {
            let message = "The service is unavailable in an Availability Zone. Please try again shortly.";
            return Err(ApiError::new(ErrorKind::Unavailable, "Unavailable", message));
        }
        Ok(())
    }

    /// `DescribeVolumes`.
    ///
    /// # Errors
    ///
    /// When the request is wrong, names a volume that is not there, or comes while too many others do.
    pub fn list_volumes(
        &mut self,
        listing: &Listing,
        context: &mut Context<'_>,
    ) -> Result<Listed<VolumeId>, ApiError> {
        self.buckets.take_for_list("DescribeVolumes", listing, context.now)?;
        let filters = Filters::read::<OfVolume<'_>>(&listing.filters)?;
        let ids: BTreeSet<VolumeId> = listing.ids(&list::VOLUME)?.into_iter().collect();
        if let Some(missing) = ids.iter().find(|id| !self.volumes.contains_key(*id)) {
            return Err(no_volume(missing));
        }
        let all = self.volumes.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = all.filter(|(id, disk)| filters.let_through(&OfVolume { id, disk }));
        Paging::USUAL.page(listing, wanted.map(|(id, _)| (id.as_str(), id.clone())), context)
    }

    /// `DescribeImages`: own ones, disabled ones included.
    ///
    /// # Errors
    ///
    /// When the request is wrong, names an image that is not there, or comes while too many others do.
    pub fn list_images(
        &mut self,
        listing: &Listing,
        context: &mut Context<'_>,
    ) -> Result<Listed<ImageId>, ApiError> {
        self.buckets.take_for_list("DescribeImages", listing, context.now)?;
        let filters = Filters::read::<OfImage<'_>>(&listing.filters)?;
        let ids: BTreeSet<ImageId> = listing.ids(&list::IMAGE)?.into_iter().collect();
        if let Some(missing) = ids.iter().find(|id| !self.images.contains_key(*id)) {
            return Err(no_image(missing));
        }
        let all = self.images.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = all.filter(|(id, image)| filters.let_through(&OfImage { id, image }));
        Paging::USUAL.page(listing, wanted.map(|(id, _)| (id.as_str(), id.clone())), context)
    }

    /// An instance as the inventory tells it.
    pub(crate) fn told(&self, id: &InstanceId, now: Timestamp) -> Option<Instance> {
        self.instances.get(id).map(|machine| machine.told(id, now))
    }

    /// A volume of an instance as the inventory tells it.
    pub(crate) fn volume_of(&self, instance: &InstanceId, id: &VolumeId) -> Option<Volume> {
        let disk = self.volumes.get(id)?;
        Some(Volume {
            id: id.clone(),
            device: disk.attachments.get(instance)?.clone(),
            tags: disk.tags.clone(),
            size_gib: disk.size_gib,
            delete_on_termination: disk.delete_on_termination,
        })
    }

    /// What an image uses of some snapshots.
    pub(crate) fn uses_of(&self, image: &ImageId, snapshots: &[ports::SnapshotId]) -> Vec<SnapshotUse> {
        let used = self.images.get(image).into_iter().flat_map(|image| &image.snapshots);
        let by = UsedBy::Image(image.clone());
        let used = used.filter(|snapshot| snapshots.contains(snapshot));
        used.map(|snapshot| SnapshotUse { snapshot: snapshot.clone(), by: by.clone() }).collect()
    }
}

/// The number that EC2 writes beside a state's name
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>).
pub fn state_code(state: InstanceState) -> u16 {
    match state {
        InstanceState::Pending => 0,
        InstanceState::Running => 16,
        InstanceState::ShuttingDown => 32,
        InstanceState::Terminated => 48,
        InstanceState::Stopping => 64,
        InstanceState::Stopped => 80,
    }
}

struct OfInstance<'a> {
    ec2: &'a Ec2,
    id: &'a InstanceId,
    machine: &'a Machine,
}

impl Filtered for OfInstance<'_> {
    const NAMES: &'static [&'static str] = &[
        "availability-zone",
        "block-device-mapping.device-name",
        "block-device-mapping.volume-id",
        "instance-id",
        "instance-lifecycle",
        "instance-state-code",
        "instance-state-name",
        "launch-time",
        "root-device-name",
        "root-device-type",
        "state-reason-code",
    ];

    fn values(&self, name: &str) -> Vec<String> {
        let Self { ec2, id, machine } = self;
        match name {
            "availability-zone" => vec![machine.zone.clone()],
            "block-device-mapping.device-name" => {
                ec2.attached(id).map(|(.., device)| device.to_owned()).collect()
            }
            "block-device-mapping.volume-id" => {
                ec2.attached(id).map(|(volume, ..)| volume.to_string()).collect()
            }
            "instance-id" => vec![id.to_string()],
            "instance-lifecycle" => machine.is(Trait::Spot).then(|| "spot".to_owned()).into_iter().collect(),
            "instance-state-code" => vec![state_code(machine.state).to_string()],
            "instance-state-name" => vec![machine.state.as_str().to_owned()],
            "launch-time" => vec![machine.launched_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()],
            "root-device-name" => vec![machine.root_device.clone()],
            "root-device-type" => {
                vec![if machine.is(Trait::OnInstanceStore) { "instance-store" } else { "ebs" }.to_owned()]
            }
            "state-reason-code" => machine.reason.iter().map(|reason| reason.code.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn tag(&self, key: &str) -> Option<&str> {
        match &self.machine.group {
            Some(group) if key == "aws:autoscaling:groupName" => Some(group.as_str()),
            _ => self.machine.tags.get(key),
        }
    }

    fn tag_keys(&self) -> Vec<&str> {
        let of_group = self.machine.group.as_ref().map(|_| "aws:autoscaling:groupName");
        keys(&self.machine.tags).chain(of_group).collect()
    }
}

struct OfVolume<'a> {
    id: &'a VolumeId,
    disk: &'a Disk,
}

impl Filtered for OfVolume<'_> {
    const NAMES: &'static [&'static str] = &[
        "attachment.delete-on-termination",
        "attachment.device",
        "attachment.instance-id",
        "attachment.status",
        "size",
        "status",
        "volume-id",
        "volume-type",
    ];

    fn values(&self, name: &str) -> Vec<String> {
        let Self { id, disk } = self;
        let is_attached = !disk.attachments.is_empty();
        match name {
            "attachment.delete-on-termination" if is_attached => vec![disk.delete_on_termination.to_string()],
            "attachment.device" => disk.attachments.values().cloned().collect(),
            "attachment.instance-id" => disk.attachments.keys().map(ToString::to_string).collect(),
            "attachment.status" if is_attached => vec!["attached".to_owned()],
            "size" => vec![disk.size_gib.to_string()],
            "status" => vec![if is_attached { "in-use" } else { "available" }.to_owned()],
            "volume-id" => vec![id.to_string()],
            "volume-type" => vec![disk.kind.as_str().to_owned()],
            _ => Vec::new(),
        }
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.disk.tags.get(key)
    }

    fn tag_keys(&self) -> Vec<&str> {
        keys(&self.disk.tags).collect()
    }
}

struct OfImage<'a> {
    id: &'a ImageId,
    image: &'a Image,
}

impl Filtered for OfImage<'_> {
    const NAMES: &'static [&'static str] = &["block-device-mapping.snapshot-id", "image-id", "state"];

    fn values(&self, name: &str) -> Vec<String> {
        match name {
            "block-device-mapping.snapshot-id" => {
                self.image.snapshots.iter().map(ToString::to_string).collect()
            }
            "image-id" => vec![self.id.to_string()],
            "state" => vec![if self.image.disabled { "disabled" } else { "available" }.to_owned()],
            _ => Vec::new(),
        }
    }

    fn tag(&self, _: &str) -> Option<&str> {
        None
    }

    fn tag_keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

pub(in crate::cloud) fn keys(tags: &Tags) -> impl Iterator<Item = &str> {
    tags.iter().map(|(key, _)| key)
}
