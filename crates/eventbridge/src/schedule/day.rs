//! The two fields of which one names the days.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

use super::error::ScheduleError;
use super::field::Field;

const OF_MONTH: Field =
    Field { name: "day-of-month", low: 1, high: 31, names: &[], steps: true, wraps: true };

/// The documentation's table has no `/` for this field.
const OF_WEEK: Field = Field {
    name: "day-of-week",
    low: 1,
    high: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    steps: false,
    wraps: true,
};

/// The days of a month on which a schedule runs. Days of the week go from 1, Sunday, to 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Days {
    /// Days of the month: `1,15`, `*`.
    Of(BTreeSet<i16>),
    /// So many days before the last: `L`, `L-3`. The latter is not in the documentation; AWS's support confirms it
    /// (<https://zenn.dev/kz23szk/articles/d52df8b1614fb6>).
    Last(i16),
    /// The last day from Monday to Friday: `LW`. Not in the documentation, but EventBridge's console takes it
    /// (<https://github.com/grumBit/aws_cron_expression_validator/issues/18>).
    LastWorking,
    /// The day from Monday to Friday that is nearest to a day, in the same month: `15W`.
    Working(i16),
    /// Days of the week: `MON-FRI`, `L` for Saturday.
    Weekly(BTreeSet<i16>),
    /// The last such day of the month: `6L`.
    LastWeekly(i16),
    /// The nth such day of the month: `3#2`.
    NthWeekly(i16, i16),
}

impl Days {
    /// Reads both fields: one says which days, and the other is `?`.
    pub(super) fn read(of_month: &str, of_week: &str) -> Result<Self, ScheduleError> {
        match (of_month, of_week) {
            ("?", "?") => Err(OF_WEEK.wrong(of_week, "only one of day-of-month and day-of-week may be `?`")),
            (_, "?") => days_of_month(of_month),
            ("?", _) => days_of_week(of_week),
            _ => Err(OF_WEEK.wrong(of_week, "one of day-of-month and day-of-week has to be `?`")),
        }
    }

    pub(super) fn hold(&self, day: Date) -> bool {
        let last = day.last_of_month();
        let weekday = i16::from(day.weekday().to_sunday_one_offset());
        match self {
            Self::Of(days) => days.contains(&day.day().into()),
            Self::Last(before) => i16::from(day.day()) + before == i16::from(last.day()),
            Self::LastWorking => day == nearest_working(last),
            Self::Working(n) => i8::try_from(*n).is_ok_and(|n| {
                // A month without that day has no day nearest to it.
                Date::new(day.year(), day.month(), n).is_ok_and(|wanted| day == nearest_working(wanted))
            }),
            Self::Weekly(days) => days.contains(&weekday),
            Self::LastWeekly(wanted) => weekday == *wanted && last.day() - day.day() < 7,
            Self::NthWeekly(wanted, nth) => weekday == *wanted && i16::from((day.day() - 1) / 7 + 1) == *nth,
        }
    }
}

/// The nearest day from Monday to Friday that is in the same month.
fn nearest_working(day: Date) -> Date {
    let away = match day.weekday() {
        Weekday::Saturday if day.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if day == day.last_of_month() => -2,
        Weekday::Sunday => 1,
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => 0,
    };
    day.saturating_add(jiff::Span::new().days(away))
}

fn days_of_month(text: &str) -> Result<Days, ScheduleError> {
    let wrong = |problem: String| OF_MONTH.wrong(text, problem);
    let upper = text.to_ascii_uppercase();
    if !upper.contains(['L', 'W']) {
        return OF_MONTH.values(text).map(Days::Of);
    }
    if upper == "L" {
        return Ok(Days::Last(0));
    }
    if upper == "LW" {
        return Ok(Days::LastWorking);
    }
    if let Some(before) = upper.strip_prefix("L-") {
        return match OF_MONTH.value(before) {
            Ok(before) if before < OF_MONTH.high => Ok(Days::Last(before)),
            Ok(_) | Err(_) => {
                Err(wrong("no month has a day so long before its last: use 1 to 30".to_owned()))
            }
        };
    }
    match upper.strip_suffix('W') {
        Some(day) => OF_MONTH.value(day).map(Days::Working).map_err(wrong),
        None => Err(wrong("`L` and `W` stand alone: `L`, `L-3`, `LW` or `15W`".to_owned())),
    }
}

fn days_of_week(text: &str) -> Result<Days, ScheduleError> {
    let wrong = |problem: String| OF_WEEK.wrong(text, problem);
    if text.eq_ignore_ascii_case("L") {
        return Ok(Days::Weekly([OF_WEEK.high].into()));
    }
    if let Some((day, nth)) = text.split_once('#') {
        let day =
            OF_WEEK.value(day).map_err(|problem| wrong(format!("{problem}; `#` stands alone: `3#2`")))?;
        return match nth.parse() {
            Ok(n @ 1..=5) if nth.len() == 1 => Ok(Days::NthWeekly(day, n)),
            Ok(_) | Err(_) => Err(wrong(format!("`{nth}` is not from 1 to 5, and `#` stands alone: `3#2`"))),
        };
    }
    match text.strip_suffix(['L', 'l']) {
        Some(day) => {
            let day = OF_WEEK.value(day);
            day.map(Days::LastWeekly).map_err(|problem| wrong(format!("{problem}; `L` stands alone: `6L`")))
        }
        None => OF_WEEK.values(text).map(Days::Weekly),
    }
}
