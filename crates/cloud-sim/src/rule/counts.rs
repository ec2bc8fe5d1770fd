use aws_vocabulary::AlarmState;
use aws_vocabulary::InstanceState;
use serde::Serialize;

use crate::cloud::Fact;
use crate::kernel::Actor;

/// How often each kind of thing happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Instances that began to stop.
    pub stops: u64,
    /// Sets of snapshots, or single snapshots, that were begun.
    pub sets: u64,
    /// Snapshots that were begun.
    pub snapshots: u64,
    /// Snapshots that were deleted.
    pub deletions: u64,
    /// Objects that were put into the archive.
    pub objects: u64,
    /// Changes of a group's capacity by a function.
    pub scale_outs: u64,
    /// Transitions of alarms into `ALARM`.
    pub alarms: u64,
    /// Notices that were published.
    pub notices: u64,
    /// Attempts to run a function that ended well.
    pub invocations: u64,
    /// Attempts that ended in an error.
    pub failures: u64,
    /// Requests that were given up.
    pub exhausted: u64,
    /// Requests of functions that something went wrong with.
    pub faults: u64,
    /// Events that were lost on their way.
    pub lost: u64,
}

impl Counts {
    pub(super) fn count(&mut self, actor: Actor, fact: &Fact) {
        match fact {
            Fact::InstanceIs { state: InstanceState::Stopping, .. } => self.stops += 1,
            Fact::SnapshotsBegun { snapshots, .. } => {
                self.sets += 1;
                self.snapshots += u64::try_from(snapshots.len()).unwrap_or(u64::MAX);
            }
            Fact::SnapshotDeleted { .. } => self.deletions += 1,
            Fact::ObjectCreated { .. } => self.objects += 1,
            Fact::DesiredSet { .. } if matches!(actor, Actor::Invocation(_)) => self.scale_outs += 1,
            Fact::AlarmIs { state: AlarmState::Alarm, .. } => self.alarms += 1,
            Fact::Published { .. } => self.notices += 1,
            Fact::Ended { error: None, .. } => self.invocations += 1,
            Fact::Ended { error: Some(_), .. } => self.failures += 1,
            Fact::Exhausted { .. } => self.exhausted += 1,
            Fact::Faulted { .. } => self.faults += 1,
            Fact::Lost { .. } => self.lost += 1,
            Fact::InstanceIs { .. }
            | Fact::Rebooted { .. }
            | Fact::NoticeRefused { .. }
            | Fact::SnapshotIs { .. }
            | Fact::SnapshotCopied { .. }
            | Fact::VolumeAsked { .. }
            | Fact::DesiredSet { .. }
            | Fact::AlarmIs { .. }
            | Fact::ActedAgain { .. }
            | Fact::DeadLetter { .. }
            | Fact::Undelivered { .. }
            | Fact::Due { .. }
            | Fact::Invoked { .. } => {}
        }
    }
}
