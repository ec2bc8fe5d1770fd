//! Where a day's records are kept, and which days are missing.

use jiff::{Timestamp, civil::Date};
use ports::{IdError, ObjectKey, time};
use serde::{Deserialize, Serialize};

/// The media type of the records: one JSON text a line.
pub const RECORDS_TYPE: &str = "application/x-ndjson";
/// The media type of a manifest.
pub const MANIFEST_TYPE: &str = "application/json";
/// How many nights back a missing day is still made up for.
pub const BACKFILL_DAYS: usize = 7;

/// What is known of an archived day: written beside the records, also for a day without any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub format: u8,
    /// The day, in UTC.
    pub day: Date,
    /// The table the records are from.
    pub table: String,
    /// How many records there are.
    pub records: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// The SHA-256 of those bytes, in hexadecimal.
    pub sha256: String,
}

/// The object that holds the records of a day.
///
/// # Errors
///
/// Never in practice: the key is printable and short. The error is passed on all the same.
///
/// # Examples
///
/// ```
/// let key = domain::policy::archive::records_key("2026-11-23".parse().unwrap())?;
/// assert_eq!(key.as_str(), "metrics-archive/2026-11-23/metrics.jsonl");
/// # Ok::<(), ports::IdError>(())
/// ```
pub fn records_key(day: Date) -> Result<ObjectKey, IdError> {
    ObjectKey::new(format!("metrics-archive/{day}/metrics.jsonl"))
}

/// The object that holds the manifest of a day.
///
/// # Errors
///
/// As [`records_key`].
pub fn manifest_key(day: Date) -> Result<ObjectKey, IdError> {
    ObjectKey::new(format!("metrics-archive/{day}/manifest.json"))
}

/// Whether a day is over, by a clock that may be slow. Before that nobody can say that its records are complete.
///
/// # Examples
///
/// ```
/// use domain::policy::archive::is_over;
///
/// let day = "2026-11-23".parse().unwrap();
/// assert!(is_over(day, "2026-11-23T23:59:50Z".parse().unwrap()));
/// assert!(!is_over(day, "2026-11-23T23:59:49Z".parse().unwrap()));
/// ```
pub fn is_over(day: Date, now: Timestamp) -> bool {
    time::midnight(time::tomorrow(day)) <= time::later(now, time::SKEW)
}

/// The days that a night looks after, newest first: yesterday, and the days before it that an earlier night may have
/// missed.
///
/// # Examples
///
/// ```
/// let days = domain::policy::archive::days_of_night("2026-11-24".parse().unwrap());
/// assert_eq!(days.len(), 7);
/// assert_eq!((days[0].to_string(), days[6].to_string()), ("2026-11-23".to_owned(), "2026-11-17".to_owned()));
/// ```
pub fn days_of_night(night: Date) -> Vec<Date> {
    std::iter::successors(Some(time::yesterday(night)), |day| Some(time::yesterday(*day)))
        .take(BACKFILL_DAYS)
        .collect()
}
