use aws_vocabulary::AlarmState;

use super::alarm::Alarm;
use super::condition::MissingData;

/// Gives the state that an alarm enters, or stays in, with these datapoints: one for each period of its evaluation range,
/// the oldest first, `None` where data is missing
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data>).
///
/// What AWS leaves open: an alarm that lacks data, and whose only datapoints breach but are too few and too young, stays
/// what it is.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric, evaluate};
/// use aws_vocabulary::AlarmState;
///
/// let condition = Condition::new(Comparison::GreaterThan, 3.0, 300, 3)?.datapoints_to_alarm(2)?;
/// let alarm = Alarm::new(Metric::new("Shop", "Errors"), condition);
/// assert_eq!(evaluate(&[None, None, Some(5.0), Some(0.0), Some(4.0)], &alarm), AlarmState::Alarm);
/// assert_eq!(evaluate(&[None; 5], &alarm), AlarmState::InsufficientData);
/// # Ok::<(), caretaker_cloud_sim::cloud::cloudwatch::ConditionError>(())
/// ```
pub fn evaluate(datapoints: &[Option<f64>], alarm: &Alarm) -> AlarmState {
    let (periods, needed) = (count(alarm.condition.evaluation_periods), count(alarm.condition.needed()));
    let values: Vec<f64> = datapoints.iter().rev().copied().flatten().take(periods).collect();
    let filled = periods - values.len();
    let breaching = values.iter().filter(|value| alarm.condition.is_breached_by(**value)).count();
    let missing = alarm.treats_missing_data_as();
    let counted = if missing == MissingData::Breaching { breaching + filled } else { breaching };
    if needed <= counted {
        return AlarmState::Alarm;
    }
    if breaching < values.len() {
        return AlarmState::Ok;
    }
    match missing {
        MissingData::Breaching | MissingData::NotBreaching => AlarmState::Ok,
        MissingData::Missing if values.is_empty() => AlarmState::InsufficientData,
        MissingData::Missing if is_old_enough(datapoints, periods, needed) => AlarmState::Alarm,
        MissingData::Missing | MissingData::Ignore => alarm.status.state,
    }
}

/// Whether there is data among the evaluation periods that is at least as old as an alarm needs datapoints. When all of it
/// breaches, nothing better can come: the *premature alarm state*.
fn is_old_enough(datapoints: &[Option<f64>], periods: usize, needed: usize) -> bool {
    datapoints.iter().rev().take(periods).skip(needed - 1).any(Option::is_some)
}

/// A number of periods; at most a day of tens of seconds.
pub(super) fn count(periods: u32) -> usize {
    usize::try_from(periods).unwrap_or(usize::MAX)
}
