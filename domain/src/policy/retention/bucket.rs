use jiff::Timestamp;
use ports::time::day;

/// A stretch of the calendar, in UTC, of which the newest snapshot stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week of ISO 8601, which begins on a Monday.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

impl Bucket {
    /// Which one an instant is in: two instants have the same number exactly when they share it, and a later one has
    /// a greater number.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::Bucket;
    ///
    /// let week = |text: &str| Bucket::Week.number(text.parse().unwrap());
    /// // The 1st of January 2027 is a Friday: it belongs to the last week of 2026.
    /// assert_eq!(week("2026-12-28T00:00:00Z"), week("2027-01-03T23:59:59Z"));
    /// assert_ne!(week("2026-12-27T23:59:59Z"), week("2026-12-28T00:00:00Z"));
    /// ```
    pub fn number(self, at: Timestamp) -> i64 {
        let second = at.as_second();
        match self {
            Self::Hour => second.div_euclid(HOUR),
            Self::Day => second.div_euclid(DAY),
            // The first day of the epoch was a Thursday.
            Self::Week => second.div_euclid(DAY).saturating_add(3).div_euclid(7),
            Self::Month => {
                let date = day(at);
                i64::from(date.year()).saturating_mul(12).saturating_add(date.month().into())
            }
            Self::Year => day(at).year().into(),
        }
    }
}
