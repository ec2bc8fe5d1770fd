//! Takes the snapshots of one incident: as one set, or volume by volume where EC2 will not have it otherwise.

use async_trait::async_trait;
use futures::future;
use jiff::{SignedDuration, Timestamp};
use ports::trigger::InstanceTrigger;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, ErrorKind, Instance, InstanceId, LedgerKey, PortError, Retry,
    Snapshot, SnapshotFilter, SnapshotId, SnapshotState, Snapshots, TagSet, Volume, VolumeId, time,
};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Found, Unfinished};
use super::protect::{ProtectPorts, name_of};
use super::prune;
use super::run::Run;
use crate::policy::naming::{self, Birth, cut};
use crate::policy::once::{Fence, backoff, fits};
use crate::policy::snapshot::{Grouping, SnapshotPlan, Target};

/// The snapshots of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSet {
    /// The snapshots, in the order of their volumes.
    pub snapshots: Vec<CreatedSnapshot>,
    /// Whether they are of the same moment.
    pub together: bool,
    /// The volumes that EC2 would not snapshot, and why.
    pub failed: Vec<FailedVolume>,
    /// Further snapshots of the same incident, which are too many.
    pub surplus: Vec<SnapshotId>,
}

/// A volume that EC2 would not snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedVolume {
    /// The volume.
    pub volume: VolumeId,
    /// Why.
    pub error: String,
}

/// Taking the snapshots of one incident.
pub(super) struct Take<'a> {
    pub(super) ports: &'a ProtectPorts<'a>,
    pub(super) run: &'a Run,
    pub(super) key: LedgerKey,
    pub(super) trigger: &'a InstanceTrigger,
    pub(super) instance: &'a Instance,
    pub(super) volumes: &'a [Volume],
    pub(super) plan: &'a SnapshotPlan,
}

/// What is written down before a set is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    instance: InstanceId,
    grouping: Grouping,
    targets: Vec<Target>,
}

#[async_trait]
impl Effect for Take<'_> {
    type Intent = Intent;
    type Outcome = SnapshotSet;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        format!("snapshot {}", self.trigger.instance)
    }

    fn intent(&self) -> Intent {
        Intent {
            instance: self.trigger.instance.clone(),
            grouping: self.plan.grouping,
            targets: self.plan.targets.clone(),
        }
    }

    /// EC2 may show a new snapshot minutes late
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    fn settle(&self) -> SignedDuration {
        SignedDuration::from_mins(5)
    }

    async fn look(&self, intent: &Intent) -> Result<Found<SnapshotSet>, PortError> {
        let snapshots = under_key(self.ports.snapshots, &self.key).await?;
        Ok(adopt(&snapshots, &intent.targets))
    }

    async fn act(
        &self,
        intent: &Intent,
        fence: Fence,
        part: Option<SnapshotSet>,
    ) -> Result<SnapshotSet, Unfinished> {
        match (part, intent.grouping) {
            (None, Grouping::Set) => match self.together(intent, fence).await {
                Err(error) if self.is_one_volumes_fault(&error) => self.one_by_one(intent, fence, None).await,
                other => Ok(other?),
            },
            (part, Grouping::Set | Grouping::Volume) => self.one_by_one(intent, fence, part).await,
        }
    }
}

