//! Removes the snapshots that retention lets go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use futures::stream::FuturesOrdered;
use jiff::Timestamp;
use ports::{
    Clock, Deletion, ErrorKind, Inventory, PortError, Presence, Retry, Snapshot, SnapshotFilter, SnapshotId,
    Snapshots, UsedBy, VolumeId, time,
};
use serde::{Deserialize, Serialize};

use crate::policy::listed::{self, LISTED};
use crate::policy::once::{backoff, fits};
use crate::policy::pace::{Pace, Rate};
use crate::policy::retention::{Bound, Mismatch, Reading, Retention, RetentionPlan, SnapshotVerdict};

/// About how many snapshots one call asks what uses them: few enough for all its pages to end in time.
const ASKED_AT_ONCE: usize = 200;
/// How many deletions are on their way at once, so that the pace and not each answer's time sets the speed.
const DELETED_AT_ONCE: usize = 8;
/// How often a deletion is tried that fails for another reason than too many requests.
const ATTEMPTS: u32 = 3;

/// The ports that pruning needs.
#[derive(Clone, Copy, Debug)]
pub struct PrunePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What uses a snapshot.
    pub inventory: &'a dyn Inventory,
    /// The snapshots.
    pub snapshots: &'a dyn Snapshots,
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
    /// The first of those removed.
    pub deleted_ids: Vec<SnapshotId>,
    /// The first of those that stay because something turned out to use them.
    pub in_use: Vec<SnapshotId>,
    /// How many more of them there are.
    #[serde(default)]
    pub more_in_use: u64,
    /// The first of those that could not be removed, and why.
    pub failed: Vec<FailedDeletion>,
    /// How many more of them there are.
    #[serde(default)]
    pub more_failed: u64,
    /// How many there was no time for.
    pub left: u64,
    /// How many of a backlog were left to the next nights on purpose.
    #[serde(default)]
    pub later: u64,
    /// The sizes of the volumes of those removed, in GiB: an upper bound of what was freed, because snapshots are
    /// incremental.
    pub freed_gib_at_most: u64,
}

impl Pruned {
    /// How many stay because something turned out to use them.
    pub fn used(&self) -> u64 {
        listed::count(&self.in_use, self.more_in_use)
    }

    /// How many could not be removed.
    pub fn failures(&self) -> u64 {
        listed::count(&self.failed, self.more_failed)
    }
}

/// A snapshot that could not be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedDeletion {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// Why.
    pub error: String,
}

/// What keeps snapshots from being removed, of those that would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bonds {
    /// What uses one.
    pub in_use: BTreeMap<SnapshotId, UsedBy>,
    /// Until when one is locked, where that is known.
    pub locked: BTreeMap<SnapshotId, Option<Timestamp>>,
}

impl Bonds {
    /// The same, to plan with.
    pub fn bound(&self) -> Bound<'_> {
        Bound { in_use: &self.in_use, locked: &self.locked }
    }

    /// Reads what keeps any of these.
    ///
    /// # Errors
    ///
    /// When EC2 cannot be asked.
    pub async fn of(inventory: &dyn Inventory, candidates: &[SnapshotId]) -> Result<Self, PortError> {
        let mut bonds = Self::default();
        for some in candidates.chunks(ASKED_AT_ONCE) {
            let uses = inventory.uses(some).await?;
            bonds.in_use.extend(uses.into_iter().map(|used| (used.snapshot, used.by)));
        }
        if candidates.is_empty() {
            return Ok(bonds);
        }
        let candidates: BTreeSet<&SnapshotId> = candidates.iter().collect();
        let mut from = None;
        loop {
            let page = inventory.locks(from).await?;
            let of_ours = page.items.into_iter().filter(|lock| candidates.contains(&lock.snapshot));
            bonds.locked.extend(of_ours.map(|lock| (lock.snapshot, lock.until)));
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(bonds),
            }
        }
    }
}

