//! Reads what there is to reconcile, and lets the policy judge it. A source that cannot be read does not hide the others, and
//! nothing is read that might not end before the deadline.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::trigger::InstanceTrigger;
use ports::{
    Instance, InstanceId, LedgerEntry, LedgerKey, Page, PageToken, PortError, Snapshot, SnapshotId, Stored,
    Swap, time,
};
use serde_json::Value;

use super::{Failed, ReconcilePorts, Sets};
use crate::policy::incident::Incidents;
use crate::policy::listed::words;
use crate::policy::mode::Mode;
use crate::policy::once::{Phase, Record, fits};
use crate::policy::open::{KEEP_TRYING, Open, Stands, Topic};
use crate::policy::ownership::{self, OwnerName, Whose};
use crate::policy::reconcile::{Finding, Matter, ReconcilePlan, ReconcilePolicy, Rest, Task, end_of_run};
use crate::policy::retention;
use crate::policy::sets::{Progress, SetFound, SetRecord, sets};
use crate::policy::snapshot::{Incident, OPT_IN};
use crate::workflow::entry::FOR_GOOD;
use crate::workflow::incident::known;
use crate::workflow::once::{OnceError, read};
use crate::workflow::prune::Bonds;
use crate::workflow::remedy;
use crate::workflow::run::Run;
use crate::workflow::snapshot_set::SnapshotSet;

/// What was read, and what is to be done about it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// What to do.
    pub(super) plan: ReconcilePlan,
    /// The entries that it is about.
    pub(super) entries: BTreeMap<LedgerKey, Stored>,
    /// The events that were lost.
    pub(super) lost: BTreeMap<InstanceId, InstanceTrigger>,
    /// How far sets have come.
    pub(super) sets: Sets,
    /// How many snapshots of an earlier version are nobody's yet.
    pub(super) unowned: usize,
    /// What could not be read.
    pub(super) failed: Vec<Failed>,
    /// What there was no time to look at.
    pub(super) left: usize,
}

impl Gathered {
    pub(super) fn failed(&mut self, what: impl Into<String>, error: &OnceError) {
        self.failed.push(Failed { what: what.into(), error: words(&error.to_string()) });
    }

    pub(super) fn leave_one(&mut self) {
        self.left = self.left.saturating_add(1);
    }
}

/// Reads for one run.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) ports: &'a ReconcilePorts<'a>,
    pub(super) policy: &'a ReconcilePolicy,
    pub(super) run: &'a Run,
}

