//! Takes the snapshots of one incident: as one set, or volume by volume where EC2 will not have it otherwise.

use async_trait::async_trait;
use futures::future;
use jiff::{SignedDuration, Timestamp};
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, ErrorKind, Instance, LedgerKey, PortError, Retry, Snapshot,
    SnapshotId, SnapshotState, TagSet, Tags, Volume, VolumeId, time,
};
use serde::{Deserialize, Serialize};

use super::auto_snapshot::AutoSnapshotPorts;
use super::effect::{Effect, Found, Unfinished};
use super::once::RecordOf;
use super::prune;
use super::run::Run;
use crate::policy::listed::words;
use crate::policy::naming::{self, Birth, cut};
use crate::policy::once::{Fence, InDoubt, backoff, fits};
use crate::policy::ownership::{self, OwnerName, Whose};
use crate::policy::snapshot::{Grouping, Incident, Target};

/// The snapshots of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSet {
    /// The incident, as it was when they were taken.
    pub incident: Incident,
    /// The snapshots, in the order of their volumes.
    pub snapshots: Vec<CreatedSnapshot>,
    /// Whether they are of the same moment.
    pub together: bool,
    /// The volumes that EC2 would not snapshot, and why.
    pub failed: Vec<FailedVolume>,
    /// Further snapshots of the same incident, which are too many.
    pub surplus: Vec<SnapshotId>,
    /// Those that could not be given their names.
    pub unnamed: Vec<SnapshotId>,
}

impl SnapshotSet {
    fn none_yet(incident: &Incident) -> Self {
        Self {
            incident: incident.clone(),
            snapshots: Vec::new(),
            together: false,
            failed: Vec::new(),
            surplus: Vec::new(),
            unnamed: Vec::new(),
        }
    }
}

/// A volume that EC2 would not snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedVolume {
    /// The volume.
    pub volume: VolumeId,
    /// Why.
    pub error: String,
}

/// Taking the snapshots of one incident. What is known of the instance right now helps, but is not needed: it may be
/// gone when an earlier run's work is taken up.
pub(super) struct TakeSet<'a> {
    pub(super) ports: &'a AutoSnapshotPorts<'a>,
    pub(super) run: &'a Run,
    pub(super) key: LedgerKey,
    pub(super) incident: Incident,
    pub(super) owner: &'a OwnerName,
    pub(super) instance: Option<&'a Instance>,
    pub(super) volumes: &'a [Volume],
}

#[async_trait]
impl Effect for TakeSet<'_> {
    type Intent = Incident;
    type Outcome = SnapshotSet;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        format!("snapshot {}", self.incident.instance)
    }

    fn intent(&self) -> Incident {
        self.incident.clone()
    }

    /// The name of an incident is read before anything is begun for it, so two incidents may reach for the same one.
    fn is_it(&self, standing: &RecordOf<Self>) -> bool {
        let begun = standing.phase.parameters(|set| set.incident.clone());
        begun.is_none_or(|begun| begun.placed_by().is_met_by(&self.incident.placed_by()))
    }

    /// EC2 may show a new snapshot minutes late
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    fn settle(&self) -> SignedDuration {
        SignedDuration::from_mins(5)
    }

    fn in_doubt(&self) -> InDoubt {
        InDoubt::RunAgain
    }

    fn is_announced(&self) -> bool {
        true
    }

    async fn look(&self, incident: &Incident) -> Result<Found<SnapshotSet>, PortError> {
        Ok(adopt(&self.under_key().await?, incident))
    }

    async fn act(
        &self,
        incident: &Incident,
        fence: Fence,
        part: Option<SnapshotSet>,
    ) -> Result<SnapshotSet, Unfinished> {
        let incident = &incident.taken_at(self.instance.map(|instance| instance.state));
        match (part, incident.plan.grouping) {
            (None, _) if incident.plan.targets.is_empty() => Ok(SnapshotSet::none_yet(incident)),
            (None, Grouping::Set) => match self.together(incident, fence).await {
                Err(error) if self.is_one_volumes_fault(&error) => {
                    self.one_by_one(incident, fence, None).await
                }
                other => Ok(other?),
            },
            (part, Grouping::Set | Grouping::Volume) => self.one_by_one(incident, fence, part).await,
        }
    }

    /// Gives the snapshots their names.
    async fn finish(&self, incident: &Incident, set: SnapshotSet) -> SnapshotSet {
        let named = set.snapshots.iter().map(|snapshot| async move {
            self.name(incident, snapshot).await.err().map(|_| snapshot.id.clone())
        });
        let unnamed = future::join_all(named).await.into_iter().flatten().collect();
        SnapshotSet { unnamed, ..set }
    }
}