impl Take<'_> {
    /// One crash-consistent set.
    async fn together(&self, intent: &Intent, fence: Fence) -> Result<SnapshotSet, PortError> {
        let is_target = |volume: &Volume| intent.targets.iter().any(|t| t.volume == volume.id);
        let (root, data): (Vec<&Volume>, Vec<&Volume>) =
            self.volumes.iter().filter(|v| !is_target(v)).partition(|v| self.instance.is_root(&v.device));
        let wish = CreateSet {
            instance: intent.instance.clone(),
            exclude_root: !root.is_empty(),
            exclude: data.into_iter().map(|v| v.id.clone()).collect(),
            description: self.description(),
            tags: self.birth_tags(fence)?,
        };
        let mut snapshots = self.ports.snapshots.create_set(&wish).await?;
        snapshots.sort_by(|a, b| a.volume.cmp(&b.volume));
        let missed = intent.targets.iter().filter(|t| !snapshots.iter().any(|s| s.volume == t.volume));
        let failed = missed.map(|t| FailedVolume {
            volume: t.volume.clone(),
            error: "EC2 left it out of the set: it is not attached any more".to_owned(),
        });
        Ok(SnapshotSet { failed: failed.collect(), snapshots, together: true, surplus: Vec::new() })
    }

    /// EC2 refuses a set as a whole, whichever volume it was. A busy one may only want a moment; when there is none
    /// left, the other volumes must not go without.
    fn is_one_volumes_fault(&self, error: &PortError) -> bool {
        match error.kind {
            ErrorKind::Rejected | ErrorKind::NotFound => true,
            ErrorKind::Busy => {
                !fits(time::later(self.ports.clock.now(), backoff(0, error.kind)), self.run.deadline)
            }
            ErrorKind::Throttled
            | ErrorKind::Denied
            | ErrorKind::NotSent
            | ErrorKind::Unavailable
            | ErrorKind::Lost => false,
        }
    }

    /// Volume by volume, so that one bad volume does not leave the others unprotected.
    async fn one_by_one(
        &self,
        intent: &Intent,
        fence: Fence,
        part: Option<SnapshotSet>,
    ) -> Result<SnapshotSet, Unfinished> {
        let mut set = part.unwrap_or(SnapshotSet {
            snapshots: Vec::new(),
            together: false,
            failed: Vec::new(),
            surplus: Vec::new(),
        });
        set.together = false;
        let mut doubt = None;
        for target in &intent.targets {
            if set.snapshots.iter().any(|s| s.volume == target.volume) {
                continue;
            }
            match self.one(target, fence).await {
                Ok(snapshot) => set.snapshots.push(snapshot),
                Err(error) if error.retry() == Retry::Never => {
                    set.failed.push(FailedVolume { volume: target.volume.clone(), error: error.to_string() });
                }
                Err(error) => doubt = Some(worse(doubt, error)),
            }
        }
        match doubt {
            Some(error) if set.snapshots.is_empty() => Err(error.into()),
            Some(error) => Err(Unfinished::InDoubt(error)),
            None if set.snapshots.is_empty() => Err(Unfinished::Refused(all_refused(&set))),
            None => Ok(set),
        }
    }

    async fn one(&self, target: &Target, fence: Fence) -> Result<CreatedSnapshot, PortError> {
        let wish = CreateOne {
            volume: target.volume.clone(),
            description: self.description(),
            tags: self.birth_tags(fence)?,
        };
        let mut attempts = 0_u32;
        loop {
            let error = match self.ports.snapshots.create_one(&wish).await {
                Ok(snapshot) => return Ok(snapshot),
                Err(error) => error,
            };
            let wait = backoff(attempts, error.kind);
            attempts = attempts.saturating_add(1);
            let again = fits(time::later(self.ports.clock.now(), wait), self.run.deadline);
            if error.effect() == ports::Effect::Unknown || error.retry() == Retry::Never || !again {
                return Err(error);
            }
            self.ports.clock.sleep(wait).await;
        }
    }

    fn birth_tags(&self, fence: Fence) -> Result<TagSet, PortError> {
        let birth = Birth {
            instance: &self.trigger.instance,
            instance_tags: &self.instance.tags,
            trigger: self.trigger.what.word(),
            at: self.trigger.at,
            function: &self.run.function,
            key: &self.key,
            fence,
        };
        Ok(naming::birth_tags(&birth)?)
    }

    fn description(&self) -> String {
        let text = format!(
            "Auto snapshot of {} ({}) on {} at {}",
            name_of(self.instance),
            self.trigger.instance,
            self.trigger.what.word(),
            self.trigger.at,
        );
        cut(&text, naming::LONGEST_DESCRIPTION)
    }

    /// Gives the snapshots their names, as far as that goes, and tells which have none.
    pub(super) async fn name_all(&self, set: &SnapshotSet) -> Vec<SnapshotId> {
        let named = set
            .snapshots
            .iter()
            .map(|snapshot| async move { self.name(snapshot).await.err().map(|_| snapshot.id.clone()) });
        future::join_all(named).await.into_iter().flatten().collect()
    }

    async fn name(&self, snapshot: &CreatedSnapshot) -> Result<(), PortError> {
        let volume = self.volumes.iter().find(|v| v.id == snapshot.volume);
        let (device, tags) = match volume {
            Some(volume) => (volume.device.as_str(), volume.tags.clone()),
            None => (snapshot.volume.as_str(), ports::Tags::default()),
        };
        let name = naming::snapshot_name(name_of(self.instance), device, self.trigger.at);
        let birth = self.birth_tags(Fence::FIRST)?;
        let tags = naming::name_tags(&name, &tags, &birth)?;
        self.ports.snapshots.tag(&snapshot.id, &tags).await
    }
}

/// Of two failures, the one after which less is known.
fn worse(earlier: Option<PortError>, later: PortError) -> PortError {
    earlier.filter(|error| error.effect() == ports::Effect::Unknown).unwrap_or(later)
}

fn all_refused(set: &SnapshotSet) -> PortError {
    let why: Vec<String> = set.failed.iter().map(|f| format!("{}: {}", f.volume, f.error)).collect();
    PortError::new(ErrorKind::Rejected, "CreateSnapshot", why.join("; "))
}

/// Every own snapshot that was made under a key.
async fn under_key(snapshots: &dyn Snapshots, key: &LedgerKey) -> Result<Vec<Snapshot>, PortError> {
    let filter = SnapshotFilter::tagged(naming::KEY, key.as_str()).and(naming::CREATED_BY, naming::CARETAKER);
    prune::all(snapshots, &filter).await
}

/// Makes a set of what was found under a key: the oldest good snapshot of each volume; further ones are too many.
fn adopt(found: &[Snapshot], targets: &[Target]) -> Found<SnapshotSet> {
    let mut good: Vec<&Snapshot> = found.iter().filter(|s| s.state != SnapshotState::Error).collect();
    good.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    let mut set =
        SnapshotSet { snapshots: Vec::new(), together: false, failed: Vec::new(), surplus: Vec::new() };
    for snapshot in &good {
        if set.snapshots.iter().any(|s| s.volume == snapshot.volume) {
            set.surplus.push(snapshot.id.clone());
        } else {
            set.snapshots.push(CreatedSnapshot { id: snapshot.id.clone(), volume: snapshot.volume.clone() });
        }
    }
    let starts: Vec<Timestamp> =
        good.iter().filter(|s| !set.surplus.contains(&s.id)).map(|s| s.started_at).collect();
    set.together = starts.windows(2).all(|pair| pair.first() == pair.last());
    set.snapshots.sort_by(|a, b| a.volume.cmp(&b.volume));
    let whole = targets.iter().all(|t| set.snapshots.iter().any(|s| s.volume == t.volume));
    match (whole, set.snapshots.is_empty()) {
        (true, _) => Found::Whole(set),
        (false, true) => Found::Nothing,
        (false, false) => Found::Part(set),
    }
}