impl Reading<'_> {
    /// Whether there is time for one more call.
    pub(super) fn has_time(&self) -> bool {
        fits(self.ports.clock.now(), self.run.deadline)
    }

    /// Everything in a list, each page in a call of its own; `None` when there is no time for all of it.
    pub(super) async fn all<T, F>(
        &self,
        page: impl Fn(Option<PageToken>) -> F + Send,
    ) -> Result<Option<Vec<T>>, PortError>
    where
        T: Send,
        F: Future<Output = Result<Page<T>, PortError>> + Send,
    {
        let mut items = Vec::new();
        let is_all = self.each(page, &mut |item| items.push(item)).await?;
        Ok(is_all.then_some(items))
    }

    /// Gives everything in a list to `take`, each page in a call of its own, and tells whether there was time for all of it.
    async fn each<T, F>(
        &self,
        page: impl Fn(Option<PageToken>) -> F + Send,
        take: &mut (dyn FnMut(T) + Send),
    ) -> Result<bool, PortError>
    where
        T: Send,
        F: Future<Output = Result<Page<T>, PortError>> + Send,
    {
        let mut from = None;
        while self.has_time() {
            let page = page(from).await?;
            page.items.into_iter().for_each(&mut *take);
            from = page.next;
            if from.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the ledger says is open. Its index may lag, so each entry is read itself.
    pub(super) async fn open_entries(&self) -> Gathered {
        let mut gathered = Gathered::default();
        match self.all(|from| self.ports.ledger.open_keys(from)).await {
            Ok(Some(keys)) => {
                for key in keys {
                    if let Err(error) = self.look_at_open(key.clone(), &mut gathered).await {
                        gathered.failed(key.as_str(), &error);
                    }
                }
            }
            Ok(None) => gathered.leave_one(),
            Err(error) => gathered.failed("open entries", &error.into()),
        }
        gathered
    }

    async fn look_at_open(&self, key: LedgerKey, gathered: &mut Gathered) -> Result<(), OnceError> {
        if !self.has_time() {
            gathered.leave_one();
            return Ok(());
        }
        if let Some(stored) = self.open_entry(&key).await? {
            self.judge(key, stored, gathered).await?;
        }
        Ok(())
    }

    /// An entry, if it is open.
    pub(super) async fn open_entry(&self, key: &LedgerKey) -> Result<Option<Stored>, OnceError> {
        Ok(self.ports.ledger.get(key).await?.filter(|stored| stored.entry.open))
    }

    /// Lets the policy judge an open entry.
    pub(super) async fn judge(
        &self,
        key: LedgerKey,
        stored: Stored,
        gathered: &mut Gathered,
    ) -> Result<(), OnceError> {
        // What this run itself is at is not left behind.
        let Some(open) = open(key, &stored, self.run) else { return Ok(()) };
        let stored = match open.stands {
            Stands::Halted { .. } => self.kept(&open.key, stored).await?,
            Stands::Intended { .. }
            | Stands::Released { .. }
            | Stands::Untold { .. }
            | Stands::Unreadable { .. } => stored,
        };
        gathered.plan.add(self.policy.entry(&open, self.ports.clock.now()));
        gathered.entries.insert(open.key, stored);
        Ok(())
    }

    /// What is halted stays until a person has looked. An earlier version would have let it expire.
    async fn kept(&self, key: &LedgerKey, stored: Stored) -> Result<Stored, OnceError> {
        if self.run.mode == Mode::Observe || stored.entry.keep_until == FOR_GOOD {
            return Ok(stored);
        }
        let entry = LedgerEntry { keep_until: FOR_GOOD, ..stored.entry.clone() };
        Ok(match self.ports.ledger.swap(key, Some(stored.version), &entry).await? {
            Swap::Won(version) => Stored { version, entry },
            Swap::Lost(_) => stored,
        })
    }

    /// The sets with which something is the matter, and the stops that nobody heard of.
    pub(super) async fn sets_and_stops(&self) -> Gathered {
        let mut gathered = Gathered::default();
        let filter = ownership::of_any();
        let mut shelf = Shelf::of(self.policy);
        match self.each(|from| self.ports.snapshots.page(&filter, from), &mut |s| shelf.add(&s)).await {
            Ok(true) => {
                gathered.unowned = shelf.unowned;
                self.look_at_sets(&mut shelf.reading, &mut gathered).await;
                self.look_for_lost(&shelf.ends, &mut gathered).await;
            }
            Ok(false) => gathered.leave_one(),
            Err(error) => gathered.failed("snapshots", &error.into()),
        }
        gathered
    }

    /// Counts the sets of the last day, and judges those of any age with which something is the matter.
    async fn look_at_sets(&self, reading: &mut retention::Reading, gathered: &mut Gathered) {
        let now = self.ports.clock.now();
        for set in sets(reading) {
            if set.begun_at().is_some_and(|begun| time::earlier(now, KEEP_TRYING) <= begun) {
                let count = match set.progress() {
                    Progress::Completed => &mut gathered.sets.completed,
                    Progress::Pending => &mut gathered.sets.pending,
                    Progress::Failed => &mut gathered.sets.failed,
                };
                *count = count.saturating_add(1);
            }
            if !set.is_odd() {
                continue;
            }
            if !self.has_time() {
                gathered.leave_one();
                continue;
            }
            match set_record(self.ports, &set).await {
                Ok((record, stored)) => {
                    gathered.entries.extend(stored.map(|stored| (set.key.clone(), stored)));
                    set.next_steps(&record, now)
                        .into_iter()
                        .for_each(|next_step| gathered.plan.add(next_step));
                }
                Err(error) => gathered.failed(set.key.as_str(), &error),
            }
        }
        self.clear_removals(reading, gathered).await;
    }

    /// Lets retention say which of the snapshots that are too many may go: nothing is removed past its safeguards.
    async fn clear_removals(&self, reading: &mut retention::Reading, gathered: &mut Gathered) {
        let wished: BTreeSet<SnapshotId> = gathered.plan.removals().cloned().collect();
        if wished.is_empty() {
            return;
        }
        if !self.has_time() {
            gathered.leave_one();
            return gathered.plan.remove_only(|_| false);
        }
        let ids: Vec<SnapshotId> = wished.iter().cloned().collect();
        match Bonds::of(self.ports.inventory, &ids).await {
            Ok(bonds) => reading.bind(&bonds.bound()),
            Err(error) => {
                gathered.failed("what keeps surplus snapshots", &error.into());
                return gathered.plan.remove_only(|_| false);
            }
        }
        let clearance = reading.clear(&wished, self.ports.clock.now());
        gathered.plan.remove_only(|id| clearance.clears(id));
        if let Some(refusal) = clearance.refused {
            let words = format!("snapshots that seem to be too many are left alone: {refusal}");
            gathered.plan.findings.push(Finding::new("surplus snapshots", Matter::Surplus, words));
        }
    }

    /// Looks for opted-in instances that came to rest without anybody having heard of it.
    async fn look_for_lost(&self, ends: &Ends, gathered: &mut Gathered) {
        let instances = match self.all(|from| self.ports.inventory.not_running(OPT_IN, from)).await {
            Ok(Some(instances)) => instances,
            Ok(None) => return gathered.leave_one(),
            Err(error) => return gathered.failed("instances", &error.into()),
        };
        for instance in &instances {
            let of_it = ends.get(&instance.id).map(Vec::as_slice).unwrap_or_default();
            if let Err(error) = self.look_at_rest(instance, of_it, gathered).await {
                gathered.failed(instance.id.as_str(), &error);
            }
        }
    }

    /// Most are done with before the ledger is asked.
    async fn look_at_rest(
        &self,
        instance: &Instance,
        ends: &[Timestamp],
        gathered: &mut Gathered,
    ) -> Result<(), OnceError> {
        let now = self.ports.clock.now();
        if self.policy.lost(instance, &[], ends, now).is_none() {
            return Ok(());
        }
        if !self.has_time() {
            gathered.leave_one();
            return Ok(());
        }
        let known = known(self.ports.ledger, &instance.id, Rest::of(instance).since()).await?;
        if let Some(trigger) = self.policy.lost(instance, &known, ends, now) {
            gathered.plan.tasks.push(Task::Snapshot(instance.id.clone()));
            gathered.lost.insert(instance.id.clone(), trigger);
        }
        Ok(())
    }
}

/// The ends of runs that snapshots were made for.
type Ends = BTreeMap<InstanceId, Vec<Timestamp>>;

/// What is kept of the snapshots that are listed: those of this owner, and those of an earlier version. These are nobody's yet,
/// and the stops that they are of must not be taken for lost. Those of other owners count for nothing.
struct Shelf<'a> {
    owner: &'a OwnerName,
    reading: retention::Reading,
    ends: Ends,
    unowned: usize,
}