impl TakeSet<'_> {
    /// One crash-consistent set.
    async fn together(&self, incident: &Incident, fence: Fence) -> Result<SnapshotSet, PortError> {
        let targets = &incident.plan.targets;
        let is_target = |volume: &Volume| targets.iter().any(|t| t.volume == volume.id);
        let (root, data): (Vec<&Volume>, Vec<&Volume>) = self
            .volumes
            .iter()
            .filter(|v| !is_target(v))
            .partition(|v| self.instance.is_some_and(|i| i.is_root(&v.device)));
        let wish = CreateSet {
            instance: incident.instance.clone(),
            exclude_root: !root.is_empty(),
            exclude: data.into_iter().map(|v| v.id.clone()).collect(),
            description: description(incident),
            tags: self.birth_tags(incident, targets, fence)?,
        };
        let mut snapshots = self.ports.snapshots.create_set(&wish).await?;
        snapshots.sort_by(|a, b| a.volume.cmp(&b.volume));
        let missed = targets.iter().filter(|t| !snapshots.iter().any(|s| s.volume == t.volume));
        let failed = missed.map(|t| FailedVolume {
            volume: t.volume.clone(),
            error: "EC2 left it out of the set: it is not attached any more".to_owned(),
        });
        let failed = failed.collect();
        Ok(SnapshotSet { failed, snapshots, together: true, ..SnapshotSet::none_yet(incident) })
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
        incident: &Incident,
        fence: Fence,
        part: Option<SnapshotSet>,
    ) -> Result<SnapshotSet, Unfinished> {
        let mut set = part.unwrap_or_else(|| SnapshotSet::none_yet(incident));
        set.together = false;
        let mut doubt = None;
        for target in &incident.plan.targets {
            if set.snapshots.iter().any(|s| s.volume == target.volume) {
                continue;
            }
            match self.one(incident, target, fence).await {
                Ok(snapshot) => set.snapshots.push(snapshot),
                Err(error) if error.retry() == Retry::Never => {
                    set.failed.push(FailedVolume {
                        volume: target.volume.clone(),
                        error: words(&error.to_string()),
                    });
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

    async fn one(
        &self,
        incident: &Incident,
        target: &Target,
        fence: Fence,
    ) -> Result<CreatedSnapshot, PortError> {
        let wish = CreateOne {
            volume: target.volume.clone(),
            description: description(incident),
            tags: self.birth_tags(incident, std::slice::from_ref(target), fence)?,
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

    /// The tags of what is taken in one request.
    fn birth_tags(&self, incident: &Incident, targets: &[Target], fence: Fence) -> Result<TagSet, PortError> {
        let nothing = Tags::default();
        let is_target = |volume: &&Volume| targets.iter().any(|target| target.volume == volume.id);
        let volumes: Vec<(&VolumeId, &Tags)> =
            self.volumes.iter().filter(is_target).map(|volume| (&volume.id, &volume.tags)).collect();
        let birth = Birth {
            instance: &incident.instance,
            instance_tags: self.instance.map_or(&nothing, |instance| &instance.tags),
            trigger: &incident.plan.trigger,
            at: incident.at,
            function: &self.run.function,
            key: &self.key,
            fence,
            owner: self.owner,
            volumes: &volumes,
        };
        Ok(naming::birth_tags(&birth)?)
    }

    /// Every snapshot that was made under the key. What an earlier version began carries no owner
    /// yet; what another owner made under the same key, because the same instance stopped for it as
    /// well, is not ours.
    async fn under_key(&self) -> Result<Vec<Snapshot>, PortError> {
        let filter = ownership::of_any().and(naming::KEY, self.key.as_str());
        let mut snapshots = prune::all(self.ports.snapshots, &filter).await?;
        snapshots.retain(|snapshot| self.owner.whose(&snapshot.tags) != Whose::Anothers);
        Ok(snapshots)
    }

    async fn name(&self, incident: &Incident, snapshot: &CreatedSnapshot) -> Result<(), PortError> {
        let target = incident.plan.targets.iter().find(|target| target.volume == snapshot.volume);
        let device = target.map_or(snapshot.volume.as_str(), |target| &target.device);
        let volume = self.volumes.iter().find(|volume| volume.id == snapshot.volume);
        let nothing = Tags::default();
        let tags = volume.map_or(&nothing, |volume| &volume.tags);
        let name = naming::snapshot_name(&incident.name, device, incident.at);
        let birth = self.birth_tags(incident, &incident.plan.targets, Fence::FIRST)?;
        self.ports.snapshots.tag(&snapshot.id, &naming::name_tags(&name, tags, &birth)?).await
    }
}

fn description(incident: &Incident) -> String {
    let Incident { name, instance, at, .. } = incident;
    let text = format!("Auto snapshot of {name} ({instance}) on {} at {at}", incident.plan.trigger);
    cut(&text, naming::LONGEST_DESCRIPTION)
}

/// Of two failures, the one after which less is known.
fn worse(earlier: Option<PortError>, later: PortError) -> PortError {
    earlier.filter(|error| error.effect() == ports::Effect::Unknown).unwrap_or(later)
}

fn all_refused(set: &SnapshotSet) -> PortError {
    let why: Vec<String> = set.failed.iter().map(|f| format!("{}: {}", f.volume, f.error)).collect();
    PortError::new(ErrorKind::Rejected, "CreateSnapshot", why.join("; "))
}

/// Makes a set of what was found under a key: the oldest good snapshot of each volume; further ones are too many. A copy
/// that carries the key is none of it.
fn adopt(found: &[Snapshot], incident: &Incident) -> Found<SnapshotSet> {
    let mut good: Vec<&Snapshot> =
        found.iter().filter(|s| s.state != SnapshotState::Error && !s.is_copy()).collect();
    good.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
    let mut set = SnapshotSet::none_yet(incident);
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
    let whole = incident.plan.targets.iter().all(|t| set.snapshots.iter().any(|s| s.volume == t.volume));
    match (whole, set.snapshots.is_empty()) {
        (true, _) => Found::Whole(set),
        (false, true) => Found::Nothing,
        (false, false) => Found::Part(set),
    }
}
