//! CloudWatch's alarms, by the tables of AWS's documentation and by what it says in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod action;
mod condition;
mod evaluation;
mod missing;
mod payload;
mod transition;
mod world;

use cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric, MissingData};
use ports::trigger::AlarmState;

/// Breaches when it is above three.
const THRESHOLD: f64 = 3.0;

fn metric() -> Metric {
    Metric::new("Shop", "Errors").with("Service", "cart")
}

/// So many of so many periods of five minutes.
fn of(needed: u32, periods: u32) -> Condition {
    Condition::new(Comparison::GreaterThan, THRESHOLD, 300, periods)
        .unwrap()
        .datapoints_to_alarm(needed)
        .unwrap()
}

fn alarm(condition: Condition, missing: MissingData, state: AlarmState) -> Alarm {
    let mut alarm = Alarm::new(metric(), condition.treat_missing_data(missing));
    alarm.status.state = state;
    alarm
}

/// Datapoints as AWS's tables write them, the oldest first: `0` is fine, `X` breaches, `-` is missing.
fn datapoints(row: &str) -> Vec<Option<f64>> {
    let datapoint = |mark| match mark {
        "0" => Some(0.0),
        "X" => Some(5.0),
        "-" => None,
        other => panic!("{other}"),
    };
    row.split(' ').map(datapoint).collect()
}
