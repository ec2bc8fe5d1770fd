//! Instances, volumes and images.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ports::{
    GroupName, ImageId, Instance, InstanceId, InstanceState, SnapshotId, SnapshotUse, StateReason, Tags,
    UsedBy, Volume, VolumeId,
};

use super::bucket::{Buckets, DESCRIBE, MUTATE};
use super::eventbridge::{ec2_reboot, ec2_state_change};
use super::snapshot::opted_in;
use super::{ApiError, Cloud, Fact, Happening};
use crate::kernel::Context;

/// Instances, volumes and images of the account.
#[derive(Clone, Debug, Default)]
pub struct Ec2 {
    instances: BTreeMap<InstanceId, Machine>,
    volumes: BTreeMap<VolumeId, Disk>,
    images: BTreeMap<ImageId, Image>,
    /// The throttles of every EC2 operation.
    pub buckets: Buckets,
    last: u64,
}

/// An instance.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its state.
    pub state: InstanceState,
    /// Its tags.
    pub tags: Tags,
    /// Why it last changed its state.
    pub reason: Option<StateReason>,
    /// The same as a text.
    pub transition: String,
    /// The scaling group it belongs to.
    pub group: Option<GroupName>,
    /// When it was last started.
    pub launched_at: Timestamp,
    /// How often it was rebooted on request.
    pub reboots: u32,
}

impl Machine {
    /// An instance that runs since an instant.
    pub fn running(tags: Tags, since: Timestamp) -> Self {
        Self {
            state: InstanceState::Running,
            tags,
            reason: None,
            transition: String::new(),
            group: None,
            launched_at: since,
            reboots: 0,
        }
    }
}

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
}

/// A machine image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The snapshots it is made of.
    pub snapshots: Vec<SnapshotId>,
    /// Whether it is disabled; it uses its snapshots all the same.
    pub disabled: bool,
}

/// How many instances fit on a page.
pub(crate) const INSTANCES: usize = 1000;

impl Machine {
    fn told(&self, id: &InstanceId) -> Instance {
        Instance {
            id: id.clone(),
            state: self.state,
            tags: self.tags.clone(),
            state_reason: self.reason.clone(),
            transition: Some(self.transition.clone()).filter(|text| !text.is_empty()),
            group: self.group.clone(),
            launched_at: Some(self.launched_at),
            root_device: Some(ROOT_DEVICE.to_owned()),
            root_on_instance_store: false,
        }
    }
}

/// The root device's name on every instance here.
pub const ROOT_DEVICE: &str = "/dev/xvda";

fn id<T: std::str::FromStr<Err = ports::IdError>>(prefix: &str, n: u64) -> T {
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
        let attachments = BTreeMap::from([(instance.clone(), device.to_owned())]);
        let tags = Tags::default();
        let delete_on_termination = device == ROOT_DEVICE;
        self.volumes.insert(volume.clone(), Disk { size_gib, tags, attachments, delete_on_termination });
        volume
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

    /// The image that uses a snapshot, if one does.
    pub fn user_of(&self, snapshot: &SnapshotId) -> Option<&ImageId> {
        self.images.iter().find(|(_, image)| image.snapshots.contains(snapshot)).map(|(id, _)| id)
    }

    /// `DescribeInstances` of one id.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn describe_instance(
        &mut self,
        instance: &InstanceId,
        context: &Context<'_>,
    ) -> Result<Option<Instance>, ApiError> {
        self.buckets.take("DescribeInstances", DESCRIBE, context.now)?;
        Ok(self.instances.get(instance).map(|machine| machine.told(instance)))
    }

    /// `DescribeInstances` of those with a tag that neither run nor are about to, behind a token: at most 1,000 on a page.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn describe_not_running(
        &mut self,
        tag: &str,
        after: Option<&InstanceId>,
        context: &Context<'_>,
    ) -> Result<Vec<Instance>, ApiError> {
        self.buckets.take("DescribeInstances", DESCRIBE, context.now)?;
        let rests = |state| !matches!(state, InstanceState::Pending | InstanceState::Running);
        let wanted =
            |(_, machine): &(&InstanceId, &Machine)| machine.tags.get(tag).is_some() && rests(machine.state);
        let all = self.instances.iter().filter(|(id, _)| after.is_none_or(|after| after < *id));
        Ok(all.filter(wanted).take(INSTANCES).map(|(id, machine)| machine.told(id)).collect())
    }

    /// `DescribeVolumes` of one instance.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn describe_volumes(
        &mut self,
        instance: &InstanceId,
        context: &Context<'_>,
    ) -> Result<Vec<Volume>, ApiError> {
        self.buckets.take("DescribeVolumes", DESCRIBE, context.now)?;
        let mut volumes: Vec<Volume> = self
            .attached(instance)
            .map(|(id, disk, device)| Volume {
                id: id.clone(),
                device: device.to_owned(),
                tags: disk.tags.clone(),
                size_gib: disk.size_gib,
                delete_on_termination: disk.delete_on_termination,
            })
            .collect();
        volumes.sort_by(|a, b| a.device.cmp(&b.device));
        Ok(volumes)
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

    /// `DescribeImages`, own ones, disabled ones included.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn describe_uses(
        &mut self,
        snapshots: &[SnapshotId],
        context: &Context<'_>,
    ) -> Result<Vec<SnapshotUse>, ApiError> {
        // At most 200 values fit into one filter.
        for _ in snapshots.chunks(200) {
            self.buckets.take("DescribeImages", DESCRIBE, context.now)?;
        }
        let of_image = |(id, image): (&ImageId, &Image)| {
            let used = image.snapshots.iter().filter(|s| snapshots.contains(s));
            let by = UsedBy::Image(id.clone());
            used.map(|s| SnapshotUse { snapshot: s.clone(), by: by.clone() }).collect::<Vec<_>>()
        };
        let mut uses: Vec<SnapshotUse> = self.images.iter().flat_map(of_image).collect();
        uses.sort();
        Ok(uses)
    }

    /// Counts a reboot; tells whether the instance is opted in to snapshots.
    fn reboot(&mut self, instance: &InstanceId, context: &Context<'_>) -> Result<bool, ApiError> {
        self.buckets.take("RebootInstances", MUTATE, context.now)?;
        let machine = self.instances.get_mut(instance).ok_or_else(|| no_instance(instance))?;
        if machine.state != InstanceState::Running {
            let message = format!("The instance '{instance}' is not in the 'running' state.");
            return Err(ApiError::rejected("IncorrectState", message));
        }
        machine.reboots += 1;
        Ok(opted_in(&machine.tags))
    }
}

