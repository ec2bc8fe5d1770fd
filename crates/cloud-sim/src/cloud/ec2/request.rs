//! What people ask EC2 for: to launch, stop, start and terminate instances, to make volumes
//! and images, to tag.

use std::collections::BTreeMap;

use aws_vocabulary::{ImageId, InstanceId, InstanceState, SnapshotId, StateReason, TagSet, Tags, VolumeId};

use super::{Disk, Ec2, Machine, ROOT_DEVICE, id, no_image, no_instance, no_snapshot, no_volume};
use crate::cloud::bucket::{MUTATE, Rate, SNAPSHOT, TAG};
use crate::cloud::list;
use crate::cloud::{ApiError, Cloud, tag};
use crate::kernel::Context;

/// What instances are launched with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// How many.
    pub count: u32,
    /// The tags of each.
    pub tags: Tags,
    /// The tags of each of their volumes.
    pub volume_tags: Tags,
    /// Their volumes: under which device, of how many GiB, and whether they go with the instance. One under the root device is
    /// added when there is none.
    pub disks: Vec<(String, u32, bool)>,
}

/// The state of an instance before a request and after it.
pub type Change = (InstanceId, InstanceState, InstanceState);

/// Launching and starting, for which there are limits of instances as well
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
const LAUNCH: Rate = Rate { burst: 5, per_second: 2 };

