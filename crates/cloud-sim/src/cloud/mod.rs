//! The services, as plain data: what they hold and the rules they keep.
//!
//! Nothing here waits or calls back. A service changes its own data, writes down what happened, and puts down what is
//! to happen later; the kernel does the rest.

pub mod autoscaling;
pub mod backoff;
pub mod bucket;
pub mod cloudwatch;
pub mod delivery;
pub mod dynamodb;
pub mod ec2;
pub mod error;
pub mod eventbridge;
pub mod fact;
pub mod iam;
pub mod lambda;
pub mod list;
mod logs;
pub mod s3;
pub mod snapshot;
pub mod sns;
pub mod sqs;
pub mod tag;

pub use error::ApiError;
pub use fact::Fact;
pub use lambda::{Ended, Start};

use std::collections::BTreeMap;

use aws_vocabulary::{
    AccountId, Capacity, GroupName, InstanceId, InstanceState, Region, SnapshotId, StateReason,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kernel::{Context, InvocationId};

/// One account in one region.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// Where this is.
    pub place: Place,
    /// Instances, volumes, images.
    pub ec2: ec2::Ec2,
    /// EBS snapshots.
    pub snapshots: snapshot::SnapshotStore,
    /// Scaling groups.
    pub autoscaling: autoscaling::AutoScaling,
    /// Tables.
    pub dynamodb: dynamodb::DynamoDb,
    /// Buckets.
    pub s3: s3::S3,
    /// Topics and what was delivered from them.
    pub sns: sns::Sns,
    /// Queues.
    pub sqs: sqs::Sqs,
    /// Metrics and alarms.
    pub cloudwatch: cloudwatch::CloudWatch,
    /// Rules and schedules.
    pub eventbridge: eventbridge::EventBridge,
    /// Functions and their queues.
    pub lambda: lambda::Lambda,
    /// Who may do what.
    pub iam: iam::Iam,
    /// What cannot be reached for the time being, and why.
    blocked: BTreeMap<delivery::Target, delivery::Trouble>,
}

/// Where a cloud is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl Default for Place {
    fn default() -> Self {
        Self { account: known("123456789012"), region: known("eu-west-1") }
    }
}

