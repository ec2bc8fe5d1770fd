//! The metrics of an invocation, as one line of CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

/// Counts of what an invocation did, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics(BTreeMap<&'static str, u64>);

impl Metrics {
    /// Adds to a count; a count that was named at least once is reported, also as zero.
    pub fn add(&mut self, name: &'static str, n: u64) {
        let count = self.0.entry(name).or_default();
        *count = count.saturating_add(n);
    }

    /// Adds all counts of another part of the same invocation.
    pub fn extend(&mut self, others: &Self) {
        others.0.iter().for_each(|(name, n)| self.add(name, *n));
    }

    /// A count.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// The line that CloudWatch makes metrics of.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut metrics = lambda_shims::emf::Metrics::default();
    /// metrics.add("SnapshotsCreated", 2);
    /// let line = metrics.line("auto-snapshot", "2026-11-23T14:27:11Z".parse().unwrap());
    /// let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    /// assert_eq!(value["SnapshotsCreated"], 2);
    /// assert_eq!(value["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Caretaker");
    /// ```
    pub fn line(&self, function: &str, at: Timestamp) -> String {
        let definitions: Vec<Value> =
            self.0.keys().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": at.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Caretaker", "Dimensions": [["Function"]], "Metrics": definitions,
                }],
            },
            "Function": function,
        });
        if let Some(object) = line.as_object_mut() {
            object.extend(self.0.iter().map(|(name, n)| ((*name).to_owned(), json!(n))));
        }
        line.to_string()
    }
}
