use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::RetentionError;

/// A stretch of calendar time, written `1y2m3d4h`: years, months, days, hours, each at most once. Never nothing; any
/// number of years, as in restic, so that `9999y` is for good.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::Period;
///
/// let at = |text: &str| text.parse().unwrap();
/// assert_eq!("30d".parse::<Period>()?.before(at("2026-03-01T12:00:00Z")), at("2026-01-30T12:00:00Z"));
/// // A month before the 31st of March is the last day of February.
/// assert_eq!("1m".parse::<Period>()?.before(at("2026-03-31T12:00:00Z")), at("2026-02-28T12:00:00Z"));
/// assert!("9999y".parse::<Period>()?.before(at("2026-03-31T12:00:00Z")) < at("0001-01-01T00:00:00Z"));
/// let error = "0d".parse::<Period>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`0d`: expected years, months, days and hours such as `1y2m3d4h`, more than nothing and each below 2^32",
/// );
/// # Ok::<(), domain::policy::retention::RetentionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    years: u32,
    months: u32,
    days: u32,
    hours: u32,
}

/// The most days that are meant, and not mistyped: a hundred years.
const MOST_DAYS: u16 = 36_525;

impl Period {
    /// So many days; `None` for zero, or for more than a hundred years.
    pub fn days(days: u16) -> Option<Self> {
        Some(days).filter(|days| (1..=MOST_DAYS).contains(days)).map(Self::of_days)
    }

    pub(super) fn of_days(days: u16) -> Self {
        Self { years: 0, months: 0, days: days.into(), hours: 0 }
    }

    /// Whether it is at least as long as another, from whatever instant: a month is not, beside 30 days, nor are these.
    pub(super) fn reaches(self, other: Self) -> bool {
        let parts = |period: Self| [period.years, period.months, period.days, period.hours];
        parts(self).iter().zip(parts(other)).all(|(own, part)| part <= *own)
    }

    /// The instant so long before another, by the calendar of UTC; the first one there is for what reaches beyond it.
    pub fn before(self, at: Timestamp) -> Timestamp {
        let span = Span::new()
            .try_years(self.years)
            .and_then(|span| span.try_months(self.months))
            .and_then(|span| span.try_days(self.days))
            .and_then(|span| span.try_hours(self.hours));
        let Ok(span) = span else { return Timestamp::MIN };
        let before: DateTime = Offset::UTC.to_datetime(at).saturating_sub(span);
        Offset::UTC.to_timestamp(before).unwrap_or(Timestamp::MIN)
    }
}

/// Reads `1y2m3d4h`, each unit at most once.
fn read(text: &str) -> Option<Period> {
    let mut numbers: [Option<u32>; 4] = [None; 4];
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(end)?;
        let unit = tail.chars().next()?;
        let slot = numbers.get_mut("ymdh".find(unit)?)?;
        if slot.replace(number.parse().ok()?).is_some() {
            return None;
        }
        rest = tail.strip_prefix(unit)?;
    }
    let [years, months, days, hours] = numbers.map(Option::unwrap_or_default);
    let is_something = [years, months, days, hours].iter().any(|number| 0 < *number);
    is_something.then_some(Period { years, months, days, hours })
}

impl FromStr for Period {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        read(text).ok_or_else(|| RetentionError::Period(text.to_owned()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(self.years, 'y'), (self.months, 'm'), (self.days, 'd'), (self.hours, 'h')];
        units.into_iter().filter(|(number, _)| 0 < *number).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
    }
}

super::text!(Period);