impl Cloud {
    /// `RunInstances`.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn run_instances(
        &mut self,
        wish: &Launch,
        context: &mut Context<'_>,
    ) -> Result<Vec<InstanceId>, ApiError> {
        self.ec2.buckets.take("RunInstances", LAUNCH, context.now)?;
        let mut launched = Vec::new();
        for _ in 0..wish.count {
            let instance = self.ec2.fresh_instance(wish, context);
            self.begins_to_run(&instance, context);
            launched.push(instance);
        }
        Ok(launched)
    }

    /// `StopInstances`. One that is stopped already stays so.
    ///
    /// # Errors
    ///
    /// When one is not there or in a state in which it cannot be stopped, or too many requests came.
    pub fn stop_instances(
        &mut self,
        ids: &[InstanceId],
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, ApiError> {
        self.ec2.buckets.take("StopInstances", MUTATE, context.now)?;
        let can = [InstanceState::Running, InstanceState::Stopping, InstanceState::Stopped];
        self.change(ids, &can, context, |cloud, instance, context| {
            let reason = StateReason {
                code: "Client.UserInitiatedShutdown".to_owned(),
                message: "Client.UserInitiatedShutdown: User initiated shutdown".to_owned(),
            };
            cloud.stop(instance, reason, context);
        })
    }

    /// `StartInstances`. One that runs already goes on.
    ///
    /// # Errors
    ///
    /// When one is not there or in a state in which it cannot be started, or too many requests came.
    pub fn start_instances(
        &mut self,
        ids: &[InstanceId],
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, ApiError> {
        self.ec2.buckets.take("StartInstances", LAUNCH, context.now)?;
        let can = [InstanceState::Stopped, InstanceState::Pending, InstanceState::Running];
        self.change(ids, &can, context, Self::run)
    }

    /// `TerminateInstances`.
    ///
    /// # Errors
    ///
    /// When one is not there, or too many requests came.
    pub fn terminate_instances(
        &mut self,
        ids: &[InstanceId],
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, ApiError> {
        self.ec2.buckets.take("TerminateInstances", SNAPSHOT, context.now)?;
        let can = [
            InstanceState::Pending,
            InstanceState::Running,
            InstanceState::Stopping,
            InstanceState::Stopped,
            InstanceState::ShuttingDown,
            InstanceState::Terminated,
        ];
        self.change(ids, &can, context, Self::begins_to_end)
    }

    /// Changes all of these instances, or none.
    fn change(
        &mut self,
        ids: &[InstanceId],
        can: &[InstanceState],
        context: &mut Context<'_>,
        mut act: impl FnMut(&mut Self, &InstanceId, &mut Context<'_>),
    ) -> Result<Vec<Change>, ApiError> {
        for instance in ids {
            let state = self.ec2.machine(instance).ok_or_else(|| no_instance(instance))?.state;
            if !can.contains(&state) {
                let message = format!(
                    "The instance '{instance}' is not in a state from which it can be so changed: {state}."
                );
                return Err(ApiError::rejected("IncorrectInstanceState", message));
            }
        }
        let mut changes = Vec::new();
        for instance in ids {
            let state = |cloud: &mut Self| cloud.ec2.machine(instance).map(|machine| machine.state);
            let before = state(self);
            act(self, instance, context);
            changes.extend(before.zip(state(self)).map(|(before, after)| (instance.clone(), before, after)));
        }
        Ok(changes)
    }

    /// `CreateTags` of instances, volumes and snapshots: all of them, or none.
    ///
    /// # Errors
    ///
    /// When one is not there or would have too many tags, or too many requests came.
    pub fn create_tags(
        &mut self,
        resources: &[String],
        tags: &TagSet,
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        if let [only] = resources
            && only.starts_with(list::SNAPSHOT.prefix)
        {
            return self.tag_snapshot(&list::id(only, &list::SNAPSHOT)?, tags, context);
        }
        self.ec2.buckets.take("CreateTags", TAG, context.now)?;
        let mut all = BTreeMap::new();
        for resource in resources {
            all.insert(resource, tag::add(self.tags_of(resource)?, tags.tags())?);
        }
        for (resource, tags) in all {
            *self.tags_of(resource)? = tags;
        }
        Ok(())
    }

    /// `DeleteTags`: a tag whose value is given goes only where it has that value
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>).
    ///
    /// # Errors
    ///
    /// When a resource is not there, or too many requests came.
    pub fn delete_tags(
        &mut self,
        resources: &[String],
        tags: &[(String, Option<String>)],
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        self.ec2.buckets.take("DeleteTags", TAG, context.now)?;
        let goes = |key: &str, value: &str| {
            let fits = |(wanted, of): &(String, Option<String>)| {
                wanted == key && of.as_ref().is_none_or(|of| of == value)
            };
            tags.iter().any(fits) || tags.is_empty() && !key.starts_with("aws:")
        };
        for resource in resources {
            let all = self.tags_of(resource)?;
            *all = all.iter().filter(|(key, value)| !goes(key, value)).collect();
        }
        Ok(())
    }

    fn tags_of(&mut self, resource: &str) -> Result<&mut Tags, ApiError> {
        if resource.starts_with(list::INSTANCE.prefix) {
            let instance = list::id(resource, &list::INSTANCE)?;
            return Ok(&mut self.ec2.machine(&instance).ok_or_else(|| no_instance(&instance))?.tags);
        }
        if resource.starts_with(list::VOLUME.prefix) {
            let volume = list::id(resource, &list::VOLUME)?;
            return Ok(&mut self.ec2.disk(&volume).ok_or_else(|| no_volume(&volume))?.tags);
        }
        if resource.starts_with(list::SNAPSHOT.prefix) {
            let snapshot: SnapshotId = list::id(resource, &list::SNAPSHOT)?;
            let found = self.snapshots.get(&snapshot).ok_or_else(|| no_snapshot(&snapshot))?;
            return Ok(&mut found.tags);
        }
        let message = format!(
            "The ID '{resource}' is not valid: the simulated cloud tags instances, volumes and snapshots"
        );
        Err(ApiError::rejected("InvalidID", message))
    }

    /// `RegisterImage` of snapshots.
    ///
    /// # Errors
    ///
    /// When one is not there, or too many requests came.
    pub fn register_image(
        &mut self,
        snapshots: Vec<SnapshotId>,
        context: &mut Context<'_>,
    ) -> Result<ImageId, ApiError> {
        self.ec2.buckets.take("RegisterImage", MUTATE, context.now)?;
        if let Some(missing) = snapshots.iter().find(|snapshot| self.snapshots.get(snapshot).is_none()) {
            return Err(no_snapshot(missing));
        }
        Ok(self.ec2.register_image(snapshots, false))
    }
}

impl Ec2 {
    fn fresh_instance(&mut self, wish: &Launch, context: &Context<'_>) -> InstanceId {
        self.last += 1;
        let instance: InstanceId = id("i-", self.last);
        let machine = Machine::running(wish.tags.clone(), context.now);
        self.put_instance(instance.clone(), machine);
        let root = (ROOT_DEVICE.to_owned(), 8, true);
        let has_root = wish.disks.iter().any(|(device, ..)| device == ROOT_DEVICE);
        for (device, size_gib, goes) in Some(&root).filter(|_| !has_root).into_iter().chain(&wish.disks) {
            let volume = self.add_volume(&instance, device, *size_gib);
            if let Some(disk) = self.disk(&volume) {
                disk.tags = wish.volume_tags.clone();
                disk.delete_on_termination = *goes;
            }
        }
        instance
    }

    /// `CreateVolume`, attached to nothing.
    ///
    /// # Errors
    ///
    /// When too many requests came.
    pub fn create_volume(
        &mut self,
        size_gib: u32,
        tags: Tags,
        context: &Context<'_>,
    ) -> Result<VolumeId, ApiError> {
        self.buckets.take("CreateVolume", SNAPSHOT, context.now)?;
        self.last += 1;
        let volume: VolumeId = id("vol-", self.last);
        self.volumes.insert(volume.clone(), Disk { tags, ..Disk::detached(size_gib) });
        Ok(volume)
    }

    /// `DeleteVolume`: only of one that is attached to nothing
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html>).
    ///
    /// # Errors
    ///
    /// When it is attached or not there, or too many requests came.
    pub fn delete_volume(&mut self, volume: &VolumeId, context: &Context<'_>) -> Result<(), ApiError> {
        self.buckets.take("DeleteVolume", SNAPSHOT, context.now)?;
        let disk = self.volumes.get(volume).ok_or_else(|| no_volume(volume))?;
        if let Some(instance) = disk.attachments.keys().next() {
            let message = format!("Volume {volume} is currently attached to {instance}");
            return Err(ApiError::rejected("VolumeInUse", message));
        }
        self.volumes.remove(volume);
        Ok(())
    }

    /// `DeregisterImage`.
    ///
    /// # Errors
    ///
    /// When it is not there, or too many requests came.
    pub fn deregister_image(&mut self, image: &ImageId, context: &Context<'_>) -> Result<(), ApiError> {
        self.buckets.take("DeregisterImage", SNAPSHOT, context.now)?;
        self.images.remove(image).map(drop).ok_or_else(|| no_image(image))
    }
}
