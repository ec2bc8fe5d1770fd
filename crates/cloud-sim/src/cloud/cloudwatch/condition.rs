use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// When an alarm is raised: a statistic of so many periods beyond a threshold
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::cloud::cloudwatch::{Comparison, Condition, ConditionError};
///
/// let two_of_three = Condition::new(Comparison::GreaterThan, 80.0, 300, 3)?.datapoints_to_alarm(2)?;
/// assert!(two_of_three.is_breached_by(80.5) && !two_of_three.is_breached_by(80.0));
///
/// let a_day_and_a_half = Condition::new(Comparison::GreaterThan, 80.0, 300, 432);
/// assert_eq!(a_day_and_a_half, Err(ConditionError::TooLong { seconds: 129_600, limit: 86_400 }));
/// # Ok::<(), ConditionError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(crate) comparison: Comparison,
    pub(crate) threshold: f64,
    pub(crate) period: u32,
    pub(crate) evaluation_periods: u32,
    pub(crate) datapoints_to_alarm: Option<u32>,
    pub(crate) missing: MissingData,
    pub(crate) statistic: Statistic,
    pub(super) range: u32,
}

/// How a datapoint breaches a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `GreaterThanThreshold`.
    GreaterThan,
    /// `GreaterThanOrEqualToThreshold`.
    GreaterThanOrEqualTo,
    /// `LessThanThreshold`.
    LessThan,
    /// `LessThanOrEqualToThreshold`.
    LessThanOrEqualTo,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingData {
    /// As nothing; when every period lacks data, so does the alarm.
    #[default]
    Missing,
    /// As nothing; the alarm stays what it is.
    Ignore,
    /// As beyond the threshold.
    Breaching,
    /// As within the threshold.
    NotBreaching,
}

/// What becomes of the values of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Statistic {
    /// Their average.
    #[default]
    Average,
    /// Their sum.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
}

/// Why CloudWatch does not take a condition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// Not a period.
    #[error("a period of {0} s: expected 10, 20, 30 or a multiple of 60")]
    Period(u32),
    /// No period is to be evaluated.
    #[error("no evaluation periods: expected at least 1")]
    NoPeriods,
    /// Longer than CloudWatch looks back.
    #[error(
        "all evaluation periods take {seconds} s: expected at most {limit} s, a week for periods of an hour or more and a day for shorter ones"
    )]
    TooLong {
        /// How long they are.
        seconds: u64,
        /// How long they may be.
        limit: u64,
    },
    /// More datapoints than are looked at, or none.
    #[error("{datapoints} datapoints to alarm: expected 1 to {periods}, the evaluation periods")]
    Datapoints {
        /// How many were asked for.
        datapoints: u32,
        /// How many there are.
        periods: u32,
    },
    /// A threshold that nothing compares with.
    #[error("the threshold is no finite number")]
    Threshold,
}

const HOUR: u32 = 3600;
const DAY: u64 = 86_400;

/// CloudWatch fetches more datapoints than it evaluates. How many more it does not say; in its examples five for three.
const EXTRA_PERIODS: u32 = 2;

impl Condition {
    /// A condition that all of so many periods, so many seconds each, must breach on average.
    ///
    /// # Errors
    ///
    /// When the threshold or the period is none, or the periods together are too long.
    pub fn new(
        comparison: Comparison,
        threshold: f64,
        period: u32,
        evaluation_periods: u32,
    ) -> Result<Self, ConditionError> {
        if !threshold.is_finite() {
            return Err(ConditionError::Threshold);
        }
        if !(matches!(period, 10 | 20 | 30) || (period != 0 && period.is_multiple_of(60))) {
            return Err(ConditionError::Period(period));
        }
        if evaluation_periods == 0 {
            return Err(ConditionError::NoPeriods);
        }
        let seconds = u64::from(period) * u64::from(evaluation_periods);
        let limit = if period < HOUR { DAY } else { 7 * DAY };
        if limit < seconds {
            return Err(ConditionError::TooLong { seconds, limit });
        }
        Ok(Self::known(comparison, threshold, period, evaluation_periods))
    }

