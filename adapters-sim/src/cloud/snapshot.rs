//! EBS snapshots
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html>).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, InstanceState, Page, PageToken, Snapshot,
    SnapshotFilter, SnapshotId, SnapshotState, TagSet, Tags, UsedBy, VolumeId, time,
};

use super::bucket::{DESCRIBE, SNAPSHOT, TAG};
use super::ec2::{ROOT_DEVICE, no_instance};
use super::{ApiError, Cloud, Fact, Happening, known};
use crate::invariant::Sometimes;
use crate::kernel::Context;

/// The snapshots of the account.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    snapshots: BTreeMap<SnapshotId, Snapshot>,
    /// Until when a new one may not be seen.
    unseen: BTreeMap<SnapshotId, Timestamp>,
    last: u64,
    /// How many fit on a page: 1,000, or fewer to meet second pages in small worlds.
    pub page_size: usize,
}

impl Default for SnapshotStore {
    fn default() -> Self {
        Self { snapshots: BTreeMap::new(), unseen: BTreeMap::new(), last: 0, page_size: 1000 }
    }
}

/// How many unfinished snapshots a volume may have, failed ones included.
const UNFINISHED: usize = 5;
/// How long EC2 wants between two snapshots of a volume.
const BETWEEN: SignedDuration = SignedDuration::from_secs(15);

impl SnapshotStore {
    /// Adds a snapshot as if by magic, for a past that the test wants.
    pub fn put(&mut self, snapshot: Snapshot) {
        self.snapshots.insert(snapshot.id.clone(), snapshot);
    }

    /// Every snapshot.
    pub fn all(&self) -> impl Iterator<Item = &Snapshot> {
        self.snapshots.values()
    }

    /// A snapshot, to look at.
    pub fn look(&self, snapshot: &SnapshotId) -> Option<&Snapshot> {
        self.snapshots.get(snapshot)
    }

    /// A snapshot, to look at or to change as if by magic.
    pub fn get(&mut self, snapshot: &SnapshotId) -> Option<&mut Snapshot> {
        self.snapshots.get_mut(snapshot)
    }

    /// An id that no snapshot has yet.
    pub fn new_id(&mut self) -> SnapshotId {
        self.last += 1;
        known(&format!("snap-{:017x}", self.last))
    }

    pub(super) fn ends(&mut self, snapshot: &SnapshotId, context: &mut Context<'_>) {
        let Some(found) = self.snapshots.get_mut(snapshot) else { return };
        if found.state != SnapshotState::Pending {
            return;
        }
        let rate = context.plan().failed_snapshots;
        found.state = if context.happens("trouble/snapshot", rate) {
            context.sometimes(Sometimes::FailedSnapshot);
            SnapshotState::Error
        } else {
            SnapshotState::Completed
        };
        context.note(Fact::SnapshotIs { snapshot: snapshot.clone(), state: found.state });
    }

    fn matching<'a>(&'a self, filter: &'a SnapshotFilter) -> impl Iterator<Item = &'a Snapshot> {
        self.snapshots.values().filter(|snapshot| {
            filter.tags.iter().all(|(key, value)| snapshot.tags.get(key) == Some(value.as_str()))
        })
    }

    /// The page behind a token. A token is bound to the request it was given for.
    fn page(
        &mut self,
        filter: &SnapshotFilter,
        from: Option<&PageToken>,
        context: &mut Context<'_>,
    ) -> Result<Page<Snapshot>, ApiError> {
        let mark = format!("{filter:?}");
        let after = match from {
            None => None,
            Some(token) => {
                let invalid =
                    || ApiError::rejected("InvalidPaginationToken", "The pagination token is not valid.");
                let (id, of) = token.0.split_once('|').ok_or_else(invalid)?;
                if of != mark {
                    return Err(invalid());
                }
                Some(SnapshotId::new(id).map_err(|_| invalid())?)
            }
        };
        if after.is_some() {
            context.sometimes(Sometimes::SecondPage);
        }
        let hidden = self.hidden(context);
        let seen =
            |s: &&Snapshot| after.as_ref().is_none_or(|after| *after < s.id) && !hidden.contains(&s.id);
        let mut rest = self.matching(filter).filter(seen);
        let items: Vec<Snapshot> = rest.by_ref().take(self.page_size).cloned().collect();
        let more = rest.next().is_some();
        let next = items.last().filter(|_| more).map(|last| PageToken(format!("{}|{mark}", last.id)));
        Ok(Page { items, next })
    }

    /// The new ones that this reader does not see yet.
    fn hidden(&mut self, context: &mut Context<'_>) -> BTreeSet<SnapshotId> {
        self.unseen.retain(|_, until| context.now < *until);
        let flapping = context.plan().consistency.flapping;
        let mut hidden = BTreeSet::new();
        for id in self.unseen.keys() {
            if !flapping || context.choose("trouble/flap", 2) == 0 {
                hidden.insert(id.clone());
            }
        }
        if !hidden.is_empty() {
            context.sometimes(Sometimes::StaleRead);
        }
        hidden
    }

