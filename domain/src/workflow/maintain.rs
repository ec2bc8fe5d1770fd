//! The night's work: clean up, archive, report. One task that fails does not stop the others.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, civil::Date};
use ports::trigger::NightTrigger;
use ports::{
    Archive, Clock, IdError, Inventory, Ledger, LedgerKey, Metrics, Notifier, Retry, Snapshots, time,
};
use serde::{Deserialize, Serialize};

use super::announce::{AnnouncePorts, Announced, announce};
use super::archive::{ArchiveError, ArchivePorts, ArchivedDay, Source, archive_day};
use super::cleanup::{Decided, FloorOnly, clean_up};
use super::effect::{Repeatable, Unfinished};
use super::hold::Claimed;
use super::ignored::{self, IgnoredBy};
use super::once::{How, Once, OnceError, Performed};
use super::prune::Pruned;
use super::reconcile::Reconciled;
use super::run::Run;
use crate::policy::archive::{days_of_night, is_over};
use crate::policy::key;
use crate::policy::listed::words;
use crate::policy::mode::Mode;
use crate::policy::pace::Rate;
use crate::policy::retention::Retention;
use crate::policy::status::Status;
use crate::render;

/// The time kept back for the report.
pub const FOR_REPORT: SignedDuration = SignedDuration::from_secs(20);

/// The ports that a night needs.
#[derive(Clone, Copy, Debug)]
pub struct NightPorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What uses a snapshot.
    pub inventory: &'a dyn Inventory,
    /// The snapshots.
    pub snapshots: &'a dyn Snapshots,
    /// The records.
    pub metrics: &'a dyn Metrics,
    /// Where they go.
    pub archive: &'a dyn Archive,
    /// What was done.
    pub ledger: &'a dyn Ledger,
    /// Who is told.
    pub notifier: &'a dyn Notifier,
}

impl<'a> NightPorts<'a> {
    /// What telling people needs.
    pub fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.clock, ledger: self.ledger, notifier: self.notifier }
    }
}

/// What a night is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightPolicy {
    /// Which snapshots are kept.
    pub retention: Retention,
    /// How fast the others are removed.
    pub delete_rate: Rate,
    /// How the hash of a plan begins that a person accepted by a setting.
    pub accept: Option<String>,
    /// The name of the ledger, for people.
    pub ledger: String,
    /// The records to archive; `None` where there are none.
    pub source: Option<Source>,
}

/// What became of a night. It stands in the ledger, so a field that is added has to have a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Night {
    /// Its date, by the schedule.
    pub night: Date,
    /// How it went as a whole.
    pub status: Status,
    /// The archive.
    pub archival: Task<Archived>,
    /// The snapshots.
    pub cleanup: Task<Pruned>,
    /// What was left behind.
    pub reconciliation: Task<Reconciled>,
    /// Which snapshots are kept, in words.
    #[serde(default)]
    pub kept: String,
    /// What the floor alone keeps.
    #[serde(flatten)]
    pub floor_only: FloorOnly,
    /// What functions were sent the day before and ignored.
    #[serde(default)]
    pub ignored: Vec<IgnoredBy>,
    /// Of which functions that could not be read, and why.
    #[serde(default)]
    pub ignored_unread: Vec<String>,
    /// The report; `None` when it was left to another run.
    pub report: Option<Announced>,
}

/// What became of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task<T> {
    /// It was done, now or before.
    Done(T, How),
    /// It would have been done.
    Observed,
    /// It is none of ours.
    NotConfigured(String),
    /// It was not begun, because it would go too far.
    Refused(String),
    /// It was not done.
    Failed {
        /// Why.
        error: String,
        /// Whether another delivery may do it.
        again: bool,
    },
    /// Another run is at it.
    Elsewhere(String),
}

/// What became of the days to archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// The night's own day: yesterday.
    pub date: Date,
    /// Every day that is in the archive now and was not before, and the night's own.
    pub days: Vec<ArchivedDay>,
    /// The days that are not.
    pub failed: Vec<FailedDay>,
}

