//! Reads what there is to reconcile, and lets the policy judge it. A source that cannot be read does not hide the others.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::trigger::InstanceTrigger;
use ports::{InstanceId, LedgerKey, PortError, Snapshot, SnapshotId, Stored, time};
use serde_json::Value;

use super::{Failed, ReconcilePorts, Sets};
use crate::policy::listed::words;
use crate::policy::once::{Phase, Record, fits};
use crate::policy::open::{KEEP_TRYING, Open, Stands};
use crate::policy::ownership::{self, OwnerName, Whose};
use crate::policy::reconcile::{Finding, Matter, ReconcilePlan, ReconcilePolicy, Rest, Task};
use crate::policy::retention::Stock;
use crate::policy::sets::{Progress, SetFound, SetRecord, sets};
use crate::policy::snapshot::{Incident, OPT_IN};
use crate::workflow::incident::known;
use crate::workflow::once::{OnceError, read};
use crate::workflow::prune::{self, Bonds};
use crate::workflow::restart;
use crate::workflow::run::Run;
use crate::workflow::take::SnapshotSet;

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
    /// Whether there is time to look at one more matter; if not, it is left.
    fn has_time(&mut self, ports: &ReconcilePorts<'_>, run: &Run) -> bool {
        let has_time = fits(ports.clock.now(), run.deadline);
        self.left = self.left.saturating_add(usize::from(!has_time));
        has_time
    }

    fn failed(&mut self, what: impl Into<String>, error: &OnceError) {
        self.failed.push(Failed { what: what.into(), error: words(&error.to_string()) });
    }
}

/// Reads everything.
pub(super) async fn gather(ports: &ReconcilePorts<'_>, policy: &ReconcilePolicy, run: &Run) -> Gathered {
    let now = ports.clock.now();
    let mut gathered = Gathered::default();
    match open_entries(ports).await {
        Ok(entries) => {
            for (key, stored) in entries {
                // What this run itself is at is not left behind.
                let Some(open) = open(key, &stored, run) else { continue };
                gathered.plan.add(policy.entry(&open, now));
                gathered.entries.insert(open.key, stored);
            }
        }
        Err(error) => gathered.failed("open entries", &error.into()),
    }
    match snapshots(ports, &policy.snapshots.owner).await {
        Ok(snapshots) => {
            gathered.unowned = snapshots.iter().filter(|s| s.tags.get(ownership::OWNER).is_none()).count();
            look_at_sets(ports, run, &snapshots, now, &mut gathered).await;
            clear_removals(ports, (policy, run), &snapshots, now, &mut gathered).await;
            look_for_lost(ports, (policy, run), &snapshots, now, &mut gathered).await;
        }
        Err(error) => gathered.failed("snapshots", &error.into()),
    }
    gathered
}

/// The owner's own snapshots, and those of an earlier version, which are nobody's yet: the stops
/// that they are of must not be taken for lost. Those of other owners count for nothing.
async fn snapshots(ports: &ReconcilePorts<'_>, owner: &OwnerName) -> Result<Vec<Snapshot>, PortError> {
    let mut snapshots = prune::all(ports.snapshots, &ownership::of_any()).await?;
    snapshots.retain(|snapshot| owner.whose(&snapshot.tags) != Whose::Anothers);
    Ok(snapshots)
}

async fn open_entries(ports: &ReconcilePorts<'_>) -> Result<Vec<(LedgerKey, Stored)>, PortError> {
    let mut entries = Vec::new();
    let mut from = None;
    loop {
        let page = ports.ledger.open_entries("", from).await?;
        entries.extend(page.items);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(entries),
        }
    }
}

