//! EBS snapshots
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html>).

mod copy;
mod create;
mod delete;
mod describe;
mod limit;
mod lock;

pub use create::{CreateSnapshot, CreateSnapshots};
pub use limit::Limits;
pub use lock::Lock;

use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{AccountId, Snapshot, SnapshotId, SnapshotState, time};
use jiff::{SignedDuration, Timestamp};

use super::eventbridge::{ebs_set, ebs_snapshot};
use super::tag::TagEdits;
use super::{Cloud, Fact, known};
use crate::kernel::Context;
use crate::rule::Sometimes;

/// The snapshots of the account.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    snapshots: BTreeMap<SnapshotId, Snapshot>,
    /// Those that a limit may be about: all that are unfinished or new, and what was changed as if by magic.
    unsettled: BTreeSet<SnapshotId>,
    /// Until when a new one may not be seen.
    unseen: BTreeMap<SnapshotId, Timestamp>,
    /// Whose those are that are other accounts'.
    foreign: BTreeMap<SnapshotId, AccountId>,
    /// What is known of some of them beside that.
    marks: BTreeMap<SnapshotId, Mark>,
    /// When each completed.
    completed_at: BTreeMap<SnapshotId, Timestamp>,
    /// Those in the Recycle Bin, and until when they can be had back.
    bin: BTreeMap<SnapshotId, (Snapshot, Timestamp)>,
    edits: TagEdits,
    last: u64,
    /// How many fit on a page: 1,000, or fewer to meet second pages in small worlds.
    pub page_size: usize,
    /// How many there may be, and how fast they may come.
    pub limits: Limits,
    /// For how long the Recycle Bin retains what is deleted, where a retention rule is about it
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html>).
    pub recycle_bin: Option<SignedDuration>,
}

/// Something about a snapshot that few have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// Whether AWS Backup made it.
    is_backups: bool,
    /// The others that were begun with it.
    set: Vec<SnapshotId>,
    /// Whether it goes as soon as it is complete.
    is_doomed: bool,
    /// What keeps it from being deleted.
    lock: Option<Lock>,
    /// Whether it is enabled for fast restore.
    is_fast: bool,
}

impl Default for SnapshotStore {
    fn default() -> Self {
        Self {
            snapshots: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            unseen: BTreeMap::new(),
            foreign: BTreeMap::new(),
            marks: BTreeMap::new(),
            completed_at: BTreeMap::new(),
            bin: BTreeMap::new(),
            edits: TagEdits::default(),
            last: 0,
            page_size: 1000,
            limits: Limits::default(),
            recycle_bin: None,
        }
    }
}

impl SnapshotStore {
    /// Adds a snapshot as if by magic, for a past that the test wants.
    pub fn put(&mut self, snapshot: Snapshot) {
        self.unsettled.insert(snapshot.id.clone());
        self.snapshots.insert(snapshot.id.clone(), snapshot);
    }

    /// Adds a public or shared snapshot of another account.
    pub fn put_foreign(&mut self, snapshot: Snapshot, owner: AccountId) {
        self.foreign.insert(snapshot.id.clone(), owner);
        self.put(snapshot);
    }

