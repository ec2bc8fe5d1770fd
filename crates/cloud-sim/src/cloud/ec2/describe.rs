use std::collections::BTreeSet;

use aws_vocabulary::ErrorKind;
use aws_vocabulary::{ImageId, InstanceId, InstanceState, Tags, VolumeId};

use super::{Disk, Ec2, Image, Machine, Trait, no_image, no_instance, no_volume};
use crate::cloud::list::{self, Filtered, Filters, Listed, Listing, Paging};
use crate::cloud::{ApiError, Fact};
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
        let asked = self.instances.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = |(id, machine): &(&InstanceId, &Machine)| {
            filters.let_through(&OfInstance { ec2: self, id, machine })
        };
        let page = Paging::USUAL.page(listing, asked.map(|it| (it.0.as_str(), it)), wanted, context)?;
        Ok(page.map(|(id, _)| id.clone()))
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
            context.note(Fact::VolumeAsked { volume: missing.clone(), found: false });
            return Err(no_volume(missing));
        }
        for id in &ids {
            context.note(Fact::VolumeAsked { volume: id.clone(), found: true });
        }
        let asked = self.volumes.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = |(id, disk): &(&VolumeId, &Disk)| filters.let_through(&OfVolume { id, disk });
        let page = Paging::USUAL.page(listing, asked.map(|it| (it.0.as_str(), it)), wanted, context)?;
        Ok(page.map(|(id, _)| id.clone()))
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
        let asked = self.images.iter().filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = |(id, image): &(&ImageId, &Image)| filters.let_through(&OfImage { id, image });
        let page = Paging::USUAL.page(listing, asked.map(|it| (it.0.as_str(), it)), wanted, context)?;
        Ok(page.map(|(id, _)| id.clone()))
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

    fn has(&self, name: &str, fits: &dyn Fn(&str) -> bool) -> bool {
        let Self { ec2, id, machine } = self;
        match name {
            "availability-zone" => fits(&machine.zone),
            "block-device-mapping.device-name" => ec2.attached(id).any(|(.., device)| fits(device)),
            "block-device-mapping.volume-id" => ec2.attached(id).any(|(volume, ..)| fits(volume.as_str())),
            "instance-id" => fits(id.as_str()),
            "instance-lifecycle" => machine.is(Trait::Spot) && fits("spot"),
            "instance-state-code" => fits(&state_code(machine.state).to_string()),
            "instance-state-name" => fits(machine.state.as_str()),
            "launch-time" => fits(&machine.launched_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()),
            "root-device-name" => fits(&machine.root_device),
            "root-device-type" => {
                fits(if machine.is(Trait::OnInstanceStore) { "instance-store" } else { "ebs" })
            }
            "state-reason-code" => machine.reason.iter().any(|reason| fits(&reason.code)),
            _ => false,
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

    fn has(&self, name: &str, fits: &dyn Fn(&str) -> bool) -> bool {
        let Self { id, disk } = self;
        let is_attached = !disk.attachments.is_empty();
        match name {
            "attachment.delete-on-termination" => {
                is_attached && fits(&disk.delete_on_termination.to_string())
            }
            "attachment.device" => disk.attachments.values().any(|device| fits(device)),
            "attachment.instance-id" => disk.attachments.keys().any(|id| fits(id.as_str())),
            "attachment.status" => is_attached && fits("attached"),
            "size" => fits(&disk.size_gib.to_string()),
            "status" => fits(if is_attached { "in-use" } else { "available" }),
            "volume-id" => fits(id.as_str()),
            "volume-type" => fits(disk.kind.as_str()),
            _ => false,
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

    fn has(&self, name: &str, fits: &dyn Fn(&str) -> bool) -> bool {
        match name {
            "block-device-mapping.snapshot-id" => self.image.snapshots.iter().any(|id| fits(id.as_str())),
            "image-id" => fits(self.id.as_str()),
            "state" => fits(if self.image.disabled { "disabled" } else { "available" }),
            _ => false,
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