    /// A condition that is written in this crate and keeps the limits.
    pub(super) const fn known(
        comparison: Comparison,
        threshold: f64,
        period: u32,
        evaluation_periods: u32,
    ) -> Self {
        Self {
            comparison,
            threshold,
            period,
            evaluation_periods,
            datapoints_to_alarm: None,
            missing: MissingData::Missing,
            statistic: Statistic::Average,
            range: evaluation_periods + EXTRA_PERIODS,
        }
    }

    /// The same condition, of which so many periods are enough.
    ///
    /// # Errors
    ///
    /// When that is none, or more than there are.
    pub fn datapoints_to_alarm(self, datapoints: u32) -> Result<Self, ConditionError> {
        let periods = self.evaluation_periods;
        if !(1..=periods).contains(&datapoints) {
            return Err(ConditionError::Datapoints { datapoints, periods });
        }
        Ok(Self { datapoints_to_alarm: Some(datapoints), ..self })
    }

    /// The same condition with another meaning of missing data.
    #[must_use]
    pub fn treat_missing_data(self, missing: MissingData) -> Self {
        Self { missing, ..self }
    }

    /// The same condition on another statistic.
    #[must_use]
    pub fn statistic(self, statistic: Statistic) -> Self {
        Self { statistic, ..self }
    }

    /// The same condition, for which so many datapoints are fetched: never fewer than are evaluated.
    #[must_use]
    pub fn evaluation_range(self, datapoints: u32) -> Self {
        Self { range: datapoints.max(self.evaluation_periods), ..self }
    }

    /// Whether a datapoint is beyond the threshold.
    pub fn is_breached_by(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::GreaterThan => self.threshold < value,
            Comparison::GreaterThanOrEqualTo => self.threshold <= value,
            Comparison::LessThan => value < self.threshold,
            Comparison::LessThanOrEqualTo => value <= self.threshold,
        }
    }

    /// How many datapoints must breach; all that are evaluated, unless said otherwise.
    pub(super) fn needed(&self) -> u32 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// The beginnings of the periods that are fetched, the latest first.
    pub(super) fn periods(&self, until: Timestamp) -> impl DoubleEndedIterator<Item = Timestamp> + use<> {
        let period = self.length();
        (1..=self.range).map(move |n| time::earlier(until, period * i32::try_from(n).unwrap_or(i32::MAX)))
    }

    pub(super) fn length(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.period))
    }

    /// How often it is evaluated: once a minute, more often only for shorter periods.
    pub(super) fn cadence(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.period.min(60)))
    }
}

impl Comparison {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GreaterThan => "GreaterThanThreshold",
            Self::GreaterThanOrEqualTo => "GreaterThanOrEqualToThreshold",
            Self::LessThan => "LessThanThreshold",
            Self::LessThanOrEqualTo => "LessThanOrEqualToThreshold",
        }
    }

    /// Its name in a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::GreaterThan => "greater than",
            Self::GreaterThanOrEqualTo => "greater than or equal to",
            Self::LessThan => "less than",
            Self::LessThanOrEqualTo => "less than or equal to",
        }
    }
}

impl MissingData {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ignore => "ignore",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
        }
    }
}

impl Statistic {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
        }
    }

    /// The statistic of some values; none of no values.
    pub(super) fn of(self, values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
        match self {
            Self::Sum => values.reduce(|sum, value| sum + value),
            Self::Average => {
                let count = u32::try_from(values.clone().count()).ok().filter(|count| *count != 0);
                count.map(|count| values.sum::<f64>() / f64::from(count))
            }
            Self::Minimum => values.reduce(f64::min),
            Self::Maximum => values.reduce(f64::max),
        }
    }
}
