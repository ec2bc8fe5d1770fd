//! What is still to be done, because nobody else will do it: plain values in, a plan with its reasons out.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use ports::trigger::{InstanceChange, InstanceTrigger};
use ports::{AccountId, Instance, InstanceId, LedgerKey, Region, Snapshot, SnapshotId, SnapshotState, time};
use serde::{Deserialize, Serialize};

use super::incident::{Begun, Incidents, Kind, KnownIncident, kind_of};
use super::naming;
use super::open::{NextStep, Open, Topic};
use super::retention::Retention;
use super::snapshot::SnapshotPolicy;

/// What reconciling goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcilePolicy {
    /// When and how instances are snapshotted.
    pub snapshots: SnapshotPolicy,
    /// Which snapshots may be removed at all.
    pub retention: Retention,
    /// Transitions of alarms older than this are history.
    pub alarm_max_age: SignedDuration,
    /// The account and the region that are looked after, where they are known.
    pub place: Option<(AccountId, Region)>,
}

/// How far back a stop is made up for. A stop before that is history.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Go on with a set whose owner is gone.
    FinishSnapshots(LedgerKey),
    /// Go on with an answer to an alarm whose owner is gone; when it is `late`, only see how far it came.
    FinishRemedy {
        /// The answer.
        key: LedgerKey,
        /// Whether the alarm is history.
        late: bool,
    },
    /// Tell people of something that was done.
    Tell(LedgerKey),
    /// Send a notice that was written down.
    SendNotice(LedgerKey),
    /// Snapshot an instance whose stop reached nobody.
    Snapshot(InstanceId),
    /// Make the failed part of a set again.
    MakeAgain(LedgerKey),
    /// Remove a snapshot of which another of the same incident and volume is kept.
    Remove {
        /// The one to remove.
        snapshot: SnapshotId,
        /// The one that is kept.
        kept: SnapshotId,
        /// Their incident.
        key: LedgerKey,
    },
}

impl Task {
    /// The snapshot that it removes, if it removes one.
    fn removal(&self) -> Option<&SnapshotId> {
        match self {
            Self::Remove { snapshot, .. } => Some(snapshot),
            Self::FinishSnapshots(_)
            | Self::FinishRemedy { .. }
            | Self::Tell(_)
            | Self::SendNotice(_)
            | Self::Snapshot(_)
            | Self::MakeAgain(_) => None,
        }
    }
}

/// Something that only a person can mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about: mostly a key of the ledger.
    pub about: String,
    /// What is the matter. It is told once for what it is about.
    pub matter: Matter,
    /// The same in words.
    pub words: String,
}

/// What is the matter with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// It is halted.
    Halted,
    /// Its entry cannot be read.
    Unreadable,
    /// It was refused for so long that it is not tried any more.
    GivenUp,
    /// A task of a night was not finished.
    Unfinished,
    /// A set failed for good.
    SetFailed,
    /// Mending it was tried, and refused for good.
    CannotMend,
    /// There may be more snapshots of it than there should be, and nothing is removed.
    Surplus,
}

impl Matter {
    /// The matter in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::Unreadable => "unreadable",
            Self::GivenUp => "given-up",
            Self::Unfinished => "unfinished",
            Self::SetFailed => "set-failed",
            Self::CannotMend => "cannot-mend",
            Self::Surplus => "surplus",
        }
    }
}

impl Finding {
    /// Makes a finding.
    pub fn new(about: impl Into<String>, matter: Matter, words: impl Into<String>) -> Self {
        Self { about: about.into(), matter, words: words.into() }
    }
}

/// What to do, what to tell, and what is left to others for now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReconcilePlan {
    /// What to do.
    pub tasks: Vec<Task>,
    /// The nights that nobody finished.
    pub nights: BTreeSet<Date>,
    /// What only a person can mend.
    pub findings: Vec<Finding>,
    /// How many matters somebody is at, or that have yet to settle.
    pub waiting: usize,
}

impl ReconcilePlan {
    /// The plan with this step in it.
    pub fn add(&mut self, next_step: NextStep) {
        match next_step {
            NextStep::Do(task) => self.tasks.push(task),
            NextStep::Finish(night) => {
                self.nights.insert(night);
            }
            NextStep::Report(finding) => self.findings.push(finding),
            NextStep::Wait => self.waiting = self.waiting.saturating_add(1),
        }
    }

    /// The snapshots that are to be removed.
    pub fn removals(&self) -> impl Iterator<Item = &SnapshotId> {
        self.tasks.iter().filter_map(Task::removal)
    }

