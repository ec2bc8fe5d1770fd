//! Removes the snapshots that retention lets go.

use std::collections::BTreeSet;

use ports::{
    Clock, Deletion, ErrorKind, Inventory, PortError, Snapshot, SnapshotFilter, SnapshotId, Snapshots, time,
};
use serde::{Deserialize, Serialize};

use super::run::Run;
use crate::policy::naming::{AUTO_CREATED, CARETAKER, CREATED_BY};
use crate::policy::once::{backoff, fits};
use crate::policy::retention::{Retention, RetentionPlan};

/// About how many snapshots one call asks what uses them: few enough for it to end in time.
const ASKED_AT_ONCE: usize = 1000;

/// The ports that pruning needs.
#[derive(Clone, Copy)]
pub struct PrunePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What uses a snapshot.
    pub inventory: &'a dyn Inventory,
    /// The snapshots.
    pub snapshots: &'a dyn Snapshots,
}

impl std::fmt::Debug for PrunePorts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrunePorts")
    }
}

/// What became of the snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// How many were removed.
    pub deleted: u64,
    /// How many stay because of the plan, or because they are in use.
    pub kept: u64,
    /// How many were gone already.
    pub already_gone: u64,
    /// Those removed, at most [`Pruned::LISTED`] of them.
    pub deleted_ids: Vec<SnapshotId>,
    /// Those that stay because something turned out to use them.
    pub in_use: Vec<SnapshotId>,
    /// Those that could not be removed, and why.
    pub failed: Vec<FailedDeletion>,
    /// How many there was no time for.
    pub left: u64,
    /// The sizes of the volumes of those removed, in GiB: an upper bound of what was freed, because snapshots are
    /// incremental.
    pub freed_gib_at_most: u64,
}

impl Pruned {
    /// How many ids are listed; the numbers count them all.
    pub const LISTED: usize = 500;
}

/// A snapshot that could not be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedDeletion {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// Why.
    pub error: String,
}

/// Decides what to remove of our snapshots.
///
/// # Errors
///
/// When they cannot all be listed: a decision over a part could take the last one of a volume.
pub async fn plan(ports: &PrunePorts<'_>, retention: &Retention) -> Result<RetentionPlan, PortError> {
    let filter = SnapshotFilter::tagged(AUTO_CREATED, "true").and(CREATED_BY, CARETAKER);
    let now = ports.clock.now();
    let snapshots = all(ports.snapshots, &filter).await?;
    let old = retention.plan(&snapshots, &BTreeSet::new(), now);
    let candidates: Vec<SnapshotId> = old.remove.iter().map(|verdict| verdict.id.clone()).collect();
    let mut in_use = BTreeSet::new();
    for some in candidates.chunks(ASKED_AT_ONCE) {
        in_use.extend(ports.inventory.uses(some).await?.into_iter().map(|used| used.snapshot));
    }
    Ok(retention.plan(&snapshots, &in_use, now))
}

/// Every own snapshot that the filter lets through.
///
/// # Errors
///
/// When a page cannot be read.
pub async fn all(snapshots: &dyn Snapshots, filter: &SnapshotFilter) -> Result<Vec<Snapshot>, PortError> {
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let page = snapshots.page(filter, from).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(found),
        }
    }
}

/// Carries the plan out, one snapshot after the other. One that cannot be removed does not stop the others.
pub async fn apply(ports: &PrunePorts<'_>, run: &Run, plan: &RetentionPlan) -> Pruned {
    let mut pruned = Pruned { kept: count(plan.keep.len()), ..Pruned::default() };
    for (done, verdict) in plan.remove.iter().enumerate() {
        let Some(result) = delete(ports, run, &verdict.id).await else {
            pruned.left = count(plan.remove.len().saturating_sub(done));
            break;
        };
        match result {
            Ok(Deletion::Deleted) => {
                pruned.deleted = pruned.deleted.saturating_add(1);
                pruned.freed_gib_at_most = pruned.freed_gib_at_most.saturating_add(verdict.size_gib.into());
                if pruned.deleted_ids.len() < Pruned::LISTED {
                    pruned.deleted_ids.push(verdict.id.clone());
                }
            }
            Ok(Deletion::AlreadyGone) => pruned.already_gone = pruned.already_gone.saturating_add(1),
            Ok(Deletion::InUse(_)) => {
                pruned.kept = pruned.kept.saturating_add(1);
                pruned.in_use.push(verdict.id.clone());
            }
            Err(error) => {
                pruned.failed.push(FailedDeletion { snapshot: verdict.id.clone(), error: error.to_string() });
            }
        }
    }
    pruned
}

/// Deletes one snapshot; `None` when no time is left. Deleting is idempotent, so whatever may pass is tried again.
async fn delete(ports: &PrunePorts<'_>, run: &Run, id: &SnapshotId) -> Option<Result<Deletion, PortError>> {
    let mut attempts = 0_u32;
    while fits(ports.clock.now(), run.deadline) {
        let error = match ports.snapshots.delete(id).await {
            Ok(deletion) => return Some(Ok(deletion)),
            Err(error) => error,
        };
        let patience = if error.kind == ErrorKind::Throttled { u32::MAX } else { 3 };
        attempts = attempts.saturating_add(1);
        let wait = backoff(attempts.saturating_sub(1), ErrorKind::Throttled);
        if error.retry() == ports::Retry::Never || patience <= attempts {
            return Some(Err(error));
        }
        if !fits(time::later(ports.clock.now(), wait), run.deadline) {
            return None;
        }
        ports.clock.sleep(wait).await;
    }
    None
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
