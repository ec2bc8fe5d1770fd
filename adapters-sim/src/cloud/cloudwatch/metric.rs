use std::collections::BTreeMap;

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

/// The values that were put to a metric.
#[derive(Clone, Debug, Default)]
pub(super) struct Series(BTreeMap<Timestamp, Vec<f64>>);

impl Series {
    /// Adds a value, and forgets those that no alarm can look at any more.
    pub(super) fn put(&mut self, at: Timestamp, value: f64) {
        self.0.entry(at).or_default().push(value);
        let oldest = ports::time::earlier(at, LOOKED_AT);
        while self.0.first_key_value().is_some_and(|(first, _)| *first < oldest) {
            self.0.pop_first();
        }
    }

    /// When a condition that is evaluated now can next find other datapoints than now, if nothing is put until then: when a
    /// value comes into another period, or leaves the last one. Never, when it finds no value at all.
    pub(super) fn next_change(&self, condition: &Condition, until: Timestamp) -> Option<Timestamp> {
        let oldest = condition.periods(until).last()?;
        let (cadence, length) = (condition.cadence().as_secs(), condition.length().as_secs());
        let leaves = |(at, _): (&Timestamp, _)| {
            let at = at.as_second();
            // It is in the nth latest period, which it leaves once that begins after it.
            let nth =
                until.as_second().saturating_sub(at).max(0).saturating_add(length - 1).div_euclid(length);
            let last = at.saturating_add(length.saturating_mul(nth));
            last.div_euclid(cadence).saturating_add(1).saturating_mul(cadence)
        };
        self.0.range(oldest..).map(leaves).min().and_then(|second| Timestamp::from_second(second).ok())
    }

    /// The datapoints that a condition fetches, the oldest first, each with the beginning of its period.
    pub(super) fn datapoints(&self, condition: &Condition, until: Timestamp) -> Vec<Datapoint> {
        let datapoint = |begin: Timestamp| {
            let end = ports::time::later(begin, condition.length());
            let values: Vec<f64> = self.0.range(begin..end).flat_map(|(_, values)| values).copied().collect();
            Datapoint { begin, value: condition.statistic.of(&values) }
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
