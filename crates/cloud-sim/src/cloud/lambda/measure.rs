//! What Lambda measures of its functions
//! (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>).

use jiff::Timestamp;

use super::Lambda;
use crate::cloud::Cloud;
use crate::cloud::cloudwatch::{Measured, Metric};
use crate::kernel::Context;

impl Lambda {
    /// An attempt that began then is over. Whatever it took, its numbers are of the time that it began.
    pub(super) fn measure_attempt(&mut self, function: &str, failed: bool, began: Timestamp) {
        self.measure(function, ("Invocations", 1.0), began);
        self.measure(function, ("Errors", if failed { 1.0 } else { 0.0 }), began);
    }

    /// There was no room for an attempt, which is no invocation.
    pub(super) fn measure_throttle(&mut self, function: &str, at: Timestamp) {
        self.measure(function, ("Throttles", 1.0), at);
    }

    pub(super) fn measure(&mut self, function: &str, (metric, value): (&'static str, f64), at: Timestamp) {
        let metric = Metric::new("AWS/Lambda", metric).with("FunctionName", function);
        self.measured.push(Measured { metric, value, at });
    }
}

impl Cloud {
    /// Hands what Lambda measured to `CloudWatch`.
    pub(in crate::cloud) fn report_of_lambda(&mut self, context: &mut Context<'_>) {
        for measured in std::mem::take(&mut self.lambda.measured) {
            self.put_measured(measured, context);
        }
    }
}
