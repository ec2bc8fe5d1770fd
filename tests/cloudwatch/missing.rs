//! The tables of how missing data is treated
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data>).

use cloud_sim::cloud::cloudwatch::{Alarm, Condition, MissingData, evaluate};
use ports::trigger::AlarmState;

use super::{alarm, datapoints, metric, of};

const STATES: [AlarmState; 3] = [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData];

/// Checks a row of a table, whatever state the alarm was in: the states for missing, ignore, breaching and not breaching.
fn row(condition: &Condition, row: &str, expected: [&str; 4]) {
    let treatments =
        [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];
    for (missing, expected) in treatments.into_iter().zip(expected) {
        for before in STATES {
            let after = evaluate(&datapoints(row), &alarm(condition.clone(), missing, before));
            let expected = if expected == "retain" { before.as_str() } else { expected };
            assert_eq!(after.as_str(), expected, "{row}, {missing:?}, was {before}");
        }
    }
}

#[test]
fn three_of_three_row_1_real_datapoints_from_farther_back_are_used_first() {
    row(&of(3, 3), "0 - X - X", ["OK"; 4]);
}

#[test]
fn three_of_three_row_2_one_good_datapoint_keeps_an_alarm_quiet() {
    row(&of(3, 3), "0 - - - -", ["OK"; 4]);
}

#[test]
fn three_of_three_row_3_without_any_data_the_treatment_decides() {
    row(&of(3, 3), "- - - - -", ["INSUFFICIENT_DATA", "retain", "ALARM", "OK"]);
}

#[test]
fn three_of_three_row_4_enough_real_datapoints_need_no_treatment() {
    row(&of(3, 3), "0 X X - X", ["ALARM"; 4]);
}

#[test]
fn three_of_three_row_5_is_a_premature_alarm() {
    row(&of(3, 3), "- - X - -", ["ALARM", "retain", "ALARM", "OK"]);
}

#[test]
fn two_of_three_row_1_two_breaching_datapoints_are_enough() {
    row(&of(2, 3), "0 - X - X", ["ALARM"; 4]);
}

#[test]
fn two_of_three_row_2_datapoints_from_farther_back_than_needed_are_ignored() {
    row(&of(2, 3), "0 0 X 0 X", ["ALARM"; 4]);
}

#[test]
fn two_of_three_row_3_a_missing_datapoint_can_be_the_second_that_breaches() {
    row(&of(2, 3), "0 - X - -", ["OK", "OK", "ALARM", "OK"]);
}

#[test]
fn two_of_three_row_4_missing_datapoints_alone_can_raise_an_alarm() {
    row(&of(2, 3), "- - - - 0", ["OK", "OK", "ALARM", "OK"]);
}

#[test]
fn two_of_three_row_5_is_a_premature_alarm() {
    row(&of(2, 3), "- - - X -", ["ALARM", "retain", "ALARM", "OK"]);
}

#[test]
fn a_breaching_datapoint_that_is_too_young_raises_no_premature_alarm() {
    for young in ["- - - - X", "- - - X -"] {
        row(&of(3, 3), young, ["retain", "retain", "ALARM", "OK"]);
    }
}

#[test]
fn a_breaching_datapoint_from_before_the_evaluation_periods_raises_no_premature_alarm() {
    for old in ["X - - - -", "- X - - -"] {
        row(&of(3, 3), old, ["retain", "retain", "ALARM", "OK"]);
    }
}

#[test]
fn a_good_datapoint_after_a_breaching_one_raises_no_premature_alarm() {
    for better in ["- - - X 0", "- - X - 0"] {
        row(&of(3, 3), better, ["OK"; 4]);
    }
}

#[test]
fn a_range_without_extra_datapoints_looks_at_no_older_ones() {
    let treated = |range: u32| {
        let condition = of(3, 3).evaluation_range(range);
        super::world::World::with(condition.treat_missing_data(MissingData::NotBreaching))
            .minutes("X X - - X")
    };
    assert_eq!((treated(3), treated(5)), (AlarmState::Ok, AlarmState::Alarm));
}

#[test]
fn metrics_of_dynamodb_always_ignore_missing_data() {
    let mut alarm = Alarm::new(metric(), of(1, 1).treat_missing_data(MissingData::Breaching));
    assert_eq!(evaluate(&[None], &alarm), AlarmState::Alarm);
    alarm.metric.namespace = "AWS/DynamoDB".to_owned();
    for before in STATES {
        alarm.status.state = before;
        assert_eq!(evaluate(&[None], &alarm), before);
    }
}
