//! Finishes what was left behind: open entries, lost events, surplus, failed sets; and tells what only a person can mend.

mod act;
mod gather;
mod listing;

use std::collections::BTreeSet;

use jiff::civil::Date;
use ports::{Clock, Instances, Inventory, Ledger, Notifier, ScalingGroups, Snapshots, Swap};
use serde::{Deserialize, Serialize};

use super::announce::{AnnouncePorts, Announced, announce};
use super::auto_snapshot::AutoSnapshotPorts;
use super::entry::encode;
use super::once::OnceError;
use super::remedy::RemediatePorts;
use super::run::Run;
use crate::policy::key;
use crate::policy::listed::{self, words};
use crate::policy::mode::Mode;
use crate::policy::once::fits;
use crate::policy::reconcile::{Finding, ReconcilePolicy, Task};
use crate::policy::status::Status;
use crate::render;
use act::Work;
use gather::{Gathered, Reading};

/// The ports that reconciling needs.
#[derive(Clone, Copy, Debug)]
pub struct ReconcilePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What there is.
    pub inventory: &'a dyn Inventory,
    /// The snapshots.
    pub snapshots: &'a dyn Snapshots,
    /// The groups.
    pub groups: &'a dyn ScalingGroups,
    /// The instances.
    pub instances: &'a dyn Instances,
    /// What was done.
    pub ledger: &'a dyn Ledger,
    /// Who is told.
    pub notifier: &'a dyn Notifier,
}

impl<'a> ReconcilePorts<'a> {
    fn auto_snapshot(&self) -> AutoSnapshotPorts<'a> {
        AutoSnapshotPorts {
            clock: self.clock,
            inventory: self.inventory,
            snapshots: self.snapshots,
            ledger: self.ledger,
            notifier: self.notifier,
        }
    }

    fn remediate(&self) -> RemediatePorts<'a> {
        RemediatePorts {
            clock: self.clock,
            groups: self.groups,
            inventory: self.inventory,
            instances: self.instances,
            ledger: self.ledger,
            notifier: self.notifier,
        }
    }

    fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.clock, ledger: self.ledger, notifier: self.notifier }
    }
}

/// What became of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// What was done.
    pub done: Vec<Deed>,
    /// What only a person can mend, and was not told before.
    pub found: Vec<Finding>,
    /// What could not be done this time.
    pub failed: Vec<Failed>,
    /// What there was no time for.
    pub left: usize,
    /// How many matters are left to others for now.
    pub waiting: usize,
    /// How far the sets of the last day have come.
    pub sets: Sets,
    /// How many snapshots of an earlier version are nobody's until somebody adopts them.
    #[serde(default)]
    pub unowned: usize,
    /// What would have been done.
    pub observed: Vec<Task>,
    /// The nights that nobody finished, for the caller to see through.
    #[serde(default)]
    pub nights: BTreeSet<Date>,
    /// How many more there are of what is listed above.
    #[serde(default)]
    pub more: More,
    /// Whether people know; `None` where there is nothing to tell.
    pub announced: Option<Announced>,
}

/// How many more there are of what is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    /// Of what was done.
    pub done: u64,
    /// Of what only a person can mend.
    pub found: u64,
    /// Of what could not be done.
    pub failed: u64,
    /// Of what would have been done.
    pub observed: u64,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// What was to be done.
    pub task: Task,
    /// What came of it.
    pub words: String,
}

/// Something that could not be done this time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// What.
    pub what: String,
    /// Why.
    pub error: String,
}

/// How far the sets of the last day have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sets {
    /// How many are complete.
    pub completed: usize,
    /// How many are still being copied.
    pub pending: usize,
    /// How many came to nothing, wholly or in part.
    pub failed: usize,
}

impl Sets {
    fn add(&mut self, more: Self) {
        self.completed = self.completed.saturating_add(more.completed);
        self.pending = self.pending.saturating_add(more.pending);
        self.failed = self.failed.saturating_add(more.failed);
    }
}

impl Reconciled {
    /// How it went.
    pub fn status(&self) -> Status {
        Status::of(self.done.len(), self.failed.len().saturating_add(usize::from(0 < self.left)))
    }

    /// How many matters were finished.
    pub fn finished(&self) -> u64 {
        listed::count(&self.done, self.more.done)
    }