    /// Whether EC2 would begin another snapshot of a volume now.
    fn admit(&self, volume: &VolumeId, now: Timestamp) -> Result<(), ApiError> {
        let of_volume = || self.snapshots.values().filter(|s| s.volume == *volume);
        if of_volume().any(|s| now.duration_since(s.started_at) < BETWEEN && s.started_at <= now) {
            return Err(ApiError::busy(
                "SnapshotCreationPerVolumeRateExceeded",
                "The maximum per volume CreateSnapshot request rate has been exceeded.",
            ));
        }
        let unfinished = |s: &&Snapshot| matches!(s.state, SnapshotState::Pending | SnapshotState::Error);
        if UNFINISHED <= of_volume().filter(unfinished).count() {
            let message = format!("Maximum allowed in-progress snapshots for the volume {volume} exceeded.");
            return Err(ApiError::busy("ConcurrentSnapshotLimitExceeded", message));
        }
        Ok(())
    }

    fn begin(&mut self, wish: Begin<'_>, context: &mut Context<'_>) -> CreatedSnapshot {
        let id = self.new_id();
        self.snapshots.insert(
            id.clone(),
            Snapshot {
                id: id.clone(),
                volume: wish.volume.clone(),
                state: SnapshotState::Pending,
                started_at: context.now,
                size_gib: wish.size_gib,
                tags: wish.tags.clone(),
                description: wish.description.to_owned(),
            },
        );
        let took =
            context.choose_between("snapshot", SignedDuration::from_mins(1), SignedDuration::from_mins(20));
        context.later(took, Happening::SnapshotEnds { snapshot: id.clone() });
        let (rate, (least, most)) = (context.plan().consistency.lagging, context.plan().consistency.range());
        if context.happens("trouble/lag", rate) {
            let lag = context.choose_between("trouble/lag-time", least, most);
            self.unseen.insert(id.clone(), time::later(context.now, lag));
        }
        CreatedSnapshot { id, volume: wish.volume.clone() }
    }
}

#[derive(Clone, Copy)]
struct Begin<'a> {
    volume: &'a VolumeId,
    size_gib: u32,
    description: &'a str,
    tags: &'a Tags,
}

/// Whether tags opt something in, as the one who watches reads them.
pub(crate) fn opted_in(tags: &Tags) -> bool {
    tags.get("AutoSnapshot")
        .is_some_and(|v| ["true", "1", "yes", "on"].contains(&v.trim().to_lowercase().as_str()))
}

/// Whether tags say that Caretaker made something.
pub(crate) fn is_ours(tags: &Tags) -> bool {
    tags.get("AutoCreated") == Some("true") && tags.get("CreatedBy") == Some("caretaker")
}

impl Cloud {
    /// `DescribeSnapshots` of own ones.
    ///
    /// # Errors
    ///
    /// When the token is of another request, or too many requests came.
    pub fn describe_snapshots(
        &mut self,
        filter: &SnapshotFilter,
        from: Option<&PageToken>,
        context: &mut Context<'_>,
    ) -> Result<Page<Snapshot>, ApiError> {
        self.ec2.buckets.take("DescribeSnapshots", DESCRIBE, context.now)?;
        self.snapshots.page(filter, from, context)
    }

    /// `CreateSnapshots`: all of the instance's volumes, or none.
    ///
    /// # Errors
    ///
    /// When the instance or one of its volumes does not allow it, or too many requests came.
    pub fn create_snapshots(
        &mut self,
        wish: &CreateSet,
        context: &mut Context<'_>,
    ) -> Result<Vec<CreatedSnapshot>, ApiError> {
        self.ec2.buckets.take("CreateSnapshots", SNAPSHOT, context.now)?;
        described(&wish.description)?;
        let machine = self.ec2.machine(&wish.instance).ok_or_else(|| no_instance(&wish.instance))?;
        if matches!(machine.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            let message = format!("The instance '{}' is not in a valid state.", wish.instance);
            return Err(ApiError::rejected("IncorrectInstanceState", message));
        }
        let opted = opted_in(&machine.tags);
        let volumes: Vec<(VolumeId, u32)> = self
            .ec2
            .attached(&wish.instance)
            .filter(|(id, _, device)| {
                let left_out = wish.exclude.contains(id) || wish.exclude_root && *device == ROOT_DEVICE;
                !left_out
            })
            .map(|(id, disk, _)| (id.clone(), disk.size_gib))
            .collect();
        if volumes.is_empty() {
            return Err(ApiError::rejected("InvalidParameterValue", "No volumes to snapshot."));
        }
        for (volume, _) in &volumes {
            self.snapshots.admit(volume, context.now)?;
        }
        let tags = wish.tags.tags();
        let begin = |(volume, size_gib): &(VolumeId, u32)| {
            let wish = Begin { volume, size_gib: *size_gib, description: &wish.description, tags };
            self.snapshots.begin(wish, context)
        };
        let created: Vec<CreatedSnapshot> = volumes.iter().map(begin).collect();
        context.note(Fact::SnapshotsBegun {
            instance: Some(wish.instance.clone()),
            opted_in: opted,
            snapshots: created.iter().map(|s| (s.id.clone(), s.volume.clone())).collect(),
            tags: tags.clone(),
        });
        Ok(created)
    }

