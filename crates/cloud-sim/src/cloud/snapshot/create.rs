use aws_vocabulary::{
    InstanceId, InstanceState, Snapshot, SnapshotId, SnapshotState, TagSet, Tags, VolumeId,
};
use jiff::SignedDuration;

use super::{SnapshotStore, seen_at};
use crate::cloud::bucket::{SNAPSHOT, TAG};
use crate::cloud::ec2::{Disk, DiskKind, Trait, no_instance, no_snapshot, no_volume};
use crate::cloud::{ApiError, Cloud, Fact, Happening, tag};
use crate::kernel::Context;

/// `CreateSnapshots`, as it is asked for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSnapshots {
    /// The instance whose volumes are meant.
    pub instance: InstanceId,
    /// Whether its root volume is left out.
    pub exclude_root: bool,
    /// The data volumes that are left out.
    pub exclude: Vec<VolumeId>,
    /// The description of each.
    pub description: String,
    /// The tags of each.
    pub tags: TagSet,
}

/// `CreateSnapshot`, as it is asked for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSnapshot {
    /// The volume.
    pub volume: VolumeId,
    /// The description.
    pub description: String,
    /// The tags.
    pub tags: TagSet,
}

#[derive(Clone, Copy)]
struct Begin<'a> {
    volume: &'a VolumeId,
    size_gib: u32,
    description: &'a str,
    tags: &'a Tags,
}

/// How many volumes one request can be about, the root among them, and how many it can leave out
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
const MOST_VOLUMES: usize = 40;

impl SnapshotStore {
    fn begin(&mut self, wish: Begin<'_>, context: &mut Context<'_>) -> Snapshot {
        let id = self.new_id();
        let begun = Snapshot {
            id: id.clone(),
            volume: wish.volume.clone(),
            state: SnapshotState::Pending,
            started_at: context.now,
            size_gib: wish.size_gib,
            tags: wish.tags.clone(),
            description: wish.description.to_owned(),
        };
        self.put(begun.clone());
        // The moment is that of the call; that the copy "can take several hours" is left to `Happening::SnapshotEnds`.
        let took =
            context.choose_between("snapshot", SignedDuration::from_mins(1), SignedDuration::from_mins(20));
        context.later(took, Happening::SnapshotEnds { snapshot: id.clone() });
        if let Some(until) = seen_at(context) {
            self.unseen.insert(id, until);
        }
        begun
    }

    /// Remembers which were begun together.
    fn bind(&mut self, created: &[Snapshot]) {
        let set: Vec<SnapshotId> = created.iter().map(|snapshot| snapshot.id.clone()).collect();
        for id in &set {
            self.marks.entry(id.clone()).or_default().set.clone_from(&set);
        }
    }
}

impl Cloud {
    /// `CreateSnapshots`: all of the instance's volumes, or none. It has no client token, and neither has `CreateSnapshot`: a
    /// request that is sent again makes others
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
    ///
    /// # Errors
    ///
    /// When the instance or one of its volumes does not allow it, or too many requests came.
    pub fn create_snapshots(
        &mut self,
        wish: &CreateSnapshots,
        context: &mut Context<'_>,
    ) -> Result<Vec<Snapshot>, ApiError> {
        self.ec2.buckets.take("CreateSnapshots", SNAPSHOT, context.now)?;
        described(&wish.description)?;
        let machine = self.ec2.machine(&wish.instance).ok_or_else(|| no_instance(&wish.instance))?;
        if matches!(machine.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            let message = format!("The instance '{}' is not in a valid state.", wish.instance);
            return Err(ApiError::rejected("IncorrectInstanceState", message));
        }
        let instance_tags = machine.tags.clone();
        self.may_be_snapshotted(&wish.instance)?;
        let volumes = self.volumes_of(wish)?;
        for (volume, _, kind) in &volumes {
            self.snapshots.admit(volume, *kind, context.now)?;
        }
        self.snapshots.admit_more(volumes.len())?;
        let tags = wish.tags.tags();
        let begin = |(volume, size_gib, _): &(VolumeId, u32, DiskKind)| {
            let wish = Begin { volume, size_gib: *size_gib, description: &wish.description, tags };
            self.snapshots.begin(wish, context)
        };
        let created: Vec<Snapshot> = volumes.iter().map(begin).collect();
        self.snapshots.bind(&created);
        context.note(Fact::SnapshotsBegun {
            instance: Some(wish.instance.clone()),
            instance_tags,
            snapshots: created.iter().map(|s| (s.id.clone(), s.volume.clone())).collect(),
            tags: tags.clone(),
        });
        Ok(created)
    }

