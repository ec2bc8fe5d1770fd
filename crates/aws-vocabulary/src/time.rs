//! Small arithmetic on instants and days, which cannot overflow or panic.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};

/// The instant `by` after `at`, or the last one there is.
///
/// # Examples
///
/// ```
/// use jiff::{SignedDuration, Timestamp};
///
/// let epoch = Timestamp::UNIX_EPOCH;
/// assert_eq!(aws_vocabulary::time::later(epoch, SignedDuration::from_secs(5)).as_second(), 5);
/// assert_eq!(aws_vocabulary::time::later(epoch, SignedDuration::MAX), Timestamp::MAX);
/// ```
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The instant `by` before `at`, or the first one there is.
pub fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// How far apart two instants are, whichever comes first.
pub fn apart(a: Timestamp, b: Timestamp) -> SignedDuration {
    a.max(b).duration_since(a.min(b))
}

/// The day of an instant in UTC.
///
/// # Examples
///
/// ```
/// let at = "2026-11-23T23:59:59Z".parse().unwrap();
/// assert_eq!(aws_vocabulary::time::day(at).to_string(), "2026-11-23");
/// ```
pub fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// The first instant of a day in UTC.
pub fn midnight(day: Date) -> Timestamp {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

/// The day before, or the first day there is.
pub fn yesterday(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

/// The day after, or the last day there is.
pub fn tomorrow(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}