    /// Lets go of the removals that may not be.
    pub fn remove_only(&mut self, may_go: impl Fn(&SnapshotId) -> bool) {
        self.tasks.retain(|task| task.removal().is_none_or(&may_go));
    }
}

/// When an instance came to rest, as far as EC2 tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// When it came to rest, where that is told.
    pub at: Option<Timestamp>,
    /// When it was last started before, where that is told.
    pub launched_at: Option<Timestamp>,
}

/// Reads when an instance came to rest. EC2 writes it into the transition text when somebody asked for the stop, and mostly
/// leaves it out otherwise (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>).
///
/// # Examples
///
/// ```
/// use domain::policy::reconcile::stop_time;
///
/// let at = stop_time("User initiated (2026-11-23 14:27:11 GMT)");
/// assert_eq!(at, Some("2026-11-23T14:27:11Z".parse().unwrap()));
/// assert_eq!(stop_time("Server.InternalError: Internal error on launch"), None);
/// ```
pub fn stop_time(transition: &str) -> Option<Timestamp> {
    let (_, rest) = transition.rsplit_once('(')?;
    let text = rest.strip_suffix(')')?;
    let text = text.strip_suffix(" GMT").or_else(|| text.strip_suffix(" UTC"))?;
    Offset::UTC.to_timestamp(DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?).ok()
}

impl Rest {
    /// When the instance came to rest.
    pub fn of(instance: &Instance) -> Self {
        let at = instance.transition.as_deref().and_then(stop_time);
        Self { at, launched_at: instance.launched_at }
    }

    /// From when on an incident of an end is of this rest: since the launch, because each run ends once.
    pub fn since(self) -> Timestamp {
        match self.at {
            // Where the launch is not told, or does not fit.
            Some(at) if self.launched_at.is_none_or(|launch| at < launch) => {
                time::earlier(at, Incidents::WINDOW)
            }
            _ => self.launched_at.unwrap_or(Timestamp::MIN),
        }
    }
}

impl ReconcilePolicy {
    /// Decides what becomes of an open entry.
    pub fn entry(&self, open: &Open, now: Timestamp) -> NextStep {
        open.next_step(self.alarm_max_age, now)
    }

    /// The event that should have told of an instance's rest, if there is no incident of it and the instance wants one. What
    /// costs nothing to know is asked first.
    ///
    /// `ends` are the ends of runs of the instance that snapshots were made for. They count as well as the ledger: the ledger
    /// forgets after a month, and the last good snapshot of a volume is never removed.
    pub fn lost(
        &self,
        instance: &Instance,
        known: &[KnownIncident],
        ends: &[Timestamp],
        now: Timestamp,
    ) -> Option<InstanceTrigger> {
        let rest = Rest::of(instance);
        let at = rest.at.unwrap_or(now);
        if at < time::earlier(now, LOOK_BACK) {
            return None;
        }
        let (account, region) = self.place.clone()?;
        let trigger = InstanceTrigger {
            event_id: "reconcile".to_owned(),
            at,
            account,
            region,
            instance: instance.id.clone(),
            what: InstanceChange::Found(instance.state),
        };
        self.snapshots.admit(&trigger).and_then(|()| self.snapshots.wants(&trigger, instance)).ok()?;
        let is_of_it = |end: Timestamp| rest.since() <= end;
        let is_taken = ends.iter().any(|end| is_of_it(*end));
        let is_its_end = |begun: Begun| begun.first.kind == Kind::End && is_of_it(begun.first.at);
        let is_known = known.iter().any(|k| k.begun.is_some_and(is_its_end));
        (!is_taken && !is_known).then_some(trigger)
    }
}

/// The end of a run that a snapshot was made for, and the instance whose run it was, if it was made for one and is any good.
pub fn end_of_run(snapshot: &Snapshot) -> Option<(InstanceId, Timestamp)> {
    let word = snapshot.tags.get(naming::TRIGGER_STATE).unwrap_or_default();
    let is_any_good = snapshot.state != SnapshotState::Error && !snapshot.is_copy();
    let instance =
        snapshot.tags.get(naming::INSTANCE_ID).filter(|_| is_any_good && kind_of(word) == Kind::End)?;
    Some((InstanceId::new(instance).ok()?, incident_of(snapshot)))
}

/// The time of the incident that a snapshot was made for. It may have been made much later, when the instance ran again.
fn incident_of(snapshot: &Snapshot) -> Timestamp {
    let key = snapshot.tags.get(naming::KEY).and_then(|key| LedgerKey::new(key).ok());
    match key.as_ref().map(Topic::of) {
        Some(Topic::Snapshots { name, .. }) => name,
        _ => snapshot.started_at,
    }
}