    /// Lets a snapshot be one that AWS Backup made
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html>).
    pub fn let_backup_own(&mut self, snapshot: &SnapshotId) {
        self.marks.entry(snapshot.clone()).or_default().is_backups = true;
    }

    /// Enables a snapshot for fast restore, in the first zone
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-fast-snapshot-restore.html>).
    pub fn let_restore_fast(&mut self, snapshot: &SnapshotId) {
        self.marks.entry(snapshot.clone()).or_default().is_fast = true;
    }

    /// Every snapshot of the account.
    pub fn all(&self) -> impl Iterator<Item = &Snapshot> {
        self.snapshots.values().filter(|snapshot| self.owner(&snapshot.id).is_none())
    }

    /// A snapshot, to look at.
    pub fn look(&self, snapshot: &SnapshotId) -> Option<&Snapshot> {
        self.snapshots.get(snapshot)
    }

    /// A snapshot, to look at or to change as if by magic.
    pub fn get(&mut self, snapshot: &SnapshotId) -> Option<&mut Snapshot> {
        let found = self.snapshots.get_mut(snapshot)?;
        self.unsettled.insert(snapshot.clone());
        Some(found)
    }

    /// When a snapshot completed.
    pub fn completed_at(&self, snapshot: &SnapshotId) -> Option<Timestamp> {
        self.completed_at.get(snapshot).copied()
    }

    /// Whose a snapshot is, when it is another account's.
    pub fn owner(&self, snapshot: &SnapshotId) -> Option<&AccountId> {
        self.foreign.get(snapshot)
    }

    /// How far a snapshot has come, as EC2 writes it. Unverified: it is empty at first, and says nothing in between here.
    pub fn progress(&self, snapshot: &SnapshotId) -> &'static str {
        let state = self.snapshots.get(snapshot).map(|snapshot| snapshot.state);
        if state == Some(SnapshotState::Completed) { "100%" } else { "" }
    }

    /// An id that no snapshot has yet.
    pub fn new_id(&mut self) -> SnapshotId {
        self.last += 1;
        known(&format!("snap-{:017x}", self.last))
    }

    /// The new ones that this reader does not see yet.
    fn hidden(&mut self, context: &mut Context<'_>) -> BTreeSet<SnapshotId> {
        self.unseen.retain(|_, until| context.now < *until);
        let flapping = context.plan().consistency.flapping;
        let mut hidden = BTreeSet::new();
        for id in self.unseen.keys() {
            if !flapping || context.choose("trouble/flap", 2) == 0 {
                hidden.insert(id.clone());
            }
        }
        if !hidden.is_empty() {
            context.sometimes(Sometimes::StaleRead);
        }
        hidden
    }

    /// Lets a snapshot be in a state.
    fn enter(&mut self, snapshot: &SnapshotId, state: SnapshotState, context: &mut Context<'_>) {
        if let Some(found) = self.snapshots.get_mut(snapshot) {
            found.state = state;
            if state == SnapshotState::Completed {
                self.completed_at.insert(snapshot.clone(), context.now);
            }
            context.note(Fact::SnapshotIs { snapshot: snapshot.clone(), state });
        }
    }

    /// Of copies EBS tells in another form, which nothing here listens to.
    fn is_copy(&self, snapshot: &SnapshotId) -> bool {
        self.snapshots.get(snapshot).is_some_and(Snapshot::is_copy)
    }

    fn is_pending(&self, snapshot: &SnapshotId) -> bool {
        self.snapshots.get(snapshot).is_some_and(|found| found.state == SnapshotState::Pending)
    }

    /// The rest of a set: its other snapshots.
    fn rest_of_set(&self, snapshot: &SnapshotId) -> Vec<SnapshotId> {
        let set = self.marks.get(snapshot).map(|mark| mark.set.clone()).unwrap_or_default();
        set.into_iter().filter(|other| other != snapshot).collect()
    }

    /// Forgets what was put aside about a snapshot.
    fn forget(&mut self, snapshot: &SnapshotId) -> Option<Snapshot> {
        self.unseen.remove(snapshot);
        self.completed_at.remove(snapshot);
        self.marks.remove(snapshot);
        self.snapshots.remove(snapshot)
    }
}

impl Cloud {
    /// A snapshot completes or fails; if it fails, so does what is still pending of its set. AWS says that all the others
    /// display `error` then; what of those that had completed is unverified, here they stay
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
    pub(super) fn snapshot_ends(&mut self, snapshot: &SnapshotId, context: &mut Context<'_>) {
        if !self.snapshots.is_pending(snapshot) {
            return;
        }
        let rate = context.plan().failed_snapshots;
        let failed = context.happens("trouble/snapshot", rate);
        let rest = self.snapshots.rest_of_set(snapshot);
        let state = if failed { SnapshotState::Error } else { SnapshotState::Completed };
        let mut ended = vec![snapshot.clone()];
        if failed {
            context.sometimes(Sometimes::FailedSnapshot);
            ended.extend(rest.iter().filter(|other| self.snapshots.is_pending(other)).cloned());
        }
        for snapshot in &ended {
            self.snapshots.enter(snapshot, state, context);
            if !self.snapshots.is_copy(snapshot) {
                ebs_snapshot(self, "createSnapshot", snapshot, state, context);
            }
        }
        let is_over = !rest.iter().any(|other| self.snapshots.is_pending(other));
        if !rest.is_empty() && is_over {
            ebs_set(self, &[std::slice::from_ref(snapshot), &rest].concat(), state, context);
        }
        for snapshot in &ended {
            self.delete_if_doomed(snapshot, context);
        }
    }
}

/// When a new snapshot is seen, if that is later than now.
fn seen_at(context: &mut Context<'_>) -> Option<Timestamp> {
    let (rate, (least, most)) = (context.plan().consistency.lagging, context.plan().consistency.range());
    context.happens("trouble/lag", rate).then(|| {
        let lag = context.choose_between("trouble/lag-time", least, most);
        time::later(context.now, lag)
    })
}
