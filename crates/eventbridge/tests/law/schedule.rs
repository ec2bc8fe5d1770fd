//! Schedules against a reading that is slow and obvious: it asks every minute, or every day, whether each field holds.

mod reference;

use eventbridge_rules::schedule::{Schedule, ScheduleError};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use reference::holds;

/// A value, a range or a step of a field, in numbers.
fn item(low: i64, high: i64, steps: bool, wraps: bool) -> BoxedStrategy<String> {
    let value = (low..=high).prop_map(|value| value.to_string());
    let range = (low..=high, low..=high).prop_map(move |(from, to)| {
        let (from, to) = if wraps { (from, to) } else { (from.min(to), from.max(to)) };
        format!("{from}-{to}")
    });
    let plain = prop_oneof![value.clone(), range.clone()];
    if !steps {
        return plain.boxed();
    }
    let stepped = (prop_oneof![value, range], 1..40_i64);
    // Behind `*` no step is longer than the field.
    let of_all = (Just("*".to_owned()), 1..40.min(high + 1));
    prop_oneof![3 => plain, 2 => stepped.prop_map(stepping), 1 => of_all.prop_map(stepping)].boxed()
}

fn stepping((base, step): (String, i64)) -> String {
    format!("{base}/{step}")
}

fn field(low: i64, high: i64, steps: bool, wraps: bool) -> impl Strategy<Value = String> {
    let list = vec(item(low, high, steps, wraps), 1..4).prop_map(|items| items.join(","));
    prop_oneof![1 => Just("*".to_owned()), 2 => list]
}

/// The fields for the day of the month and of the week.
fn days() -> impl Strategy<Value = (String, String)> {
    let of_month = prop_oneof![
        3 => field(1, 31, true, true),
        1 => (1..=31_u8).prop_map(|day| format!("{day}W")),
        1 => (1..=30_u8).prop_map(|before| format!("L-{before}")),
        1 => select(vec!["L", "LW"]).prop_map(str::to_owned),
    ];
    let of_week = prop_oneof![
        3 => field(1, 7, false, true),
        1 => (1..=7_u8).prop_map(|day| format!("{day}L")),
        1 => (1..=7_u8, 1..=5_u8).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => Just("L".to_owned()),
    ];
    prop_oneof![
        of_month.prop_map(|days| (days, "?".to_owned())),
        of_week.prop_map(|days| ("?".to_owned(), days)),
    ]
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // From 1999 to 2101: leap centuries and others.
    (915_148_800..4_133_980_800_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn runs(fields: &[String; 6], after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let schedule: Schedule = format!("cron({})", fields.join(" ")).parse().unwrap();
    schedule.runs(after).take_while(|run| *run <= until).collect()
}

/// The instants from one to another, of a width, at which every field holds.
fn enumerated(fields: &[String; 6], after: Timestamp, until: Timestamp, width: i64) -> Vec<Timestamp> {
    let first = after.as_second().div_euclid(width) + 1;
    let instants = (first..=until.as_second() / width).map(|n| Timestamp::from_second(n * width).unwrap());
    instants.filter(|at| holds(fields, *at)).collect()
}

proptest! {
    #[test]
    fn a_cron_runs_in_exactly_the_minutes_in_which_every_field_holds(
        minutes in field(0, 59, true, true),
        hours in field(0, 23, true, true),
        (of_month, of_week) in days(),
        after in instant(),
    ) {
        let fields = [minutes, hours, of_month, "*".to_owned(), of_week, "*".to_owned()];
        let until = after + SignedDuration::from_hours(2 * 24);
        prop_assert_eq!(runs(&fields, after, until), enumerated(&fields, after, until, 60), "{:?}", fields);
    }

    #[test]
    fn a_cron_runs_on_exactly_the_days_on_which_every_field_holds(
        (of_month, of_week) in days(),
        months in field(1, 12, true, true),
        years in field(1999, 2101, true, false),
        after in instant(),
    ) {
        let fields = ["0".to_owned(), "0".to_owned(), of_month, months, of_week, years];
        let until = after + SignedDuration::from_hours(3 * 365 * 24);
        prop_assert_eq!(runs(&fields, after, until), enumerated(&fields, after, until, 86_400), "{:?}", fields);
    }

    #[test]
    fn any_text_is_a_schedule_or_a_reason(text in ".{0,20}|(cron|rate)\\([0-9A-Z*?/#,L W-]{0,20}\\)") {
        let read: Result<Schedule, ScheduleError> = text.parse();
        prop_assert!(read.is_ok() || !read.unwrap_err().to_string().is_empty());
    }
}