/// Reads the snapshots that a policy is about, and what keeps those that it would remove, were every volume gone; and for another policy what that
/// asks of them. Ports list only what belongs to this account.
///
/// They are read page by page, and of each is kept what decisions need: of a million that is a sixth of what they are, and
/// fits into the function's memory.
///
/// # Errors
///
/// When they cannot all be listed: a decision over a part could take the last one of a volume.
pub async fn gather(
    ports: &PrunePorts<'_>,
    retention: &Retention,
    other: Option<&Retention>,
    now: Timestamp,
) -> Result<Reading, PortError> {
    read(ports, retention.reading(other), &|reading| reading.plan_if_gone(now)).await
}

/// Why a plan that was made before is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unapproved {
    /// The world cannot be read.
    #[error(transparent)]
    Port(#[from] PortError),
    /// It does not fit the world.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

/// Reads the world again for a plan that was made before, and gives what is left to do of it. Volumes that it takes for
/// gone are asked for once more.
///
/// # Errors
///
/// When the world cannot be read, or the same policy decides otherwise now.
pub async fn recheck(ports: &PrunePorts<'_>, before: &RetentionPlan) -> Result<RetentionPlan, Unapproved> {
    let again = |reading: &Reading| reading.plan_again(before);
    let mut begun = before.policy.reading(None);
    begun.bury(still_gone(ports.inventory, before).await?);
    let now = again(&read(ports, begun, &again).await?);
    before.check(&now)?;
    Ok(now)
}

/// Those volumes that a plan takes for gone and that are so still.
async fn still_gone(
    inventory: &dyn Inventory,
    before: &RetentionPlan,
) -> Result<BTreeMap<VolumeId, Timestamp>, PortError> {
    let mut gone = BTreeMap::new();
    for volume in &before.gone_volumes {
        if inventory.presence(volume).await? == Presence::NotFound {
            gone.insert(volume.clone(), before.now);
        }
    }
    Ok(gone)
}

async fn read(
    ports: &PrunePorts<'_>,
    mut reading: Reading,
    plan: &(dyn Fn(&Reading) -> RetentionPlan + Send + Sync),
) -> Result<Reading, PortError> {
    let filter = reading.policy().spec().owned_by.filter();
    each(ports.snapshots, &filter, &mut |snapshot| reading.add(&snapshot, false)).await?;
    let candidates: Vec<SnapshotId> = plan(&reading).removed().map(|verdict| verdict.id.clone()).collect();
    reading.bind(&Bonds::of(ports.inventory, &candidates).await?.bound());
    Ok(reading)
}

/// Gives every own snapshot that the filter lets through to `take`, page by page, so that nobody has to hold them all.
///
/// # Errors
///
/// When a page cannot be read; then some were given already.
pub async fn each(
    snapshots: &dyn Snapshots,
    filter: &SnapshotFilter,
    take: &mut (dyn FnMut(Snapshot) + Send),
) -> Result<(), PortError> {
    let mut from = None;
    loop {
        let page = snapshots.page(filter, from).await?;
        page.items.into_iter().for_each(&mut *take);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}

/// Every own snapshot that the filter lets through.
///
/// # Errors
///
/// When a page cannot be read.
pub async fn all(snapshots: &dyn Snapshots, filter: &SnapshotFilter) -> Result<Vec<Snapshot>, PortError> {
    let mut found = Vec::new();
    each(snapshots, filter, &mut |snapshot| found.push(snapshot)).await?;
    Ok(found)
}

/// What is removed of a plan, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Deletions<'a> {
    /// The plan.
    pub plan: &'a RetentionPlan,
    /// How many of it, the oldest first.
    pub most: usize,
    /// How many EC2 lets this account delete a second.
    pub rate: Rate,
}

impl<'a> Deletions<'a> {
    /// All that the plan removes, at the rate that every account has.
    pub fn of_all(plan: &'a RetentionPlan) -> Self {
        Self { plan, most: usize::MAX, rate: Rate::default() }
    }
}

/// Carries a plan out as fast as EC2 lets it, and tells `seen` of each snapshot that was dealt with, and whether it is
/// gone. One that cannot be removed does not stop the others; what there is no time for is left to the next run.
pub async fn apply(
    ports: &PrunePorts<'_>,
    deadline: Timestamp,
    Deletions { plan, most, rate }: Deletions<'_>,
    seen: &(dyn Fn(&SnapshotId, bool) + Sync),
) -> Pruned {
    let pace = &Mutex::new(Pace::of_deletions(rate, ports.clock.now()));
    let order = plan.in_order_of_removal();
    let later = count(order.len().saturating_sub(most));
    let mut pruned = Pruned { kept: count(plan.kept().count()), later, ..Pruned::default() };
    let begin = |verdict| delete(ports, deadline, pace, verdict);
    // Each is made when its turn comes: of hundreds of thousands made in advance few would have one before the deadline.
    let mut waiting = order.into_iter().take(most);
    let mut begun: FuturesOrdered<_> = waiting.by_ref().take(DELETED_AT_ONCE).map(begin).collect();
    while let Some((verdict, result)) = begun.next().await {
        let gone = matches!(result, Some(Ok(Deletion::Deleted | Deletion::AlreadyGone)));
        pruned.count(verdict, result);
        seen(&verdict.id, gone);
        begun.extend(waiting.next().map(begin));
    }
    pruned
}

impl Pruned {
    fn count(&mut self, verdict: &SnapshotVerdict, result: Option<Result<Deletion, PortError>>) {
        match result {
            None => self.left = self.left.saturating_add(1),
            Some(Ok(Deletion::Deleted)) => {
                self.deleted = self.deleted.saturating_add(1);
                self.freed_gib_at_most = self.freed_gib_at_most.saturating_add(verdict.size_gib.into());
                if self.deleted_ids.len() < LISTED {
                    self.deleted_ids.push(verdict.id.clone());
                }
            }
            Some(Ok(Deletion::AlreadyGone)) => self.already_gone = self.already_gone.saturating_add(1),
            Some(Ok(Deletion::InUse(_))) => {
                self.kept = self.kept.saturating_add(1);
                listed::add(&mut self.in_use, &mut self.more_in_use, verdict.id.clone());
            }
            Some(Err(error)) => {
                let error = listed::words(&error.to_string());
                let failed = FailedDeletion { snapshot: verdict.id.clone(), error };
                listed::add(&mut self.failed, &mut self.more_failed, failed);
            }
        }
    }
}

/// Deletes one of a plan, and tells which.
async fn delete<'v>(
    ports: &PrunePorts<'_>,
    deadline: Timestamp,
    pace: &Mutex<Pace>,
    verdict: &'v SnapshotVerdict,
) -> (&'v SnapshotVerdict, Option<Result<Deletion, PortError>>) {
    (verdict, try_to_delete(ports, deadline, pace, &verdict.id).await)
}