pub(crate) fn no_instance(instance: &InstanceId) -> ApiError {
    ApiError::not_found("InvalidInstanceID.NotFound", format!("The instance ID '{instance}' does not exist"))
}

impl Cloud {
    /// `RebootInstances` of one id. A reboot changes no state, and so emits no state-change event; the call itself is told, through
    /// CloudTrail.
    ///
    /// # Errors
    ///
    /// When there is no such instance, it does not run, or too many requests came.
    pub fn reboot(&mut self, instance: &InstanceId, context: &mut Context<'_>) -> Result<(), ApiError> {
        let opted_in = self.ec2.reboot(instance, context)?;
        context.note(Fact::Rebooted { instance: instance.clone(), opted_in });
        ec2_reboot(self, instance, context);
        Ok(())
    }

    /// A person reboots an instance; what EC2 refuses they see for themselves.
    pub(super) fn person_reboots(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let _ = self.reboot(instance, context);
    }

    pub(super) fn stop(&mut self, instance: &InstanceId, reason: StateReason, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        if machine.state != InstanceState::Running {
            return;
        }
        machine.transition = if reason.code.starts_with("Client.User") {
            format!("User initiated ({})", context.now.strftime("%Y-%m-%d %H:%M:%S UTC"))
        } else {
            reason.code.clone()
        };
        machine.reason = Some(reason);
        self.enter(instance, InstanceState::Stopping, context);
        let took =
            context.choose_between("stop", SignedDuration::from_secs(20), SignedDuration::from_secs(90));
        context.later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Stopped });
    }

    pub(super) fn run(&mut self, instance: &InstanceId, context: &mut Context<'_>) {
        let now = context.now;
        let Some(machine) = self.ec2.machine(instance) else { return };
        if machine.state != InstanceState::Stopped {
            return;
        }
        machine.reason = None;
        machine.transition = String::new();
        machine.launched_at = now;
        self.enter(instance, InstanceState::Pending, context);
        let took =
            context.choose_between("run", SignedDuration::from_secs(10), SignedDuration::from_secs(60));
        context.later(took, Happening::Settle { instance: instance.clone(), state: InstanceState::Running });
    }

    pub(super) fn settle(&mut self, instance: &InstanceId, state: InstanceState, context: &mut Context<'_>) {
        let from = self.ec2.machine(instance).map(|machine| machine.state);
        let on_the_way = matches!(
            (from, state),
            (Some(InstanceState::Stopping), InstanceState::Stopped)
                | (Some(InstanceState::Pending), InstanceState::Running)
        );
        if on_the_way {
            self.enter(instance, state, context);
        }
    }

    fn enter(&mut self, instance: &InstanceId, state: InstanceState, context: &mut Context<'_>) {
        let Some(machine) = self.ec2.machine(instance) else { return };
        machine.state = state;
        let reason = machine.reason.as_ref().map(|reason| reason.code.clone());
        let opted_in = opted_in(&machine.tags);
        context.note(Fact::InstanceIs { instance: instance.clone(), state, reason, opted_in });
        ec2_state_change(self, instance, state, context);
    }
}