fn open(key: LedgerKey, stored: &Stored, run: &Run) -> Option<Open> {
    let (stands, subject) = match read::<Value, Value>(&key, stored) {
        Ok(record) => (stands(record.phase, run)?, record.subject),
        Err(error) => (Stands::Unreadable { why: error.to_string() }, String::new()),
    };
    Some(Open { key, stands, repeatable: !subject.starts_with(restart::SUBJECT) })
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

/// Counts the sets of the last day, and judges those of any age with which something is the matter.
async fn look_at_sets(
    ports: &ReconcilePorts<'_>,
    run: &Run,
    snapshots: &[Snapshot],
    now: Timestamp,
    gathered: &mut Gathered,
) {
    for set in sets(snapshots) {
        if set.begun_at().is_some_and(|begun| time::earlier(now, KEEP_TRYING) <= begun) {
            let count = match set.progress() {
                Progress::Completed => &mut gathered.sets.completed,
                Progress::Pending => &mut gathered.sets.pending,
                Progress::Failed => &mut gathered.sets.failed,
            };
            *count = count.saturating_add(1);
        }
        if set.is_odd() && gathered.has_time(ports, run) {
            match set_record(ports, &set).await {
                Ok((record, stored)) => {
                    gathered.entries.extend(stored.map(|stored| (set.key.clone(), stored)));
                    set.verdicts(&record, now).into_iter().for_each(|verdict| gathered.plan.add(verdict));
                }
                Err(error) => gathered.failed(set.key.as_str(), &error),
            }
        }
    }
}

/// Lets retention say which of the snapshots that are too many may go: nothing is removed past its rails.
async fn clear_removals(
    ports: &ReconcilePorts<'_>,
    (policy, run): (&ReconcilePolicy, &Run),
    snapshots: &[Snapshot],
    now: Timestamp,
    gathered: &mut Gathered,
) {
    let wished: BTreeSet<SnapshotId> = gathered.plan.removals().cloned().collect();
    if wished.is_empty() {
        return;
    }
    if !gathered.has_time(ports, run) {
        return gathered.plan.remove_only(|_| false);
    }
    let ids: Vec<SnapshotId> = wished.iter().cloned().collect();
    let bonds = match Bonds::of(ports.inventory, &ids).await {
        Ok(bonds) => bonds,
        Err(error) => {
            gathered.failed("what keeps surplus snapshots", &error.into());
            return gathered.plan.remove_only(|_| false);
        }
    };
    let Bonds { in_use, locked } = &bonds;
    let stock = Stock { snapshots, in_use, locked, shared_in: &BTreeSet::new() };
    let clearance = policy.retention.clear(&stock, &wished, now);
    gathered.plan.remove_only(|id| clearance.clears(id));
    if let Some(refusal) = clearance.refused {
        let words = format!("snapshots that seem to be too many are left alone: {refusal}");
        gathered.plan.findings.push(Finding::new("surplus snapshots", Matter::Surplus, words));
    }
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
                again: outcome.incident.again.map(|again| again.at),
            }
        }
        Phase::Intended { .. } | Phase::Released { .. } | Phase::Halted { .. } => SetRecord::Open,
    };
    Ok((record, Some(stored)))
}

/// Looks for opted-in instances that came to rest without anybody having heard of it.
async fn look_for_lost(
    ports: &ReconcilePorts<'_>,
    (policy, run): (&ReconcilePolicy, &Run),
    snapshots: &[Snapshot],
    now: Timestamp,
    gathered: &mut Gathered,
) {
    let instances = match ports.inventory.not_running(OPT_IN).await {
        Ok(instances) => instances,
        Err(error) => return gathered.failed("instances", &error.into()),
    };
    for instance in &instances {
        // Most are done with before the ledger is asked.
        if policy.lost(instance, &[], snapshots, now).is_none() || !gathered.has_time(ports, run) {
            continue;
        }
        match known(ports.ledger, &instance.id, Rest::of(instance).since()).await {
            Ok(known) => {
                if let Some(trigger) = policy.lost(instance, &known, snapshots, now) {
                    gathered.plan.tasks.push(Task::Snapshot(instance.id.clone()));
                    gathered.lost.insert(instance.id.clone(), trigger);
                }
            }
            Err(error) => gathered.failed(instance.id.as_str(), &error),
        }
    }
}
