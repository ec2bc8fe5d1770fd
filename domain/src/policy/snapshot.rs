//! Whether to snapshot an instance, and which of its volumes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ports::trigger::{InstanceChange, InstanceTrigger};
use ports::{
    AccountId, Instance, InstanceId, InstanceState, InstanceStore, LedgerKey, PortError, Region, Volume,
    VolumeId,
};
use serde::{Deserialize, Serialize};

use super::cause::{self, Cause};
use super::incident::{self, Placement};
use super::opt_in::{OptIn, opt_in};
use super::ownership::OwnerName;
use super::trigger_state::{self, TriggerState};

/// The tag that opts an instance in, and a volume out.
pub const OPT_IN: &str = "AutoSnapshot";
/// The instance tag that narrows what is taken: `root`, `data` or `all`.
pub const VOLUMES: &str = "caretaker:volumes";

/// Which causes are worth a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotOn {
    /// Every stop.
    #[default]
    Any,
    /// Every stop that nobody asked for.
    Unexpected,
}

/// How snapshots are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// One crash-consistent set; volume by volume only where EC2 refuses the set.
    #[default]
    Set,
    /// Volume by volume.
    Volume,
}

/// When and how to snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotPolicy {
    /// Which causes are worth one.
    pub on: SnapshotOn,
    /// At which states one may be taken.
    pub states: BTreeSet<TriggerState>,
    /// How to take them.
    pub grouping: Grouping,
    /// Instances and volumes never to touch, by id.
    pub exclude: BTreeSet<String>,
    /// The account this runs in; events of another are not ours to act on. `None` where it is not known.
    pub account: Option<AccountId>,
    /// Whose the snapshots are.
    pub owner: OwnerName,
}

impl Default for SnapshotPolicy {
    fn default() -> Self {
        Self {
            on: SnapshotOn::Any,
            states: BTreeSet::from(TriggerState::ALL),
            grouping: Grouping::Set,
            exclude: BTreeSet::new(),
            account: None,
            owner: OwnerName::default(),
        }
    }
}

/// Why an instance is not snapshotted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// The state is none that is worth a snapshot.
    #[error("state `{0}` is not one to snapshot at")]
    State(InstanceState),
    /// The settings leave out what happens to an instance that runs on.
    #[error("`{0}` of a running instance is not one to snapshot at")]
    WhileRunning(String),
    /// Something will be done to it, and that is the moment.
    #[error("it is told ahead: {0}")]
    Ahead(String),
    /// It is no failure.
    #[error("`{0}` is no failure")]
    NoFailure(String),
    /// The event is of another account.
    #[error("the event is of account {0}, which this function does not look after")]
    OtherAccount(AccountId),
    /// EC2 does not know the instance.
    #[error("EC2 does not know the instance: it is gone, or it never was")]
    UnknownInstance,
    /// The instance is not tagged.
    #[error("the instance is not tagged `{OPT_IN}=true`")]
    NotOptedIn,
    /// The instance is named in the settings as one to leave alone.
    #[error("the instance is excluded by the settings")]
    Excluded,
    /// Somebody asked for it.
    #[error("it was asked for: {0}")]
    Expected(String),
    /// It was started and did not come up, so its disks are as they were.
    #[error("it never ran, so its disks are as they were when it stopped before: {0}")]
    NeverRan(String),
}

/// How good a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    /// Taken of disks at rest.
    Clean,
    /// Taken while the disks could still change: as after a power cut.
    CrashConsistent,
    /// Not taken: the instance was gone, and with it the disks that were to be deleted with it.
    TooLate,
}

/// A volume to snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The volume.
    pub volume: VolumeId,
    /// Its device name.
    pub device: String,
    /// Whether it is the root device.
    pub root: bool,
}

/// A volume that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The volume, or the device where there is no volume.
    pub volume: String,
    /// Why.
    pub why: String,
}