    /// The volumes that a set is to be of.
    fn volumes_of(&self, wish: &CreateSnapshots) -> Result<Vec<(VolumeId, u32, DiskKind)>, ApiError> {
        let is_left_out = |(id, _, device): &(&VolumeId, &Disk, &str)| {
            wish.exclude.contains(id) || wish.exclude_root && self.ec2.is_root(&wish.instance, device)
        };
        let attached = self.ec2.attached(&wish.instance).filter(|volume| !is_left_out(volume));
        let volumes: Vec<_> = attached.map(|(id, disk, _)| (id.clone(), disk.size_gib, disk.kind)).collect();
        let why = if volumes.is_empty() {
            "No volumes to snapshot."
        } else if MOST_VOLUMES < volumes.len() || MOST_VOLUMES < wish.exclude.len() {
            "The number of volumes exceeds the limit of 40."
        } else {
            return Ok(volumes);
        };
        Err(ApiError::rejected("InvalidParameterValue", why))
    }

    /// No snapshots are taken of an instance that hibernates, or may
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>). The error's code is unverified.
    fn may_be_snapshotted(&mut self, instance: &InstanceId) -> Result<(), ApiError> {
        if self.ec2.machine(instance).is_some_and(|machine| machine.is(Trait::Hibernates)) {
            let message = format!("The instance '{instance}' is enabled for hibernation.");
            return Err(ApiError::rejected("UnsupportedOperation", message));
        }
        Ok(())
    }

    /// `CreateSnapshot` of one volume.
    ///
    /// # Errors
    ///
    /// When there is no such volume, it does not allow it, or too many requests came.
    pub fn create_snapshot(
        &mut self,
        wish: &CreateSnapshot,
        context: &mut Context<'_>,
    ) -> Result<Snapshot, ApiError> {
        self.ec2.buckets.take("CreateSnapshot", SNAPSHOT, context.now)?;
        described(&wish.description)?;
        let disk = self.ec2.disk(&wish.volume).ok_or_else(|| no_volume(&wish.volume))?;
        let (size_gib, kind) = (disk.size_gib, disk.kind);
        let instance = disk.attachments.keys().next().cloned();
        if let Some(instance) = &instance {
            self.may_be_snapshotted(instance)?;
        }
        let machine = instance.as_ref().and_then(|id| self.ec2.machine(id));
        let instance_tags = machine.map(|machine| machine.tags.clone()).unwrap_or_default();
        self.snapshots.admit(&wish.volume, kind, context.now)?;
        self.snapshots.admit_more(1)?;
        let tags = wish.tags.tags();
        let begin = Begin { volume: &wish.volume, size_gib, description: &wish.description, tags };
        let created = self.snapshots.begin(begin, context);
        context.note(Fact::SnapshotsBegun {
            instance,
            instance_tags,
            snapshots: vec![(created.id.clone(), created.volume.clone())],
            tags: tags.clone(),
        });
        Ok(created)
    }

    /// `CreateTags` of one snapshot.
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, it would have more than 50 tags, somebody else is at its tags, or too many requests
    /// came.
    pub fn tag_snapshot(
        &mut self,
        snapshot: &SnapshotId,
        tags: &TagSet,
        context: &Context<'_>,
    ) -> Result<(), ApiError> {
        self.ec2.buckets.take("CreateTags", TAG, context.now)?;
        let found = self.snapshots.get(snapshot).ok_or_else(|| no_snapshot(snapshot))?;
        let all = tag::add(&found.tags, tags.tags())?;
        self.snapshots.edits.begin(snapshot.as_str(), context.actor(), context.now)?;
        if let Some(found) = self.snapshots.get(snapshot) {
            found.tags = all;
        }
        Ok(())
    }
}

fn described(description: &str) -> Result<(), ApiError> {
    if description.chars().count() <= 255 {
        Ok(())
    } else {
        Err(ApiError::rejected("InvalidParameterValue", "Description is longer than 255 characters."))
    }
}
