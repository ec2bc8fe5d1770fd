use std::collections::BTreeMap;

use jiff::Timestamp;
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

/// The values that were put to a metric.
#[derive(Clone, Debug, Default)]
pub(super) struct Series(BTreeMap<Timestamp, Vec<f64>>);

impl Series {
    pub(super) fn put(&mut self, at: Timestamp, value: f64) {
        self.0.entry(at).or_default().push(value);
    }

    /// Whether a value was put at an instant or later.
    pub(super) fn has_data_since(&self, at: Timestamp) -> bool {
        self.0.range(at..).next().is_some()
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
