//! `cron(minutes hours day-of-month month day-of-week year)`
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions>).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::day::Days;
use super::error::ScheduleError;
use super::field::{Field, words};

const MINUTES: Field = Field { name: "minutes", low: 0, high: 59, names: &[], steps: true, wraps: true };
const HOURS: Field = Field { name: "hours", low: 0, high: 23, names: &[], steps: true, wraps: true };
const MONTHS: Field = Field {
    name: "month",
    low: 1,
    high: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    steps: true,
    wraps: true,
};
const YEARS: Field = Field { name: "year", low: 1970, high: 2199, names: &[], steps: true, wraps: false };

/// Minutes, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Days,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

impl Cron {
    pub(super) fn read(fields: &str) -> Result<Self, ScheduleError> {
        let [minutes, hours, of_month, month, of_week, year] = words(fields)[..] else {
            return Err(ScheduleError::new(
                "fields",
                "there have to be six, with spaces only between: minutes, hours, day-of-month, month, day-of-week, year",
            ));
        };
        Ok(Self {
            minutes: MINUTES.values(minutes)?,
            hours: HOURS.values(hours)?,
            days: Days::read(of_month, of_week)?,
            months: MONTHS.values(month)?,
            years: YEARS.values(year)?,
        })
    }

    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let now = Offset::UTC.to_datetime(after);
        let hour = |day| if day == now.date() { now.hour() } else { 0 };
        self.days_from(now.date()).find_map(|day| self.times(day, hour(day)).find(|at| after < *at))
    }

    fn days_from(&self, first: Date) -> impl Iterator<Item = Date> {
        let months = self.years.range(first.year()..).flat_map(|year| {
            self.months.iter().filter_map(|month| Date::new(*year, i8::try_from(*month).ok()?, 1).ok())
        });
        months
            .filter(move |month| first.first_of_month() <= *month)
            .flat_map(|month| {
                (1..=month.days_in_month()).filter_map(move |day| month.with().day(day).build().ok())
            })
            .filter(move |day| first <= *day && self.days.hold(*day))
    }

    /// The runs on a day, from an hour on.
    fn times(&self, day: Date, from: i8) -> impl Iterator<Item = Timestamp> {
        let at = move |hour: i16, minute: i16| {
            let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
            let time = DateTime::new(day.year(), day.month(), day.day(), hour, minute, 0, 0).ok()?;
            Offset::UTC.to_timestamp(time).ok()
        };
        self.hours
            .range(i16::from(from)..)
            .flat_map(move |hour| self.minutes.iter().filter_map(move |minute| at(*hour, *minute)))
    }
}