    /// How many a person has to mend.
    pub fn findings(&self) -> u64 {
        listed::count(&self.found, self.more.found)
    }

    /// How many could not be done this time.
    pub fn failures(&self) -> u64 {
        listed::count(&self.failed, self.more.failed)
    }

    /// The same with lists that may be written down and told.
    #[must_use]
    pub fn in_short(mut self) -> Self {
        let more = self.more;
        self.more = More {
            done: more.done.saturating_add(listed::cut(&mut self.done)),
            found: more.found.saturating_add(listed::cut(&mut self.found)),
            failed: more.failed.saturating_add(listed::cut(&mut self.failed)),
            observed: more.observed.saturating_add(listed::cut(&mut self.observed)),
        };
        self
    }

    /// Whether there is anything to tell.
    fn is_news(&self) -> bool {
        !self.done.is_empty() || !self.found.is_empty()
    }
}

/// Finishes what was left behind, and tells people when there was something. Running it again right away does nothing.
///
/// What is known to be open comes first, so that no long list takes its time; what may be open and unknown comes last.
pub async fn reconcile(ports: &ReconcilePorts<'_>, policy: &ReconcilePolicy, run: &Run) -> Reconciled {
    let reading = Reading { ports, policy, run };
    let mut round = Round { reading, told: Reconciled::default(), findings: Vec::new() };
    round.act(reading.open_entries().await).await;
    round.act(reading.sets_and_stops().await).await;
    round.act(listing::unlisted_entries(&reading).await).await;
    let Round { mut told, findings, .. } = round;
    if run.mode == Mode::Observe {
        return Reconciled { found: findings, ..told }.in_short();
    }
    tell(ports, run, findings, &mut told).await;
    told.in_short()
}

/// What one run has come to so far.
struct Round<'a> {
    reading: Reading<'a>,
    told: Reconciled,
    findings: Vec<Finding>,
}

impl Round<'_> {
    /// Does what is to be done about what was read, or says that it would.
    async fn act(&mut self, gathered: Gathered) {
        let Reading { ports, policy, run } = self.reading;
        let told = &mut self.told;
        told.failed.extend(gathered.failed.iter().cloned());
        told.left = told.left.saturating_add(gathered.left);
        told.waiting = told.waiting.saturating_add(gathered.plan.waiting);
        told.sets.add(gathered.sets);
        told.nights.extend(gathered.plan.nights.iter().copied());
        told.unowned = told.unowned.saturating_add(gathered.unowned);
        self.findings.extend(gathered.plan.findings.iter().cloned());
        match run.mode {
            Mode::Observe => told.observed.extend(gathered.plan.tasks),
            Mode::Act => {
                let work = Work { ports, policy, run, gathered: &gathered };
                self.findings.extend(work.carry_out_all(told).await);
            }
        }
    }
}

/// Tells what was done and what was found, each finding once.
async fn tell(ports: &ReconcilePorts<'_>, run: &Run, findings: Vec<Finding>, told: &mut Reconciled) {
    for finding in findings {
        if !fits(ports.clock.now(), run.deadline) {
            told.left = told.left.saturating_add(1);
            continue;
        }
        match is_reported(ports, &finding).await {
            Ok(true) => {}
            Ok(false) => told.found.push(finding),
            Err(error) => {
                told.failed.push(Failed { what: finding.about, error: words(&error.to_string()) });
            }
        }
    }
    if !told.is_news() {
        return;
    }
    let briefly = run.briefly(ports.clock.now());
    let announced = announce(ports.announcing(), &briefly, render::reconcile::notice(told)).await;
    if announced.failure().is_none() {
        for finding in &told.found {
            // When this fails, the same findings make the same notice, which is told already.
            let _ = report(ports, finding).await;
        }
    }
    told.announced = Some(announced);
}

async fn is_reported(ports: &ReconcilePorts<'_>, finding: &Finding) -> Result<bool, OnceError> {
    let key = key::reported(finding.matter.as_str(), &finding.about)?;
    Ok(ports.ledger.get(&key).await?.is_some())
}

async fn report(ports: &ReconcilePorts<'_>, finding: &Finding) -> Result<Swap, OnceError> {
    let key = key::reported(finding.matter.as_str(), &finding.about)?;
    let entry = encode(&key, finding, false, ports.clock.now())?;
    Ok(ports.ledger.swap(&key, None, &entry).await?)
}