/// A day that could not be archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedDay {
    /// The day.
    pub day: Date,
    /// Why.
    pub error: String,
}

impl Archived {
    /// How many records of the night's own day are in the archive.
    pub fn records(&self) -> u64 {
        self.days.iter().find(|d| d.manifest.day == self.date).map_or(0, |d| d.manifest.records)
    }
}

/// What is hooked into a night.
pub struct Hooks<'a> {
    /// Is told what retention decides, before anything is removed.
    pub decided: Decided<'a>,
    /// A task of every quarter of an hour, which a night does as well, and reports.
    pub reconciling: BoxFuture<'a, Task<Reconciled>>,
}

impl std::fmt::Debug for Hooks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks")
    }
}

impl Night {
    /// What was not done and may yet be, in words; none of it, and the night is done.
    pub fn undone(&self) -> Vec<String> {
        let untold = self.untold().map(|why| format!("daily report: {why}"));
        [
            self.archival.undone("metrics archival"),
            self.cleanup.undone("snapshot cleanup"),
            self.reconciliation.undone("reconciliation"),
            untold,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Why people do not know of it, if they do not.
    pub fn untold(&self) -> Option<&str> {
        self.report.as_ref().and_then(Announced::failure)
    }
}

/// Does the night's work, each task once for its date, and reports: as the only one, and once. A night that is done is told
/// again as it was recorded.
///
/// # Errors
///
/// When another run is at this night, or the ledger cannot be used; and when the night is still to come.
pub async fn maintain(
    ports: &NightPorts<'_>,
    policy: &NightPolicy,
    run: &Run,
    trigger: &NightTrigger,
    hooks: Hooks<'_>,
) -> Result<Performed<Night>, OnceError> {
    let (night, now) = (trigger.night(), ports.clock.now());
    if !is_over(time::yesterday(night), now) {
        return Err(OnceError::ToCome { now });
    }
    let fresh = |outcome| Performed { outcome, how: How::Fresh, untold: None };
    if run.mode == Mode::Observe {
        return Ok(fresh(work(ports, policy, run, night, hooks).await));
    }
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    let mut hold = match once.hold(key::night("run", night)?, "a night").await? {
        Claimed::Done(outcome) => return Ok(Performed { outcome, how: How::Recorded, untold: None }),
        Claimed::Ours(hold) => hold,
    };
    let done = hold.during(work(ports, policy, run, night, hooks)).await?;
    match done.undone() {
        undone if undone.is_empty() => hold.done(done.clone()).await?,
        undone => hold.release(&undone.join("; ")).await,
    }
    Ok(fresh(done))
}

async fn work(
    ports: &NightPorts<'_>,
    policy: &NightPolicy,
    run: &Run,
    night: Date,
    hooks: Hooks<'_>,
) -> Night {
    let working = run.leaving(FOR_REPORT);
    let archival = archive(ports, policy, &working, night).await;
    let (cleanup, floor_only) = clean_up(ports, policy, &working, night, hooks.decided).boxed().await;
    let reconciliation = hooks.reconciling.await;
    let ignored = ignored::of_day(ports.ledger, time::yesterday(night)).await;
    let went = [archival.status(), cleanup.status(), reconciliation.status()];
    let count = |is_one: fn(Status) -> bool| went.into_iter().flatten().filter(|it| is_one(*it)).count();
    let status = Status::of(count(|it| it != Status::Failed), count(|it| it != Status::Ok));
    let kept = render::retention::policy(&policy.retention);
    let mut done = Night {
        night,
        status,
        archival,
        cleanup,
        reconciliation,
        kept,
        floor_only,
        ignored: ignored.by,
        ignored_unread: ignored.unread,
        report: None,
    };
    if run.mode == Mode::Act && !done.archival.is_elsewhere() && !done.cleanup.is_elsewhere() {
        let briefly = run.briefly(ports.clock.now());
        done.report = Some(announce(ports.announcing(), &briefly, render::night::report(&done)).await);
    }
    done
}

async fn archive(ports: &NightPorts<'_>, policy: &NightPolicy, run: &Run, night: Date) -> Task<Archived> {
    let Some(source) = &policy.source else {
        return Task::NotConfigured("no metrics table and report bucket are set".to_owned());
    };
    if run.mode == Mode::Observe {
        return Task::Observed;
    }
    let act = move || async move { archive_days(ports, source, run, night).await }.boxed();
    match part(ports, run, key::night("archive", night), "archive a day", act).await {
        Ok(performed) => Task::Done(performed.outcome, performed.how),
        Err(error) => Task::not_done(&error),
    }
}

async fn archive_days(
    ports: &NightPorts<'_>,
    source: &Source,
    run: &Run,
    night: Date,
) -> Result<Archived, Unfinished> {
    let archiving = ArchivePorts { clock: ports.clock, metrics: ports.metrics, archive: ports.archive };
    let days = days_of_night(night);
    let date = time::yesterday(night);
    let mut archived = Archived { date, days: Vec::new(), failed: Vec::new() };
    for day in days {
        match archive_day(&archiving, source, run, day).await {
            Ok(done) if day == date || done.how != super::archive::Stored::Before => archived.days.push(done),
            Ok(_) => {}
            // The night's own day is what this task is for: let the ledger and the next delivery deal with it.
            Err(ArchiveError::Port(error)) if day == date => return Err(error.into()),
            Err(error) => archived.failed.push(FailedDay { day, error: words(&error.to_string()) }),
        }
    }
    Ok(archived)
}

/// Does a task of a night once.
pub(super) async fn part<'a, O, F>(
    ports: &NightPorts<'_>,
    run: &Run,
    key: Result<LedgerKey, IdError>,
    subject: &'static str,
    act: F,
) -> Result<Performed<O>, OnceError>
where
    O: Clone + Serialize + serde::de::DeserializeOwned + Send + Sync,
    F: Fn() -> futures::future::BoxFuture<'a, Result<O, Unfinished>> + Send + Sync + 'a,
{
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    once.part(&Repeatable::new(key?, subject, act)).await
}

impl<T> Task<T> {
    pub(super) fn not_done(error: &OnceError) -> Self {
        if error.is_elsewhere() {
            Self::Elsewhere(error.to_string())
        } else {
            Self::Failed { error: words(&error.to_string()), again: error.retry() == Retry::Later }
        }
    }