/// Deletes one snapshot at its time; `None` when none is left. Deleting is idempotent, so whatever may pass is tried
/// again: a throttle for as long as there is time, because the pace learns from it.
async fn try_to_delete(
    ports: &PrunePorts<'_>,
    deadline: Timestamp,
    pace: &Mutex<Pace>,
    id: &SnapshotId,
) -> Option<Result<Deletion, PortError>> {
    let mut failures = 0_u32;
    loop {
        let now = ports.clock.now();
        let at = held(pace).reserve(now);
        if !fits(at, deadline) {
            return None;
        }
        // A sleep of nothing still takes what a timer is exact to: a millisecond for each of thousands.
        if now < at {
            ports.clock.sleep(at.duration_since(now)).await;
        }
        let sent = ports.clock.now();
        let error = match ports.snapshots.delete(id).await {
            Ok(deletion) => {
                held(pace).succeeded();
                return Some(Ok(deletion));
            }
            Err(error) => error,
        };
        if error.kind == ErrorKind::Throttled {
            held(pace).throttled(sent, ports.clock.now());
            continue;
        }
        let wait = backoff(failures, error.kind);
        failures = failures.saturating_add(1);
        let again = fits(time::later(ports.clock.now(), wait), deadline);
        if error.retry() == Retry::Never || ATTEMPTS <= failures || !again {
            return Some(Err(error));
        }
        ports.clock.sleep(wait).await;
    }
}

fn held(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