    /// `CreateSnapshot` of one volume.
    ///
    /// # Errors
    ///
    /// When there is no such volume, it does not allow it, or too many requests came.
    pub fn create_snapshot(
        &mut self,
        wish: &CreateOne,
        context: &mut Context<'_>,
    ) -> Result<CreatedSnapshot, ApiError> {
        self.ec2.buckets.take("CreateSnapshot", SNAPSHOT, context.now)?;
        described(&wish.description)?;
        let disk = self.ec2.disk(&wish.volume).ok_or_else(|| {
            ApiError::not_found(
                "InvalidVolume.NotFound",
                format!("The volume '{}' does not exist.", wish.volume),
            )
        })?;
        let size_gib = disk.size_gib;
        let instance = disk.attachments.keys().next().cloned();
        let opted = instance.as_ref().and_then(|i| self.ec2.machine(i)).is_some_and(|m| opted_in(&m.tags));
        self.snapshots.admit(&wish.volume, context.now)?;
        let tags = wish.tags.tags();
        let begin = Begin { volume: &wish.volume, size_gib, description: &wish.description, tags };
        let created = self.snapshots.begin(begin, context);
        context.note(Fact::SnapshotsBegun {
            instance,
            opted_in: opted,
            snapshots: vec![(created.id.clone(), created.volume.clone())],
            tags: tags.clone(),
        });
        Ok(created)
    }

    /// `CreateTags` of one snapshot.
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, it would have more than 50 tags, or too many requests came.
    pub fn tag_snapshot(
        &mut self,
        snapshot: &SnapshotId,
        tags: &TagSet,
        context: &Context<'_>,
    ) -> Result<(), ApiError> {
        self.ec2.buckets.take("CreateTags", TAG, context.now)?;
        let found = self.snapshots.get(snapshot).ok_or_else(|| no_snapshot(snapshot))?;
        let mut all = found.tags.clone();
        for (key, value) in tags.tags().iter() {
            all.insert(key, value);
        }
        if TagSet::MOST < all.len() {
            return Err(ApiError::rejected("TagLimitExceeded", "More than 50 tags specified."));
        }
        found.tags = all;
        Ok(())
    }

    /// `DeleteSnapshot`.
    ///
    /// # Errors
    ///
    /// When too many requests came. In use and already gone are answers.
    pub fn delete_snapshot(
        &mut self,
        snapshot: &SnapshotId,
        context: &mut Context<'_>,
    ) -> Result<Deletion, ApiError> {
        self.ec2.buckets.take("DeleteSnapshot", SNAPSHOT, context.now)?;
        if let Some(image) = self.ec2.user_of(snapshot) {
            context.sometimes(Sometimes::InUse);
            return Ok(Deletion::InUse(Some(UsedBy::Image(image.clone()))));
        }
        let Some(gone) = self.snapshots.snapshots.remove(snapshot) else { return Ok(Deletion::AlreadyGone) };
        let is_good = |s: &Snapshot| s.volume == gone.volume && s.state == SnapshotState::Completed;
        let key = gone.tags.get("caretaker:key");
        let is_twin = |s: &Snapshot| {
            s.volume == gone.volume && s.state != SnapshotState::Error && s.tags.get("caretaker:key") == key
        };
        context.note(Fact::SnapshotDeleted {
            last: is_good(&gone) && !self.snapshots.all().any(is_good),
            surplus: gone.state == SnapshotState::Error || key.is_some() && self.snapshots.all().any(is_twin),
            ours: is_ours(&gone.tags),
            age_hours: context.now.duration_since(gone.started_at).as_hours(),
            volume: gone.volume,
            snapshot: gone.id,
        });
        Ok(Deletion::Deleted)
    }
}

fn described(description: &str) -> Result<(), ApiError> {
    if description.chars().count() <= 255 {
        Ok(())
    } else {
        Err(ApiError::rejected("InvalidParameterValue", "Description is longer than 255 characters."))
    }
}

fn no_snapshot(snapshot: &SnapshotId) -> ApiError {
    ApiError::not_found("InvalidSnapshot.NotFound", format!("The snapshot '{snapshot}' does not exist."))
}