impl<'a> Shelf<'a> {
    fn of(policy: &'a ReconcilePolicy) -> Self {
        let reading = policy.retention.reading(None);
        Self { owner: &policy.snapshots.owner, reading, ends: Ends::new(), unowned: 0 }
    }

    fn add(&mut self, snapshot: &Snapshot) {
        match self.owner.whose(&snapshot.tags) {
            Whose::Anothers => return,
            Whose::Nobodys => self.unowned = self.unowned.saturating_add(1),
            Whose::Own => {}
        }
        self.reading.add(snapshot, false);
        if let Some((instance, end)) = end_of_run(snapshot) {
            self.ends.entry(instance).or_default().push(end);
        }
    }
}

/// An entry, as far as a decision needs it; `None` for what this run is at.
pub(super) fn open(key: LedgerKey, stored: &Stored, run: &Run) -> Option<Open> {
    let record = read::<Value, Value>(&key, stored)
        .and_then(|record| Ok((may_be_repeated(&key, &record)?, record.phase)));
    let (repeatable, stands) = match record {
        Ok((repeatable, phase)) => (repeatable, stands(phase, run)?),
        Err(error) => (true, Stands::Unreadable { why: error.to_string() }),
    };
    Some(Open { key, stands, repeatable })
}

/// Only of a remedy there may be nothing to find afterwards.
fn may_be_repeated(key: &LedgerKey, record: &Record<Value, Value>) -> Result<bool, OnceError> {
    match Topic::of(key) {
        Topic::Remedy { .. } => remedy::is_repeatable(key, record),
        Topic::Snapshots { .. } | Topic::Notice | Topic::Night(_) | Topic::Poison | Topic::Unknown => {
            Ok(true)
        }
    }
}

fn stands(phase: Phase<Value, Value>, run: &Run) -> Option<Stands> {
    Some(match phase {
        Phase::Intended { owner, .. } if owner == run.owner => return None,
        Phase::Intended { lease_until, .. } => Stands::Intended { lease_until },
        Phase::Released { because, .. } => Stands::Released { because },
        Phase::Done { at, .. } => Stands::Untold { at },
        Phase::Halted { because, .. } => Stands::Halted { because },
    })
}

async fn set_record(
    ports: &ReconcilePorts<'_>,
    set: &SetFound<'_>,
) -> Result<(SetRecord, Option<Stored>), OnceError> {
    let Some(stored) = ports.ledger.get(&set.key).await? else { return Ok((SetRecord::Forgotten, None)) };
    let record: Record<Incident, SnapshotSet> = read(&set.key, &stored)?;
    let record = match record.phase {
        Phase::Done { outcome, .. } => {
            let wanted = outcome.incident.plan.targets.iter().map(|target| &target.volume);
            let taken = outcome.snapshots.iter().map(|snapshot| &snapshot.volume);
            SetRecord::Done {
                named: wanted.chain(taken).cloned().collect(),
                recorded: outcome.snapshots.iter().map(|snapshot| snapshot.id.clone()).collect(),
                // Its first event may have been an earlier one of the same end.
                since: time::earlier(outcome.incident.at, Incidents::LONGEST_END),
                again: outcome.incident.again.map(|again| again.at),
            }
        }
        Phase::Intended { .. } | Phase::Released { .. } | Phase::Halted { .. } => SetRecord::Open,
    };
    Ok((record, Some(stored)))
}
