//! What sets a workflow off, once the words of the cloud are taken off it.

use std::collections::{BTreeMap, BTreeSet};

pub use aws_vocabulary::{AlarmState, SpotAction};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{AccountId, AlarmName, Arn, GroupName, InstanceId, InstanceState, Region};

/// An event that asks for nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Ignored {
    /// Why, to count by.
    pub reason: IgnoredReason,
    /// The thing that was found, for people.
    pub detail: String,
}

impl Ignored {
    /// Makes an ignored event.
    pub fn new(reason: IgnoredReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Why an event asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoredReason {
    /// It is not JSON, or not of any shape this function knows.
    NotAnEvent,
    /// A field is missing or makes no sense.
    BadField,
    /// It is an event, but not one for this function.
    NotForThisFunction,
    /// It is a test or a greeting, not an event.
    TestMessage,
    /// It is of a kind that this function answers, and this one asks for nothing.
    NothingToDo,
}

impl std::fmt::Display for IgnoredReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAnEvent => "not an event",
            Self::BadField => "bad field",
            Self::NotForThisFunction => "not for this function",
            Self::TestMessage => "test message",
            Self::NothingToDo => "nothing to do",
        })
    }
}

/// Something happened to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceTrigger {
    /// The event's own id.
    pub event_id: String,
    /// When it happened, by the event.
    pub at: Timestamp,
    /// The account it happened in.
    pub account: AccountId,
    /// The region it happened in.
    pub region: Region,
    /// The instance.
    pub instance: InstanceId,
    /// What happened.
    pub what: InstanceChange,
}

/// What happened to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceChange {
    /// It entered this state.
    State(InstanceState),
    /// It was found in this state, and nobody told when it entered it.
    Found(InstanceState),
    /// EC2 takes this spot instance back in two minutes.
    SpotWarning(SpotAction),
    /// AWS Health has news of it.
    Health(HealthNews),
    /// Somebody asked for a reboot, which changes no state.
    Rebooted {
        /// Who asked, where that is told.
        by: Option<String>,
    },
    /// A status check of it failed: it may hang although its state is `running`.
    CheckFailed {
        /// The alarm that watches the check.
        alarm: AlarmName,
        /// The check's metric, such as `AWS/EC2/StatusCheckFailed_System`.
        metric: String,
    },
}

impl InstanceChange {
    /// The state that the instance is in by it, if it tells of one.
    pub fn state(&self) -> Option<InstanceState> {
        match self {
            Self::State(state) | Self::Found(state) => Some(*state),
            Self::SpotWarning(_) | Self::Health(_) | Self::Rebooted { .. } | Self::CheckFailed { .. } => None,
        }
    }

    /// A short word for it, as tags and subjects carry it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::State(state) | Self::Found(state) => state.as_str(),
            Self::SpotWarning(_) => "spot-interruption",
            Self::Health(_) => "health-event",
            Self::Rebooted { .. } => "reboot",
            Self::CheckFailed { .. } => "status-check-failed",
        }
    }
}

/// What AWS Health says about an instance
/// (<https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthNews {
    /// The type of event, such as `AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_FAILURE`.
    pub code: String,
    /// Of what kind it is.
    pub kind: HealthKind,
    /// When what it tells of begins, or began.
    pub starts_at: Option<Timestamp>,
}

/// What kind of news AWS Health has: its `eventTypeCategory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthKind {
    /// Something is wrong, or was: a recovery, a degraded host.
    Issue,
    /// Something will be done to it: a retirement, a stop, maintenance.
    ScheduledChange,
    /// Something to know.
    Notification,
}

/// The nightly function's turn has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightTrigger {
    /// The time of the schedule, by the event and never by a clock: a retry after midnight is still of its night.
    pub at: Timestamp,
}

impl NightTrigger {
    /// The date of this night.
    pub fn night(&self) -> Date {
        crate::time::day(self.at)
    }
}

/// What the nightly function is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NightTask {
    /// The night's work.
    Night(NightTrigger),
    /// Finish what was left behind.
    Reconcile,
}

/// An alarm changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmTrigger {
    /// The alarm.
    pub arn: Arn,
    /// Its name.
    pub name: AlarmName,
    /// The account it belongs to.
    pub account: AccountId,
    /// The region it belongs to.
    pub region: Region,
    /// The state it entered.
    pub state: AlarmState,
    /// CloudWatch's reason, for people.
    pub reason: String,
    /// When it changed. Together with `arn` it names the transition, however often that is delivered.
    pub changed_at: Timestamp,
    /// The dimensions of its metrics, where it has any. A name with two different values is left out.
    pub dimensions: BTreeMap<String, String>,
    /// The metrics it watches, as `namespace/name`; none where it watches other alarms.
    pub metrics: BTreeSet<String>,
    /// The threshold and the value that crossed it, as CloudWatch writes them, where both are told.
    pub breach: Option<Breach>,
}

/// By how much a threshold was crossed. Numbers stay text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The threshold.
    pub threshold: String,
    /// The latest value.
    pub value: String,
}

impl AlarmTrigger {
    /// The scaling group that the alarm's metric is about.
    pub fn group(&self) -> Option<GroupName> {
        self.dimensions.get("AutoScalingGroupName").and_then(|name| GroupName::new(name.as_str()).ok())
    }

    /// The instance that the alarm's metric is about.
    pub fn instance(&self) -> Option<InstanceId> {
        self.dimensions.get("InstanceId").and_then(|id| InstanceId::new(id.as_str()).ok())
    }
}