    fn undone(&self, what: &str) -> Option<String> {
        match self {
            Self::Failed { error, .. } | Self::Elsewhere(error) => Some(format!("{what}: {error}")),
            Self::Done(..) | Self::Observed | Self::NotConfigured(_) | Self::Refused(_) => None,
        }
    }

    /// Whether another run is at it.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Elsewhere(_))
    }
}

/// What a task came to, and how it went.
pub trait HasStatus {
    /// How it went: what was not done of it shows.
    fn status(&self) -> Status;
}

impl<T: HasStatus> Task<T> {
    /// How it went; `None` for what was not asked for.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Done(done, _) => Some(done.status()),
            Self::NotConfigured(_) | Self::Observed => None,
            Self::Refused(_) | Self::Failed { .. } | Self::Elsewhere(_) => Some(Status::Failed),
        }
    }
}

impl HasStatus for Pruned {
    fn status(&self) -> Status {
        if self.failed.is_empty() && self.left == 0 { Status::Ok } else { Status::Partial }
    }
}

/// Its matters fail one by one, and it fails when none was finished.
impl HasStatus for Reconciled {
    fn status(&self) -> Status {
        self.status()
    }
}

impl HasStatus for Archived {
    fn status(&self) -> Status {
        if self.failed.is_empty() { Status::Ok } else { Status::Partial }
    }
}
