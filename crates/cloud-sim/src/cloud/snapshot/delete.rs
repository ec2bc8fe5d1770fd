use std::fmt;

use aws_vocabulary::{Snapshot, SnapshotId, SnapshotState, time};

use super::{Mark, SnapshotStore};
use crate::cloud::bucket::SNAPSHOT;
use crate::cloud::ec2::no_snapshot;
use crate::cloud::eventbridge::ebs_snapshot;
use crate::cloud::list::dry_run;
use crate::cloud::{ApiError, Cloud, Fact};
use crate::kernel::Context;
use crate::rule::Sometimes;

impl SnapshotStore {
    /// What is in the Recycle Bin, and can be had back.
    pub fn recycle_bin(&self) -> impl Iterator<Item = &Snapshot> {
        self.bin.values().map(|(snapshot, _)| snapshot)
    }

    /// Takes a snapshot away: into the Recycle Bin, if a rule retains it.
    fn remove(&mut self, snapshot: &SnapshotId, context: &Context<'_>) {
        self.bin.retain(|_, (_, until)| context.now < *until);
        let Some(gone) = self.forget(snapshot) else { return };
        if let Some(retained) = self.recycle_bin {
            let binned = Snapshot { state: SnapshotState::Recoverable, ..gone };
            self.bin.insert(snapshot.clone(), (binned, time::later(context.now, retained)));
        }
    }

    /// Whether its deletion was accepted, and it is only there until it is complete.
    pub fn is_doomed(&self, snapshot: &SnapshotId) -> bool {
        self.marks.get(snapshot).is_some_and(|mark| mark.is_doomed)
    }
}

impl Cloud {
    /// `DeleteSnapshot`. One that is pending goes once it is complete
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html>).
    ///
    /// # Errors
    ///
    /// When it is not there, in use, locked, AWS Backup's or another account's, or too many requests came.
    pub fn delete_snapshot(
        &mut self,
        snapshot: &SnapshotId,
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        self.ec2.buckets.take("DeleteSnapshot", SNAPSHOT, context.now)?;
        if let Some(image) = self.ec2.user_of(snapshot) {
            context.sometimes(Sometimes::InUse);
            return Err(in_use(snapshot, format_args!("in use by {image}")));
        }
        let store = &mut self.snapshots;
        let gone = store.snapshots.get(snapshot).ok_or_else(|| no_snapshot(snapshot))?;
        dry_run(false, store.owner(snapshot).is_none())?;
        if store.lock_of(snapshot).is_some_and(|lock| lock.holds(context.now)) {
            // AWS documents that it cannot be deleted, and not with what code that is told
            // (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html>).
            let message = format!("The snapshot '{snapshot}' is locked and cannot be deleted.");
            return Err(ApiError::rejected("SnapshotLocked", message));
        }
        let mark = store.marks.get(snapshot);
        if mark.is_some_and(|mark| mark.is_fast) {
            // With the code of what an image uses (<https://github.com/rebuy-de/aws-nuke/issues/453>).
            let why = format_args!(
                "enabled for fast restores in {}a. Fast snapshot restores must be disabled within all Availability \
                 Zones before the snapshot may be deleted.",
                self.place.region
            );
            return Err(in_use(snapshot, why));
        }
        if mark.is_some_and(|mark| mark.is_backups) {
            // The code is unverified.
            return Err(ApiError::rejected(
                "InvalidParameterValue",
                "This snapshot is managed by the AWS Backup service and cannot be deleted via EC2 APIs. If you wish to \
                 delete this snapshot, please do so via the Backup console.",
            ));
        }
        if mark.is_some_and(|mark| mark.is_doomed) {
            // Unverified: that whoever deletes it once more is told that it is gone.
            return Err(no_snapshot(snapshot));
        }
        context.note(deleted(gone, context));
        if gone.state == SnapshotState::Pending {
            let mark = store.marks.entry(snapshot.clone()).or_default();
            *mark = Mark { is_doomed: true, ..mark.clone() };
        } else {
            self.remove_snapshot(snapshot, context);
        }
        Ok(())
    }

    pub(super) fn delete_if_doomed(&mut self, snapshot: &SnapshotId, context: &mut Context<'_>) {
        if self.snapshots.is_doomed(snapshot) {
            self.remove_snapshot(snapshot, context);
        }
    }

    fn remove_snapshot(&mut self, snapshot: &SnapshotId, context: &mut Context<'_>) {
        ebs_snapshot(self, "deleteSnapshot", snapshot, SnapshotState::Completed, context);
        self.snapshots.remove(snapshot, context);
    }
}

fn deleted(gone: &Snapshot, context: &Context<'_>) -> Fact {
    Fact::SnapshotDeleted {
        snapshot: gone.id.clone(),
        volume: gone.volume.clone(),
        state: gone.state,
        tags: gone.tags.clone(),
        age_hours: context.now.duration_since(gone.started_at).as_hours(),
    }
}

fn in_use(snapshot: &SnapshotId, why: fmt::Arguments<'_>) -> ApiError {
    let message = format!("The snapshot {snapshot} is currently {why}");
    ApiError::rejected("InvalidSnapshot.InUse", message)
}
