//! Schedule expressions, `cron()` and `rate()`, in UTC
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>).

mod cron;
mod day;
mod error;
mod field;
mod rate;

use std::str::FromStr;

use jiff::Timestamp;

pub use error::ScheduleError;

use cron::Cron;
use rate::Rate;

/// When a scheduled rule runs.
///
/// # Examples
///
/// ```
/// use eventbridge_rules::schedule::Schedule;
///
/// let nightly: Schedule = "cron(0 2 * * ? *)".parse().unwrap();
/// let next = nightly.next("2026-11-23T02:00:00Z".parse().unwrap()).unwrap();
/// assert_eq!(next.to_string(), "2026-11-24T02:00:00Z");
///
/// let wrong = "cron(0 24 * * ? *)".parse::<Schedule>().unwrap_err();
/// assert_eq!(wrong.to_string(), "hours `24`: `24` is not from 0 to 23");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Cron(Cron),
    Rate(Rate),
}

impl Schedule {
    /// The first run after an instant, if there is one. A rate counts from when its rule was made, so there the instant
    /// is that, or a run.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Kind::Cron(cron) => cron.next(after),
            Kind::Rate(rate) => rate.next(after),
        }
    }

    /// The runs after an instant.
    pub fn runs(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |run| self.next(*run))
    }
}

/// # Errors
///
/// What EventBridge would refuse, with the field and what would be right.
impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(fields) = inside("cron") {
            Cron::read(fields).map(|cron| Self(Kind::Cron(cron)))
        } else if let Some(fields) = inside("rate") {
            Rate::read(fields).map(|rate| Self(Kind::Rate(rate)))
        } else {
            Err(ScheduleError::new(
                "expression",
                "no schedule: write `cron(0 2 * * ? *)` or `rate(5 minutes)`, in lower case and without spaces around it",
            ))
        }
    }
}
