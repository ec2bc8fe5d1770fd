use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::condition::Condition;

/// What identifies a metric: data with other dimensions is of another metric
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// A metric without dimensions.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: BTreeMap::new() }
    }

    /// The same metric with one more dimension.
    #[must_use]
    pub fn with(mut self, dimension: &str, value: &str) -> Self {
        self.dimensions.insert(dimension.to_owned(), value.to_owned());
        self
    }
}

/// A value of a metric, and the time that it is of.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct Measured {
    pub(in crate::cloud) metric: Metric,
    pub(in crate::cloud) value: f64,
    pub(in crate::cloud) at: Timestamp,
}

/// How far back an alarm can look: a week
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>), and two periods more, of up
/// to a week each.
const LOOKED_AT: SignedDuration = SignedDuration::from_hours(3 * 7 * 24);

/// The values that were put to a metric, in the order of their times.
#[derive(Clone, Debug, Default)]
pub(super) struct Series(VecDeque<(Timestamp, f64)>);

impl Series {
    /// Adds a value, and forgets those that no alarm can look at any more.
    pub(super) fn put(&mut self, at: Timestamp, value: f64) {
        self.0.insert(self.0.partition_point(|(other, _)| *other <= at), (at, value));
        let oldest = aws_vocabulary::time::earlier(at, LOOKED_AT);
        self.0.drain(..self.before(oldest));
    }

    /// How many are of before a time.
    fn before(&self, time: Timestamp) -> usize {
        self.0.partition_point(|(at, _)| *at < time)
    }

    /// When a condition that is evaluated now can next find other datapoints than now, if nothing is put until then: when a
    /// value comes into another period, or leaves the last one. Never, when it finds no value at all.
    pub(super) fn next_change(&self, condition: &Condition, until: Timestamp) -> Option<Timestamp> {
        let oldest = condition.periods(until).next_back()?;
        let (cadence, length) = (condition.cadence().as_secs(), condition.length().as_secs());
        let leaves = |(at, _): &(Timestamp, f64)| {
            let at = at.as_second();
            // It is in the nth latest period, which it leaves once that begins after it.
            let nth =
                until.as_second().saturating_sub(at).max(0).saturating_add(length - 1).div_euclid(length);
            let last = at.saturating_add(length.saturating_mul(nth));
            last.div_euclid(cadence).saturating_add(1).saturating_mul(cadence)
        };
        let all = self.0.range(self.before(oldest)..).map(leaves);
        // None is sooner than the next evaluation, and of many values one is mostly that soon.
        let soonest = until.as_second().saturating_add(cadence);
        let next = all.clone().find(|second| *second == soonest).or_else(|| all.min());
        next.and_then(|second| Timestamp::from_second(second).ok())
    }

    /// The datapoints that a condition fetches, the oldest first, each with the beginning of its period.
    pub(super) fn datapoints(&self, condition: &Condition, until: Timestamp) -> Vec<Datapoint> {
        let mut end = self.before(until);
        // Periods follow each other: where one begins, the one before it ends.
        let datapoint = |begin: Timestamp| {
            let values = self.0.range(..end).rev().take_while(|(at, _)| begin <= *at).count();
            let values = self.0.range(end - values..end).map(|(_, value)| *value);
            end -= values.len();
            Datapoint { begin, value: condition.statistic.of(values) }
        };
        let mut datapoints: Vec<Datapoint> = condition.periods(until).map(datapoint).collect();
        datapoints.reverse();
        datapoints
    }
}

/// A period of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Datapoint {
    pub(super) begin: Timestamp,
    /// The statistic of its values; `None` when there were none.
    pub(super) value: Option<f64>,
}
