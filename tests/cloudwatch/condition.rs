//! What `PutMetricAlarm` takes
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).

use cloud_sim::cloud::cloudwatch::{Comparison, Condition, ConditionError};

use super::of;

fn periods(period: u32, count: u32) -> Result<Condition, ConditionError> {
    Condition::new(Comparison::GreaterThan, 1.0, period, count)
}

#[test]
fn periods_below_an_hour_may_take_a_day_in_all() {
    assert!(periods(300, 288).is_ok() && periods(10, 8640).is_ok() && periods(3540, 24).is_ok());
    assert_eq!(periods(300, 289), Err(ConditionError::TooLong { seconds: 86_700, limit: 86_400 }));
}

#[test]
fn periods_from_an_hour_on_may_take_a_week_in_all() {
    assert!(periods(3600, 168).is_ok() && periods(86_400, 7).is_ok());
    assert_eq!(periods(3600, 169), Err(ConditionError::TooLong { seconds: 608_400, limit: 604_800 }));
}

#[test]
fn a_period_is_ten_twenty_thirty_or_whole_minutes() {
    for period in [10, 20, 30, 60, 120, 300] {
        assert!(periods(period, 1).is_ok(), "{period}");
    }
    for period in [0, 1, 40, 61, 90] {
        assert_eq!(periods(period, 1), Err(ConditionError::Period(period)));
    }
}

#[test]
fn as_many_datapoints_can_be_needed_as_there_are_periods() {
    for datapoints in [1, 2, 3] {
        assert!(of(3, 3).datapoints_to_alarm(datapoints).is_ok());
    }
    for datapoints in [0, 4] {
        let error = of(3, 3).datapoints_to_alarm(datapoints).unwrap_err();
        assert_eq!(error, ConditionError::Datapoints { datapoints, periods: 3 });
    }
    assert_eq!(periods(60, 0), Err(ConditionError::NoPeriods));
}

#[test]
fn a_threshold_is_a_number() {
    for threshold in [f64::NAN, f64::INFINITY] {
        assert_eq!(Condition::new(Comparison::LessThan, threshold, 60, 1), Err(ConditionError::Threshold));
    }
}

#[test]
fn an_error_says_what_is_expected() {
    insta::assert_snapshot!(periods(300, 289).unwrap_err(), @"all evaluation periods take 86700 s: expected at most 86400 s, a week for periods of an hour or more and a day for shorter ones");
    insta::assert_snapshot!(periods(90, 1).unwrap_err(), @"a period of 90 s: expected 10, 20, 30 or a multiple of 60");
    insta::assert_snapshot!(of(3, 3).datapoints_to_alarm(4).unwrap_err(), @"4 datapoints to alarm: expected 1 to 3, the evaluation periods");
}