/// A name that is written in this crate and is of its form.
fn known<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Display,
{
    name.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

impl Place {
    /// The ARN of something that lives here.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}

/// Something that happens of its own accord, or by a person's hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// An instance begins to stop, for this reason.
    Stop {
        /// Which.
        instance: InstanceId,
        /// Why.
        reason: StateReason,
    },
    /// Something else happens to an instance.
    Befalls {
        /// Which.
        instance: InstanceId,
        /// What.
        incident: ec2::Incident,
    },
    /// An Availability Zone is impaired, or not any more.
    Zone {
        /// Which.
        zone: String,
        /// Whether it is.
        impaired: bool,
    },
    /// An instance is started.
    Run {
        /// Which.
        instance: InstanceId,
    },
    /// A person reboots an instance.
    Reboot {
        /// Which.
        instance: InstanceId,
    },
    /// An instance gets to the state it was on the way to.
    Settle {
        /// Which.
        instance: InstanceId,
        /// Where it was on the way to.
        state: InstanceState,
    },
    /// A snapshot completes, or turns out to have failed.
    SnapshotEnds {
        /// Which.
        snapshot: SnapshotId,
    },
    /// A group brings its instances up or down to what is desired.
    GroupActs {
        /// Which.
        group: GroupName,
    },
    /// A group balances its instances over its zones.
    GroupRebalances {
        /// Which.
        group: GroupName,
    },
    /// A group has balanced its instances.
    GroupRests {
        /// Which.
        group: GroupName,
    },
    /// A person registers an image that is made of snapshots.
    RegisterImage {
        /// Which.
        snapshots: Vec<SnapshotId>,
    },
    /// A person copies snapshots with all their tags.
    CopySnapshots {
        /// Which.
        snapshots: Vec<SnapshotId>,
    },
    /// A person sets a group's capacity.
    Resize {
        /// Which.
        group: GroupName,
        /// How many they want.
        desired: Capacity,
    },
    /// A person sets the most that a group may have.
    Limit {
        /// Which.
        group: GroupName,
        /// How many.
        max: Capacity,
    },
    /// A table forgets the items whose time is over.
    Expire {
        /// Which.
        table: String,
        /// The attribute that holds an item's time, in epoch seconds.
        attribute: String,
    },
    /// A value is put to a metric. Alarms on it are evaluated from then on, each minute, and change by themselves.
    Datapoint {
        /// The metric.
        metric: cloudwatch::Metric,
        /// The value.
        value: f64,
    },
    /// An alarm is evaluated.
    Evaluate {
        /// Which.
        alarm: String,
    },
    /// The actions of an alarm are executed once more.
    ActAgain {
        /// Which.
        alarm: String,
        /// Since when it has been in the state that it acts for.
        since: Timestamp,
    },
    /// An alarm is forced into a state, whatever its metric says.
    Alarm {
        /// Which.
        alarm: String,
        /// To what.
        state: aws_vocabulary::AlarmState,
        /// The value that made it so.
        value: u32,
    },
    /// A scheduled rule is due.
    Tick {
        /// Which.
        rule: String,
    },
    /// Something is tried to be delivered.
    Dispatch(Box<delivery::Dispatch>),
    /// A queue is measured.
    Measure {
        /// Which.
        queue: String,
    },
    /// A request is over, and what it leaves behind goes where it is to go.
    Outcome(Box<lambda::Outcome>),
    /// An event reaches a function's queue.
    Deliver(lambda::Delivery),
    /// A failed request is tried again.
    Retry {
        /// Which.
        request: String,
    },
}

impl Cloud {
    /// Lets something happen.
    pub fn happen(&mut self, what: Happening, context: &mut Context<'_>) {
        match what {
            Happening::Stop { instance, reason } => self.stop(&instance, reason, context),
            Happening::Befalls { instance, incident } => self.befall(&instance, incident, context),
            Happening::Zone { zone, impaired: true } => {
                self.ec2.impaired_zones.insert(zone);
            }
            Happening::Zone { zone, impaired: false } => {
                self.ec2.impaired_zones.remove(&zone);
            }
            Happening::Run { instance } => self.run(&instance, context),
            Happening::Reboot { instance } => self.person_reboots(&instance, context),
            Happening::Settle { instance, state } => self.settle(&instance, state, context),
            Happening::SnapshotEnds { snapshot } => self.snapshot_ends(&snapshot, context),
            Happening::GroupActs { group } => self.autoscaling.acts(&group, context),
            Happening::GroupRebalances { group } => self.autoscaling.rebalance(&group, context),
            Happening::GroupRests { group } => self.autoscaling.rests(&group, context),
            Happening::RegisterImage { snapshots } => {
                self.ec2.register_image(snapshots, false);
            }
            Happening::CopySnapshots { snapshots } => self.person_copies(&snapshots, context),
            Happening::Resize { group, desired } => self.autoscaling.resize(&group, desired, context),
            Happening::Limit { group, max } => self.autoscaling.limit(&group, max, context),
            Happening::Expire { table, attribute } => self.dynamodb.expire(&table, &attribute, context.now),
            Happening::Datapoint { metric, value } => self.put_datapoint(&metric, value, context),
            Happening::Evaluate { alarm } => self.evaluate_alarm(&alarm, context),
            Happening::ActAgain { alarm, since } => self.act_again(&alarm, since, context),
            Happening::Alarm { alarm, state, value } => self.force_alarm(&alarm, state, value, context),
            Happening::Tick { rule } => self.tick(&rule, context),
            Happening::Dispatch(dispatch) => self.dispatch(*dispatch, context),
            Happening::Measure { queue } => self.measured(&queue, context),
            Happening::Outcome(outcome) => self.leave_behind(*outcome, context),
            Happening::Deliver(delivery) => self.lambda.deliver(delivery, context),
            Happening::Retry { request } => self.lambda.attempt(&request, context),
        }
        self.report_of_lambda(context);
    }

    /// Makes limits small, so that small worlds meet them: pages of five, buckets of two.
    pub fn make_limits_small(&mut self) {
        self.snapshots.page_size = 5;
        self.ec2.buckets.at_most = Some(2);
        self.dynamodb.page_bytes(4 * 1024);
    }

    /// Lets an invocation be over.
    pub fn invocation_ended(&mut self, id: InvocationId, ended: &Ended, context: &mut Context<'_>) {
        if let Some(function) = self.unlogged(id) {
            *self.lambda.unlogged.entry(function).or_default() += 1;
        }
        self.lambda.ended(id, ended, context);
        self.report_of_lambda(context);
    }
}

/// How long something takes that has no better known duration: not at all boring, not at all exact.
pub(crate) fn a_moment(context: &mut Context<'_>, site: &'static str) -> SignedDuration {
    context.choose_between(site, SignedDuration::from_secs(1), SignedDuration::from_secs(3))
}
