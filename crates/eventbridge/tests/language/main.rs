//! EventBridge's two languages, by the examples of AWS's documentation and by what it says in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod invalid_pattern;
mod invalid_schedule;
mod or;
mod pattern;
mod pattern_example;
mod schedule;
mod schedule_example;

use eventbridge_rules::pattern::{Event, Pattern};
use eventbridge_rules::schedule::Schedule;
use jiff::Timestamp;

fn matches(pattern: &str, event: &str) -> bool {
    let pattern: Pattern = pattern.parse().unwrap_or_else(|error| panic!("{error}: {pattern}"));
    let event: Event = event.parse().unwrap_or_else(|error| panic!("{error}: {event}"));
    let is_match = pattern.matches(&event);
    assert_eq!(pattern.differences(&event).is_empty(), is_match, "{pattern:?} {event:?}");
    is_match
}

/// Whether `{"x": <list>}` matches `{"x": <value>}`.
fn fits(list: &str, value: &str) -> bool {
    matches(&format!(r#"{{"x": {list}}}"#), &format!(r#"{{"x": {value}}}"#))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The first runs after an instant, with spaces between.
fn runs(expression: &str, after: &str, count: usize) -> String {
    let schedule: Schedule = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
    let runs: Vec<String> = schedule.runs(at(after)).take(count).map(|run| run.to_string()).collect();
    runs.join(" ")
}