/// What to snapshot, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPlan {
    /// What set it off, in a word.
    pub trigger: String,
    /// Why it happened.
    pub cause: Cause,
    /// How good the set will be.
    pub consistency: Consistency,
    /// How the snapshots are taken.
    pub grouping: Grouping,
    /// The volumes to take. Where there is none, nothing is protected, and people are told.
    pub targets: Vec<Target>,
    /// The volumes not to take.
    pub left_out: Vec<LeftOut>,
}

/// A failure of an instance, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The instance.
    pub instance: InstanceId,
    /// What people call it: its name, or its id where it has none.
    pub name: String,
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: Region,
    /// When it happened, by the event that is acted upon.
    pub at: Timestamp,
    /// What to do, and why.
    pub plan: SnapshotPlan,
    /// When it was done again, and why, if it was.
    #[serde(default)]
    pub again: Option<Again>,
    /// The key of an earlier set of the same run, taken while the instance ran on.
    #[serde(default)]
    pub earlier: Option<LedgerKey>,
    /// What placed it: its first event. Earlier versions did not write that down.
    #[serde(default)]
    pub first: Option<Placement>,
}

/// A set that is made again: it is of a later moment than its incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub because: String,
}

impl Incident {
    /// The incident as its set is when it is taken of the instance in this state: disks that are not at rest any more do not
    /// make a clean one.
    #[must_use]
    pub fn taken_at(&self, state: Option<InstanceState>) -> Self {
        let mut incident = self.clone();
        if incident.plan.consistency == Consistency::Clean && state != Some(InstanceState::Stopped) {
            incident.plan.consistency = Consistency::CrashConsistent;
        }
        incident
    }

    /// The incident that an event tells of.
    pub fn new(trigger: &InstanceTrigger, instance: &Instance, plan: SnapshotPlan) -> Self {
        let name = instance.tags.get("Name").filter(|name| !name.trim().is_empty());
        Self {
            instance: instance.id.clone(),
            name: name.unwrap_or(instance.id.as_str()).to_owned(),
            account: trigger.account.clone(),
            region: trigger.region.clone(),
            at: trigger.at,
            plan,
            again: None,
            earlier: None,
            first: None,
        }
    }

    /// What placed it, as far as it was written down.
    pub fn placed_by(&self) -> Placement {
        self.first.unwrap_or_else(|| Placement::bare(self.at, incident::kind_of(&self.plan.trigger)))
    }
}

impl SnapshotPolicy {
    /// Tells, before EC2 is asked anything, whether the event alone rules a snapshot out.
    ///
    /// # Errors
    ///
    /// The reason to skip it.
    pub fn admit(&self, trigger: &InstanceTrigger) -> Result<(), Skip> {
        let state = trigger_state::of(&trigger.what)?;
        if !self.states.contains(&state) {
            return Err(left_out(&trigger.what));
        }
        match &self.account {
            Some(own) if *own != trigger.account => Err(Skip::OtherAccount(trigger.account.clone())),
            _ => Ok(()),
        }
    }

    /// Tells whether this instance wants a snapshot of this event.
    ///
    /// # Errors
    ///
    /// The reason to skip it.
    pub fn wants(&self, trigger: &InstanceTrigger, instance: &Instance) -> Result<Cause, Skip> {
        if opt_in(&instance.tags, OPT_IN) != OptIn::In {
            return Err(Skip::NotOptedIn);
        }
        if self.exclude.contains(instance.id.as_str()) {
            return Err(Skip::Excluded);
        }
        if let Some(code) = never_ran(&trigger.what, instance) {
            return Err(Skip::NeverRan(code.to_owned()));
        }
        let cause = cause::of(&trigger.what, instance);
        match self.on {
            SnapshotOn::Unexpected if !cause.kind.is_unexpected() => Err(Skip::Expected(cause.evidence)),
            SnapshotOn::Unexpected | SnapshotOn::Any => Ok(cause),
        }
    }

