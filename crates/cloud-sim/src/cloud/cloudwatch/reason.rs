//! Why an alarm is in a state, in CloudWatch's words. AWS documents examples only
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>); the plural forms
//! and those of missing data are as they are in messages that people published.

use aws_vocabulary::AlarmState;
use jiff::Timestamp;
use serde_json::json;

use super::alarm::Alarm;
use super::condition::MissingData;
use super::evaluation::count;
use super::metric::Datapoint;
use crate::payload;

/// Why an alarm is in a state.
pub(super) struct Reason {
    /// For people.
    pub(super) text: String,
    /// For programs.
    pub(super) data: String,
}

/// Why a composite alarm is about to enter a state.
pub(super) fn of_child(child: &str, state: AlarmState, now: Timestamp) -> Reason {
    let at = now.strftime("%A %d %B, %Y %H:%M:%S UTC");
    let data = json!({
        "triggeringAlarms": [
            { "arn": child, "state": { "value": state, "timestamp": payload::alarm_time(now) } },
        ],
    });
    Reason { text: format!("{child} transitioned to {state} at {at}"), data: data.to_string() }
}

/// Why an alarm on a metric is about to enter a state.
pub(super) fn of_metric(
    alarm: &Alarm,
    state: AlarmState,
    datapoints: &[Datapoint],
    now: Timestamp,
) -> Reason {
    let periods = count(alarm.condition.evaluation_periods);
    let mut known: Vec<(Timestamp, f64)> =
        datapoints.iter().rev().filter_map(|point| Some((point.begin, point.value?))).take(periods).collect();
    let missing = periods - known.len();
    let text = match state {
        AlarmState::InsufficientData => {
            format!("Insufficient Data: {} unknown.", were(missing, "datapoint"))
        }
        AlarmState::Ok | AlarmState::Alarm => crossed(alarm, state, &known, missing),
    };
    known.reverse();
    let data = json!({
        "version": "1.0",
        "queryDate": payload::alarm_time(now),
        "statistic": alarm.condition.statistic.as_str(),
        "period": alarm.condition.period,
        "recentDatapoints": known.iter().map(|(_, value)| *value).collect::<Vec<f64>>(),
        "threshold": alarm.condition.threshold,
    });
    let start = known.first().map(|(begin, _)| payload::alarm_time(*begin));
    Reason { text, data: payload::with(data, "startDate", start).to_string() }
}

/// `known` are the datapoints that were evaluated, the latest first; so many more were missing.
fn crossed(alarm: &Alarm, state: AlarmState, known: &[(Timestamp, f64)], missing: usize) -> String {
    let is_raised = state == AlarmState::Alarm;
    let is_meant = |(_, value): &&(Timestamp, f64)| alarm.condition.is_breached_by(*value) == is_raised;
    let meant: Vec<&(Timestamp, f64)> = known.iter().filter(is_meant).collect();
    let treated = match alarm.treats_missing_data_as() {
        MissingData::Breaching => Some("Breaching"),
        MissingData::NotBreaching => Some("NonBreaching"),
        MissingData::Missing | MissingData::Ignore => None,
    };
    let treated = treated
        .filter(|_| 0 < missing)
        .map(|how| format!(" and {} treated as [{how}]", were(missing, "missing datapoint")))
        .unwrap_or_default();
    if meant.is_empty() {
        return format!("Threshold Crossed: {}{treated}.", received(known.len(), missing));
    }
    let (count, minimum) = counts(alarm, state, meant.len());
    let values: Vec<String> = meant.iter().map(|(begin, value)| value_at(*begin, *value)).collect();
    let verb = if meant.len() == 1 { "was" } else { "were" };
    let not = if is_raised { "" } else { "not " };
    let how = alarm.condition.comparison.words();
    let values = values.join(", ");
    let threshold = alarm.condition.threshold;
    format!(
        "Threshold Crossed: {count} [{values}] {verb} {not}{how} the threshold ({threshold:?}){treated}{minimum}."
    )
}

/// How many datapoints there were of how many, and how many there had to be: only said of an alarm that says it.
fn counts(alarm: &Alarm, state: AlarmState, meant: usize) -> (String, String) {
    let Some(needed) = alarm.condition.datapoints_to_alarm else {
        return (many(meant, "datapoint"), String::new());
    };
    let periods = alarm.condition.evaluation_periods;
    // So many keep it from being raised; AWS's examples have one period only.
    let needed = if state == AlarmState::Alarm { needed } else { periods - needed + 1 };
    let needed = many(count(needed), "datapoint");
    let previous = alarm.status.state;
    (
        // CloudWatch writes *the last 1 datapoints*.
        format!("{meant} out of the last {periods} datapoints"),
        format!(" (minimum {needed} for {previous} -> {state} transition)"),
    )
}

fn received(known: usize, missing: usize) -> String {
    let periods = many(known + missing, "period");
    match known {
        0 => format!("no datapoints were received for {periods}"),
        some => format!("{} received for {periods}", were(some, "datapoint")),
    }
}

/// CloudWatch writes the day first, and only the last digits of the year.
fn value_at(begin: Timestamp, value: f64) -> String {
    format!("{value:?} ({})", begin.strftime("%d/%m/%y %H:%M:%S"))
}

fn many(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn were(number: usize, noun: &str) -> String {
    format!("{} {}", many(number, noun), if number == 1 { "was" } else { "were" })
}
