use std::mem;

use aws_vocabulary::AlarmState;
use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

use super::condition::{Comparison, Condition, MissingData};
use super::metric::{Datapoint, Metric};
use super::reason::{self, Reason};
use crate::cloud::Place;

/// An alarm on one metric, or on other alarms.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its state, and why.
    pub status: Status,
    /// The state it left for that; a new alarm left none.
    pub previous: Status,
    /// Its description; CloudWatch writes `null` when there is none.
    pub description: Option<String>,
    /// The alarms that raise this one, when it is a composite alarm: it has no metric then, and is only ever forced.
    pub children: Vec<String>,
    /// The metric.
    pub metric: Metric,
    /// When it is raised.
    pub condition: Condition,
    /// The topics it tells when it enters `ALARM`.
    pub topics: Vec<String>,
    /// The functions it invokes when it enters `ALARM`.
    pub functions: Vec<String>,
    /// The topics it tells when it enters `OK`.
    pub ok_topics: Vec<String>,
    /// The topics it tells when it enters `INSUFFICIENT_DATA`.
    pub insufficient_data_topics: Vec<String>,
    /// When it was configured.
    pub configured_at: Timestamp,
    /// When it last entered `ALARM`.
    pub raised_at: Option<Timestamp>,
}

/// A state that an alarm is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: AlarmState,
    /// Why, for people.
    pub reason: String,
    /// Why, for programs: JSON; a new alarm has none.
    pub data: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

impl Status {
    /// That of a new alarm: nothing is known yet.
    fn of_a_new_alarm(at: Timestamp) -> Self {
        Self {
            state: AlarmState::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            data: None,
            since: at,
        }
    }
}

/// When alarms were configured that have always been there: 2026 began.
const ALWAYS: Timestamp = Timestamp::constant(1_767_225_600, 0);

impl Alarm {
    /// An alarm that has always been there and knows too little.
    pub fn new(metric: Metric, condition: Condition) -> Self {
        Self {
            status: Status::of_a_new_alarm(ALWAYS),
            previous: Status::of_a_new_alarm(ALWAYS),
            description: None,
            children: Vec::new(),
            metric,
            condition,
            topics: Vec::new(),
            functions: Vec::new(),
            ok_topics: Vec::new(),
            insufficient_data_topics: Vec::new(),
            configured_at: ALWAYS,
            raised_at: None,
        }
    }

    /// An alarm on the CPU of a scaling group.
    pub fn high_cpu(group: Option<&str>) -> Self {
        let metric = Metric::new("AWS/EC2", "CPUUtilization");
        let metric = group.map_or(metric.clone(), |group| metric.with("AutoScalingGroupName", group));
        let condition = Condition::known(Comparison::GreaterThan, 80.0, 300, 1);
        Self::new(metric, Condition { datapoints_to_alarm: Some(1), ..condition })
    }

    /// A composite alarm, raised when one of these is.
    pub fn composite(children: &[&str]) -> Self {
        let children = children.iter().map(ToString::to_string).collect();
        Self { children, ..Self::high_cpu(None) }
    }

    /// Whether it is a composite alarm.
    pub fn is_composite(&self) -> bool {
        !self.children.is_empty()
    }

    /// The rule of a composite alarm.
    pub fn rule(&self) -> String {
        let ors: Vec<String> = self.children.iter().map(|child| format!("ALARM({child})")).collect();
        ors.join(" OR ")
    }

    /// The ARN of the alarm that raises a composite alarm.
    pub(crate) fn child(&self, place: &Place) -> Option<String> {
        self.children.first().map(|child| place.arn("cloudwatch", &format!("alarm:{child}")))
    }

    /// What missing data counts as. Metrics of `DynamoDB` always ignore it, whatever the alarm says
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
    pub fn treats_missing_data_as(&self) -> MissingData {
        if self.metric.namespace == "AWS/DynamoDB" { MissingData::Ignore } else { self.condition.missing }
    }

    /// Lets it enter a state because of a value that was the same in all its periods, or because of its first child.
    pub fn force(&mut self, place: &Place, state: AlarmState, value: u32, now: Timestamp) {
        if let Some(child) = self.child(place) {
            return self.enter(state, reason::of_child(&child, state, now), now);
        }
        let value = (state != AlarmState::InsufficientData).then_some(f64::from(value));
        let periods = self.condition.periods(self.latest_end(now));
        let mut datapoints: Vec<Datapoint> = periods.map(|begin| Datapoint { begin, value }).collect();
        datapoints.reverse();
        self.enter(state, reason::of_metric(self, state, &datapoints, now), now);
    }

    pub(super) fn enter(&mut self, state: AlarmState, why: Reason, now: Timestamp) {
        let status = Status { state, reason: why.text, data: Some(why.data), since: now };
        self.previous = mem::replace(&mut self.status, status);
    }

    /// The same alarm, made now.
    pub(super) fn made_at(self, now: Timestamp) -> Self {
        let status = Status::of_a_new_alarm(now);
        Self { previous: status.clone(), status, configured_at: now, ..self }
    }

    /// The end of the latest whole period: a whole minute. In AWS's own example a period of five minutes begins at :59
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>).
    pub(super) fn latest_end(&self, now: Timestamp) -> Timestamp {
        let cadence = self.condition.cadence().as_secs().max(1);
        let past = now.as_second().rem_euclid(cadence);
        let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
        time::earlier(whole, SignedDuration::from_secs(past))
    }
}
