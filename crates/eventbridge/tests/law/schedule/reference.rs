//! What each field of a cron expression means, asked of one minute.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Whether each of the six fields holds in a minute.
pub(super) fn holds(fields: &[String; 6], at: Timestamp) -> bool {
    let time = Offset::UTC.to_datetime(at);
    let [minutes, hours, of_month, months, of_week, years] = fields;
    is_in(minutes, time.minute().into(), 0, 59)
        && is_in(hours, time.hour().into(), 0, 23)
        && is_in(months, time.month().into(), 1, 12)
        && is_in(years, time.year().into(), 1970, 2199)
        && (of_month == "?" || is_day_of_month(of_month, time))
        && (of_week == "?" || is_day_of_week(of_week, at, time))
}

fn is_in(field: &str, value: i64, low: i64, high: i64) -> bool {
    field.split(',').any(|item| {
        let (base, step) =
            item.split_once('/').map_or((item, None), |(base, step)| (base, Some(number(step))));
        let (from, to) = match base.split_once('-') {
            _ if base == "*" => (low, high),
            Some((from, to)) => (number(from), number(to)),
            None if step.is_some() => (number(base), high),
            None => (number(base), number(base)),
        };
        steps_onto(value, (from, to), step.unwrap_or(1), (low, high))
    })
}

/// Walks from one value to another, and on from the lowest behind the highest.
fn steps_onto(wanted: i64, (from, to): (i64, i64), step: i64, (low, high): (i64, i64)) -> bool {
    let (mut value, mut walked) = (from, 0);
    loop {
        if value == wanted && walked % step == 0 {
            return true;
        }
        if value == to {
            return false;
        }
        value = if value == high { low } else { value + 1 };
        walked += 1;
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

fn is_day_of_month(field: &str, time: DateTime) -> bool {
    let (day, last) = (i64::from(time.day()), i64::from(time.days_in_month()));
    match (field, field.strip_prefix("L-"), field.strip_suffix('W')) {
        ("L", _, _) => day == last,
        ("LW", _, _) => Some(day) == nearest_working(last, time),
        (_, Some(before), _) => day == last - number(before),
        (_, _, Some(wanted)) => number(wanted) <= last && Some(day) == nearest_working(number(wanted), time),
        _ => is_in(field, day, 1, 31),
    }
}

/// Of the days of the month that are from Monday to Friday, the one nearest to a day.
fn nearest_working(wanted: i64, time: DateTime) -> Option<i64> {
    let today = weekday(Offset::UTC.to_timestamp(time).unwrap());
    let weekday_of = |day: i64| (today - 1 + day - i64::from(time.day())).rem_euclid(7) + 1;
    let working = (1..=i64::from(time.days_in_month())).filter(|day| (2..=6).contains(&weekday_of(*day)));
    working.min_by_key(|day| (day - wanted).abs())
}

/// From 1, Sunday, to 7. The first day of 1970 was a Thursday.
fn weekday(at: Timestamp) -> i64 {
    (at.as_second().div_euclid(86_400) + 4).rem_euclid(7) + 1
}

fn is_day_of_week(field: &str, at: Timestamp, time: DateTime) -> bool {
    let (day, last, today) = (i64::from(time.day()), i64::from(time.days_in_month()), weekday(at));
    match (field, field.strip_suffix('L'), field.split_once('#')) {
        ("L", _, _) => today == 7,
        (_, Some(wanted), _) => today == number(wanted) && last < day + 7,
        (_, _, Some((wanted, nth))) => {
            let so_many_before = (1..day).filter(|before| (day - before) % 7 == 0).count();
            today == number(wanted) && so_many_before + 1 == usize::try_from(number(nth)).unwrap()
        }
        _ => is_in(field, today, 1, 7),
    }
}
