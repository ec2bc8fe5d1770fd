//! Metrics and the alarms on them: actions fire on transitions only
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>).

mod action;
mod alarm;
mod condition;
mod evaluation;
mod metric;
mod reason;

pub use alarm::{Alarm, Status};
pub use condition::{Comparison, Condition, ConditionError, MissingData, Statistic};
pub use evaluation::evaluate;
pub(in crate::cloud) use metric::Measured;
pub use metric::Metric;

use std::collections::BTreeMap;

use aws_vocabulary::AlarmState;
use aws_vocabulary::time;
use jiff::Timestamp;

use super::{Cloud, Happening};
use crate::kernel::Context;
use metric::Series;

/// The metrics and alarms of the account.
#[derive(Clone, Debug, Default)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
    metrics: BTreeMap<Metric, Series>,
    /// When the next evaluation of an alarm is put down for.
    watched: BTreeMap<String, Timestamp>,
}

impl CloudWatch {
    /// Adds an alarm that is first evaluated when its metric gets data.
    pub fn add_alarm(&mut self, name: &str, alarm: Alarm) {
        self.alarms.insert(name.to_owned(), alarm);
    }

    /// An alarm, to look at or to change as if by magic.
    pub fn alarm(&mut self, name: &str) -> Option<&mut Alarm> {
        self.alarms.get_mut(name)
    }

    /// Every alarm.
    pub fn alarms(&self) -> impl Iterator<Item = (&str, &Alarm)> {
        self.alarms.iter().map(|(name, alarm)| (name.as_str(), alarm))
    }
}

impl Cloud {
    /// `PutMetricAlarm`: a new alarm knows too little and is evaluated from the next minute on; one that there was keeps
    /// its state (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
    pub fn put_alarm(&mut self, name: &str, alarm: Alarm, context: &mut Context<'_>) {
        let alarm = match self.cloudwatch.alarms.remove(name) {
            Some(Alarm { status, previous, raised_at, .. }) => {
                Alarm { status, previous, raised_at, configured_at: context.now, ..alarm }
            }
            None => alarm.made_at(context.now),
        };
        let queue = alarm.metric.dimensions.get("QueueName").cloned();
        self.cloudwatch.add_alarm(name, alarm);
        self.watch_alarm(name, context);
        if let Some(queue) = queue {
            self.measure_queue(&queue, context);
        }
    }

    /// `PutMetricData` of one value. Like CloudWatch, takes finite numbers only.
    pub(in crate::cloud) fn put_datapoint(&mut self, metric: &Metric, value: f64, context: &mut Context<'_>) {
        self.put_measured(Measured { metric: metric.clone(), value, at: context.now }, context);
    }

    /// The same of a value that is of another time than now.
    pub(in crate::cloud) fn put_measured(&mut self, measured: Measured, context: &mut Context<'_>) {
        let Measured { metric, value, at } = measured;
        if !value.is_finite() {
            return;
        }
        let is_on_it = |alarm: &Alarm| !alarm.is_composite() && alarm.metric == metric;
        let on_it = |(name, alarm): (&String, &Alarm)| is_on_it(alarm).then(|| name.clone());
        let names: Vec<String> = self.cloudwatch.alarms.iter().filter_map(on_it).collect();
        self.cloudwatch.metrics.entry(metric).or_default().put(at, value);
        for name in names {
            self.watch_alarm(&name, context);
        }
    }

    /// Puts the next evaluation of an alarm down: that of the next minute.
    fn watch_alarm(&mut self, name: &str, context: &mut Context<'_>) {
        // A composite alarm has no metric to look at.
        let alarm = self.cloudwatch.alarms.get(name).filter(|alarm| !alarm.is_composite());
        if let Some(alarm) = alarm {
            let next = time::later(alarm.latest_end(context.now), alarm.condition.cadence());
            self.evaluate_at(next, name, context);
        }
    }

    /// Puts an evaluation down, instead of one that is put down for later.
    fn evaluate_at(&mut self, at: Timestamp, name: &str, context: &mut Context<'_>) {
        let watched = &mut self.cloudwatch.watched;
        if watched.get(name).is_none_or(|next| at < *next) {
            watched.insert(name.to_owned(), at);
            context.at(at, Happening::Evaluate { alarm: name.to_owned() });
        }
    }

    /// Evaluates an alarm. `CloudWatch` does that each minute; here, when a value comes into another period or leaves the last
    /// one, since nothing changes between. Once its whole range lacks data, nothing changes before there is some again.
    pub(super) fn evaluate_alarm(&mut self, name: &str, context: &mut Context<'_>) {
        let CloudWatch { alarms, metrics, watched } = &mut self.cloudwatch;
        if watched.get(name).is_some_and(|at| *at <= context.now) {
            watched.remove(name);
        }
        let (Some(alarm), none) = (alarms.get_mut(name), Series::default()) else { return };
        let series = metrics.get(&alarm.metric).unwrap_or(&none);
        let until = alarm.latest_end(context.now);
        let datapoints = series.datapoints(&alarm.condition, until);
        let next = series.next_change(&alarm.condition, until);
        let values: Vec<Option<f64>> = datapoints.iter().map(|datapoint| datapoint.value).collect();
        let state = evaluate(&values, alarm);
        if state != alarm.status.state {
            let why = reason::of_metric(alarm, state, &datapoints, context.now);
            alarm.enter(state, why, context.now);
            self.alarm_changed(name, context);
        }
        if let Some(next) = next {
            self.evaluate_at(next, name, context);
        }
    }

    /// `SetAlarmState`: the alarm stays so until it is evaluated again, which is the next minute if its metric has data.
    pub(super) fn force_alarm(
        &mut self,
        name: &str,
        state: AlarmState,
        value: u32,
        context: &mut Context<'_>,
    ) {
        let Some(alarm) = self.cloudwatch.alarm(name) else { return };
        if alarm.status.state != state {
            alarm.force(&self.place, state, value, context.now);
            self.alarm_changed(name, context);
            if self.cloudwatch.watched.contains_key(name) {
                self.watch_alarm(name, context);
            }
        }
    }
}
