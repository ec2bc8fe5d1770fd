//! `simulate` with faults, `explore`, and the lines that make a failure happen again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

use std::process::{Command, Output};

use serde_json::Value;

fn caretaker(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_caretaker")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn an_exploration_tells_how_many_executions_there_are() {
    let output = caretaker(&["explore", "auto-remediation", "--faults", "0", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &told["complete"], &told["violations"]),
        (Some(0), &true.into(), &0.into())
    );
    assert!(10 < told["executions"].as_u64().unwrap(), "{told}");
    assert_eq!(told["first"], Value::Null);
}

#[test]
fn an_exploration_is_told_in_words() {
    let output = caretaker(&["explore", "auto-snapshot", "--faults", "0", "--preemptions", "1"]);
    let told = text(&output);
    assert!(told.contains("auto-snapshot: 2 deliveries, at most 0 faults, at most 1 preemptions"), "{told}");
    assert!(told.contains("(all there are)") && told.contains("0 of them broke an invariant"), "{told}");
}

#[test]
fn a_timeline_tells_what_happened_in_order() {
    let told = text(&caretaker(&["simulate", "--days", "1", "--instances", "3", "--timeline"]));
    let times: Vec<&str> = told.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert!(times.is_sorted() && told.contains("rule `nightly` is due"), "{told}");
}

#[test]
fn many_hostile_seeds_are_told_together() {
    let output =
        caretaker(&["simulate", "--days", "1", "--instances", "5", "--faults", "hostile", "--seeds", "5"]);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(0), "5 seeds, 0 invariants broken\n"));
}

#[test]
fn the_same_is_told_with_any_number_of_jobs() {
    let told = |jobs: &str, rest: &[&str]| {
        let output = caretaker(&[rest, &["--jobs", jobs]].concat());
        assert_eq!(output.status.code(), Some(0));
        text(&output)
    };
    let simulate =
        ["simulate", "--days", "1", "--instances", "3", "--faults", "hostile", "--seeds", "6", "--json"];
    assert_eq!(told("1", &simulate), told("4", &simulate));
    let explore = ["explore", "auto-remediation", "--deliveries", "1", "--json"];
    assert_eq!(told("1", &explore), told("4", &explore));
}

#[test]
fn a_line_makes_a_run_happen_again() {
    let again = |line: &str| text(&caretaker(&["simulate", "--replay", line]));
    let seed = again("CARETAKER_REPLAY=simulate:1:3:realistic:seed=7");
    assert_eq!(
        seed,
        text(&caretaker(&[
            "simulate",
            "--days",
            "1",
            "--instances",
            "3",
            "--faults",
            "realistic",
            "--seed",
            "7",
            "--timeline"
        ]))
    );
    let path = again("explore:auto-snapshot:2:1:path=0-1");
    assert!(path.contains("snapshots begun"), "{path}");
}

#[test]
fn a_line_that_is_none_is_refused_with_an_example() {
    let output = caretaker(&["simulate", "--replay", "seed=7"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("`seed=7` is no replay line: expected one that a command printed"), "{error}");
}
