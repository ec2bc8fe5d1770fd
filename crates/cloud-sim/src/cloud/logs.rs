//! What functions log, as far as `CloudWatch` makes metrics of it
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Cloud;
use super::cloudwatch::{Measured, Metric};
use crate::kernel::{Context, InvocationId};

/// A line in the embedded metric format; it has more members, which the definitions name.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_aws")]
    about: About,
    #[serde(flatten)]
    members: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
}

impl Cloud {
    /// A line of an invocation's log, if its role lets it write one.
    pub(crate) fn logged(&mut self, invocation: InvocationId, line: &str, context: &mut Context<'_>) {
        if self.unlogged(invocation).is_none() {
            for measured in metrics(line) {
                self.put_measured(measured, context);
            }
        }
    }

    /// The function of an invocation that may not write its log. Where nobody cares for its logs, it may.
    pub(super) fn unlogged(&mut self, invocation: InvocationId) -> Option<String> {
        let (function, stream) = self.lambda.log_of(invocation)?;
        (!self.iam.lets_log(&function, &stream)).then_some(function)
    }
}

/// The metrics that a line holds: none, unless it is in the format.
fn metrics(line: &str) -> Vec<Measured> {
    let Ok(Line { about, members }) = serde_json::from_str(line) else { return Vec::new() };
    let Ok(at) = Timestamp::from_millisecond(about.timestamp) else { return Vec::new() };
    let text = |name: &String| members.get(name).and_then(Value::as_str);
    let mut found = Vec::new();
    for Directive { namespace, dimensions, metrics } in &about.cloud_watch_metrics {
        for (set, Definition { name }) in
            dimensions.iter().flat_map(|set| metrics.iter().map(move |m| (set, m)))
        {
            let metric = set.iter().try_fold(Metric::new(namespace, name), |metric, dimension| {
                Some(metric.with(dimension, text(dimension)?))
            });
            let value = members.get(name).and_then(Value::as_f64);
            found.extend(metric.zip(value).map(|(metric, value)| Measured { metric, value, at }));
        }
    }
    found
}