    /// Decides which volumes to snapshot.
    ///
    /// # Errors
    ///
    /// The reason to skip the instance.
    pub fn plan(
        &self,
        trigger: &InstanceTrigger,
        instance: &Instance,
        volumes: &[Volume],
        store: &Result<Option<InstanceStore>, PortError>,
    ) -> Result<SnapshotPlan, Skip> {
        self.admit(trigger)?;
        let cause = self.wants(trigger, instance)?;
        let (targets, mut left_out) = self.split(instance, volumes);
        let is_too_late = volumes.is_empty() && is_going(instance.state);
        if instance.root_on_instance_store {
            let why = "it is an instance store, which no snapshot can save".to_owned();
            left_out.push(LeftOut { volume: "root device".to_owned(), why });
        }
        let why = on_the_host(store);
        left_out.extend(why.map(|why| LeftOut { volume: "instance store".to_owned(), why }));
        Ok(SnapshotPlan {
            trigger: trigger.what.word().to_owned(),
            cause,
            consistency: if is_too_late {
                Consistency::TooLate
            } else {
                consistency(&trigger.what, instance.state)
            },
            grouping: self.grouping,
            targets,
            left_out,
        })
    }

    fn split(&self, instance: &Instance, volumes: &[Volume]) -> (Vec<Target>, Vec<LeftOut>) {
        let mut targets = Vec::new();
        let mut left_out = Vec::new();
        for volume in volumes {
            match self.why_not(instance, volume) {
                None => targets.push(Target {
                    volume: volume.id.clone(),
                    device: volume.device.clone(),
                    root: instance.is_root(&volume.device),
                }),
                Some(why) => left_out.push(LeftOut { volume: volume.id.to_string(), why: why.to_owned() }),
            }
        }
        (targets, left_out)
    }

    fn why_not(&self, instance: &Instance, volume: &Volume) -> Option<&'static str> {
        let wanted = instance.tags.get(VOLUMES).map(|value| value.trim().to_ascii_lowercase());
        match wanted.as_deref() {
            _ if self.exclude.contains(volume.id.as_str()) => Some("excluded by the settings"),
            _ if opt_in(&volume.tags, OPT_IN) == OptIn::Out => Some("its own tag opts it out"),
            Some("root") if !instance.is_root(&volume.device) => {
                Some("the instance asks for its root volume only")
            }
            Some("data") if instance.is_root(&volume.device) => {
                Some("the instance asks for its data volumes only")
            }
            _ => None,
        }
    }
}

/// What is on the host's own disks is not protected; nor is it known to be, where EC2 does not tell.
fn on_the_host(store: &Result<Option<InstanceStore>, PortError>) -> Option<String> {
    match store {
        Ok(None) => None,
        Ok(Some(InstanceStore { disks, total_gb })) => Some(format!(
            "its type has disks on the host ({disks}, {total_gb} GB in all), which no snapshot can save"
        )),
        Err(error) => Some(format!("whether it has one could not be read: {error}")),
    }
}

/// A set is clean only when the instance was seen stopped, both by the event and by EC2 when it was asked.
fn consistency(told: &InstanceChange, seen: InstanceState) -> Consistency {
    if told.state() == Some(InstanceState::Stopped) && seen == InstanceState::Stopped {
        Consistency::Clean
    } else {
        Consistency::CrashConsistent
    }
}

/// EC2's code for why the instance never ran, if its end is that of a start that failed.
fn never_ran<'a>(what: &InstanceChange, instance: &'a Instance) -> Option<&'a str> {
    what.state()?;
    cause::never_ran(instance.state_reason.as_ref().map(|reason| reason.code.as_str()))
}

/// Whether an instance is gone or about to be.
fn is_going(state: InstanceState) -> bool {
    matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated)
}

/// Why a state that the settings leave out is skipped.
fn left_out(what: &InstanceChange) -> Skip {
    match what {
        InstanceChange::State(state) | InstanceChange::Found(state) => Skip::State(*state),
        InstanceChange::SpotWarning(_) => Skip::State(InstanceState::ShuttingDown),
        InstanceChange::Health(_) | InstanceChange::Rebooted { .. } | InstanceChange::CheckFailed { .. } => {
            Skip::WhileRunning(what.word().to_owned())
        }
    }
}
