use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use ports::time;
use serde::{Deserialize, Serialize};

use super::{Period, RetentionError};

/// A whole number of days, from 1 to 36500.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::Days;
///
/// let days: Days = "90".parse()?;
/// assert_eq!(days.before("2026-04-01T12:00:00Z".parse().unwrap()), "2026-01-01T12:00:00Z".parse().unwrap());
/// let error = "0".parse::<Days>().unwrap_err();
/// assert_eq!(error.to_string(), "`0` days: expected a whole number from 1 to 36500");
/// # Ok::<(), domain::policy::retention::RetentionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u16")]
pub struct Days(u16);

/// The most days that are meant, and not mistyped.
const MOST: u16 = 36_500;

impl Days {
    /// The instant so many days before another: days of UTC have 24 hours.
    pub fn before(self, at: Timestamp) -> Timestamp {
        time::earlier(at, SignedDuration::from_hours(24_i64.saturating_mul(self.0.into())))
    }
}

impl TryFrom<i64> for Days {
    type Error = RetentionError;
    fn try_from(days: i64) -> Result<Self, RetentionError> {
        let some = u16::try_from(days).ok().filter(|days| (1..=MOST).contains(days));
        some.map(Self).ok_or_else(|| RetentionError::Days(days.to_string()))
    }
}

impl From<Days> for u16 {
    fn from(days: Days) -> Self {
        days.0
    }
}

impl From<Days> for Period {
    fn from(days: Days) -> Self {
        Self::of_days(days.0)
    }
}

impl FromStr for Days {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let days: i64 = text.parse().map_err(|_| RetentionError::Days(text.to_owned()))?;
        Self::try_from(days)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
