//! What can happen in the cloud, for the trace and for those who watch it.

use std::fmt;

use aws_vocabulary::AlarmState;
use aws_vocabulary::{
    Capacity, GroupName, InstanceId, InstanceState, ObjectKey, SnapshotId, SnapshotState, Tags, VolumeId,
};
use serde::Serialize;

use crate::fault::Fault;
use crate::kernel::InvocationId;

/// Something that changed in the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An instance entered a state.
    InstanceIs {
        /// Which.
        instance: InstanceId,
        /// The state.
        state: InstanceState,
        /// EC2's code for why.
        reason: Option<String>,
        /// Its tags.
        tags: Tags,
    },
    /// An instance was rebooted on request: it stays in its state.
    Rebooted {
        /// Which.
        instance: InstanceId,
        /// Its tags.
        tags: Tags,
    },
    /// Snapshots were begun by one request.
    SnapshotsBegun {
        /// The instance they are of; `None` for a single volume.
        instance: Option<InstanceId>,
        /// The tags of that instance, or of the one that the volume is attached to.
        instance_tags: Tags,
        /// The snapshots and their volumes.
        snapshots: Vec<(SnapshotId, VolumeId)>,
        /// The tags they all carry.
        tags: Tags,
    },
    /// A snapshot completed or failed.
    SnapshotIs {
        /// Which.
        snapshot: SnapshotId,
        /// The state.
        state: SnapshotState,
    },
    /// A snapshot was copied.
    SnapshotCopied {
        /// The copy.
        snapshot: SnapshotId,
        /// What it is a copy of.
        source: SnapshotId,
    },
    /// A snapshot was deleted.
    SnapshotDeleted {
        /// Which.
        snapshot: SnapshotId,
        /// Its volume.
        volume: VolumeId,
        /// Its state.
        state: SnapshotState,
        /// Its tags.
        tags: Tags,
        /// Its age in whole hours.
        age_hours: i64,
    },
    /// EC2 was asked for a volume by its id.
    VolumeAsked {
        /// Which.
        volume: VolumeId,
        /// Whether there is such a volume.
        found: bool,
    },
    /// A group was asked for another capacity.
    DesiredSet {
        /// Which.
        group: GroupName,
        /// What was desired before.
        from: Capacity,
        /// What is desired now.
        to: Capacity,
        /// The most it may have.
        max: Capacity,
    },
    /// Something went wrong with a request.
    Faulted {
        /// The service.
        service: &'static str,
        /// The operation.
        op: &'static str,
        /// What.
        fault: Fault,
    },
    /// An event was lost on its way.
    Lost {
        /// The function it was for.
        function: String,
    },
    /// An event or a request went to a dead-letter queue.
    DeadLetter {
        /// The queue.
        queue: String,
        /// The function it was for.
        function: String,
    },
    /// Something was given up on its way, and nobody has it.
    Undelivered {
        /// Who should have got it.
        to: String,
        /// Why.
        why: &'static str,
        /// What CloudWatch was to hand over itself: its direct actions know neither retries nor dead letters.
        action: Option<String>,
    },
    /// A schedule was due.
    Due {
        /// The rule.
        rule: String,
    },
    /// An alarm changed its state.
    AlarmIs {
        /// Which.
        alarm: String,
        /// The scaling group it is about.
        group: Option<GroupName>,
        /// The state.
        state: AlarmState,
    },
    /// An alarm executed the actions of its last change once more.
    ActedAgain {
        /// Which.
        alarm: String,
    },
    /// A notice was published.
    Published {
        /// The topic.
        topic: String,
        /// The subject.
        subject: String,
        /// What it is about.
        key: String,
        /// What queues get of it.
        json: String,
    },
    /// A topic would not take a notice.
    NoticeRefused {
        /// The topic.
        topic: String,
        /// Why.
        why: &'static str,
    },
    /// An object was created.
    ObjectCreated {
        /// Which.
        key: ObjectKey,
        /// Its length.
        bytes: u64,
    },
    /// An attempt to run a function began.
    Invoked {
        /// The function.
        function: String,
        /// The request.
        request: String,
        /// Which attempt of the request it is, from 1.
        attempt: u32,
    },
    /// An invocation ended.
    Ended {
        /// The function.
        function: String,
        /// The attempt.
        invocation: InvocationId,
        /// The error, if it ended in one.
        error: Option<String>,
    },
    /// A request was given up after its last attempt, and its record sent to the failure destination.
    Exhausted {
        /// The function.
        function: String,
        /// The request.
        request: String,
        /// Where the record went; `None` when nowhere.
        destination: Option<String>,
        /// The event.
        payload: String,
    },
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InstanceIs { instance, state, reason, .. } => {
                write!(f, "{instance} is {state}")?;
                reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
            }
            Self::Rebooted { instance, .. } => write!(f, "{instance} is rebooted"),
            Self::SnapshotsBegun { instance, snapshots, .. } => {
                let all: Vec<String> =
                    snapshots.iter().map(|(id, volume)| format!("{id} of {volume}")).collect();
                let of = instance.as_ref().map(|instance| format!(", for {instance}")).unwrap_or_default();
                write!(f, "snapshots begun: {}{of}", all.join(", "))
            }
            Self::SnapshotIs { snapshot, state } => write!(f, "{snapshot} is {state:?}"),
            Self::SnapshotCopied { snapshot, source } => write!(f, "{snapshot} is a copy of {source}"),
            Self::SnapshotDeleted { snapshot, volume, age_hours, .. } => {
                write!(f, "{snapshot} of {volume} deleted, {} days old", age_hours / 24)
            }
            Self::VolumeAsked { volume, found: true } => write!(f, "{volume} is there"),
            Self::VolumeAsked { volume, found: false } => write!(f, "there is no {volume}"),
            Self::DesiredSet { group, from, to, max } => {
                write!(f, "group `{group}`: desired {from} -> {to} (max {max})")
            }
            Self::Faulted { op, fault, .. } => write!(f, "fault in {op}: {fault:?}"),
            Self::Lost { function } => write!(f, "an event for `{function}` was lost"),
            Self::DeadLetter { queue, function } => write!(f, "an event for `{function}` went to `{queue}`"),
            Self::Undelivered { to, why, .. } => write!(f, "nothing reaches `{to}`: {why}"),
            Self::Due { rule } => write!(f, "rule `{rule}` is due"),
            Self::AlarmIs { alarm, state, .. } => write!(f, "alarm `{alarm}` is {state}"),
            Self::ActedAgain { alarm } => write!(f, "alarm `{alarm}` acts once more"),
            Self::Published { subject, key, .. } => write!(f, "published `{subject}` ({key})"),
            Self::NoticeRefused { why, .. } => write!(f, "notice refused: {why}"),
            Self::ObjectCreated { key, bytes } => write!(f, "object `{key}` created, {bytes} bytes"),
            Self::Invoked { function, request, attempt } => {
                write!(f, "`{function}` invoked, attempt {attempt} of {request}")
            }
            Self::Ended { function, error: None, .. } => write!(f, "`{function}` done"),
            Self::Ended { function, error: Some(error), .. } => write!(f, "`{function}` failed: {error}"),
            Self::Exhausted { function, request, destination, .. } => {
                let to = destination.as_deref().unwrap_or("nowhere");
                write!(f, "`{function}` gave {request} up; its record went to {to}")
            }
        }
    }
}
