//! `caretaker match` and `caretaker schedule` as their users run them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

use std::process::{Command, Output};

use serde_json::{Value, json};

const NIGHTLY: &str = "cron(0 2 * * ? *)";
const STOPPED: &str = r#"{"source": ["aws.ec2"], "detail": {"state": ["stopping", "stopped"]}}"#;

fn caretaker(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_caretaker")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs `match` on a pattern and an event, with files of the test's own.
fn matching(test: &str, pattern: &str, event: &str, more: &[&str]) -> Output {
    let file = |kind: &str, content: &str| {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{kind}.json"));
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (pattern, event) = (file("pattern", pattern), file("event", event));
    caretaker(&[&["match", "--pattern", &pattern, "--event", &event], more].concat())
}

#[test]
fn a_match_exits_with_0() {
    let output = matching("match", STOPPED, r#"{"source": "aws.ec2", "detail": {"state": "stopped"}}"#, &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "match\n".to_owned()));
}

#[test]
fn a_difference_exits_with_1_and_the_reason() {
    let output =
        matching("differs", STOPPED, r#"{"source": "aws.ec2", "detail": {"state": "running"}}"#, &[]);
    let expected = "no match\n  `detail.state`: the event has \"running\", the pattern wants [\"stopping\", \"stopped\"]\n";
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), expected.to_owned()));
}

#[test]
fn verdicts_are_told_as_json() {
    let same = matching("json", r#"{"a": [1]}"#, r#"{"a": [2, 1]}"#, &["--json"]);
    assert_eq!(json_of(&same), json!({ "match": true, "differences": [] }));
    let differs = matching("json-differs", r#"{"a": [1]}"#, r#"{"b": 1}"#, &["--json"]);
    let reason = "the event has no such value, the pattern wants [1]";
    assert_eq!(
        json_of(&differs),
        json!({ "match": false, "differences": [{ "path": "a", "reason": reason }] })
    );
}

#[test]
fn an_invalid_pattern_or_event_exits_with_2_and_is_named() {
    for (test, pattern, event, told) in [
        ("shape", r#"{"a": {"b": 1}}"#, "{}", "shape-pattern.json: `a.b`: write the value as a list: `[1]`"),
        ("syntax", "{", "{}", "syntax-pattern.json: the pattern: EOF"),
        ("event", r#"{"a": [1]}"#, "[1]", "event-event.json: the event: it has to be a JSON object"),
    ] {
        let output = matching(test, pattern, event, &["--json"]);
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{test}");
    }
}

#[test]
fn a_file_that_is_not_there_exits_with_2() {
    let output = caretaker(&["match", "--pattern", "/no/such/file", "--event", "/no/such/file"]);
    assert!(text(&output.stderr).contains("/no/such/file"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_next_runs_are_told_as_json() {
    let output =
        caretaker(&["schedule", NIGHTLY, "--after", "2026-11-23T02:00:00Z", "--count", "2", "--json"]);
    assert_eq!(json_of(&output), json!({ "next": ["2026-11-24T02:00:00Z", "2026-11-25T02:00:00Z"] }));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn ten_runs_are_told_line_by_line() {
    let output = caretaker(&["schedule", "rate(1 hour)", "--after", "2026-11-23T12:30:00Z"]);
    let told = text(&output.stdout);
    assert_eq!(told.lines().count(), 10, "{told}");
    assert!(told.starts_with("2026-11-23T13:30:00Z\n2026-11-23T14:30:00Z\n"), "{told}");
}

#[test]
fn runs_are_told_from_the_present_on() {
    let output = caretaker(&["schedule", "cron(0 0 1 1 ? 1970-2199)", "--count", "1", "--json"]);
    let next: jiff::Timestamp = json_of(&output)["next"][0].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now() < next);
}

#[test]
fn a_schedule_that_is_over_has_no_runs() {
    let over = "cron(15 10 ? * 6L 2019-2022)";
    let after = ["--after", "2026-01-01T00:00:00Z"];
    let plain = caretaker(&[&["schedule", over], &after[..]].concat());
    assert_eq!((plain.status.code(), text(&plain.stdout)), (Some(0), "never again\n".to_owned()));
    let as_json = caretaker(&[&["schedule", over, "--json"], &after[..]].concat());
    assert_eq!(json_of(&as_json), json!({ "next": [] }));
}

#[test]
fn an_invalid_schedule_exits_with_2_and_names_the_field() {
    for (arguments, told) in [
        (vec!["schedule", "cron(0 24 * * ? *)"], "cron(0 24 * * ? *): hours `24`: `24` is not from 0 to 23"),
        (vec!["schedule", "rate(1 minutes)"], "unit `minutes`: with the value 1 it is `minute`"),
        (vec!["schedule", "daily"], "expression: no schedule"),
        (vec!["schedule", NIGHTLY, "--after", "yesterday"], "--after"),
        (vec!["schedule", NIGHTLY, "--count", "0"], "--count"),
    ] {
        let output = caretaker(&arguments);
        let said = text(&output.stderr);
        assert!(said.contains(told), "{said}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
}
