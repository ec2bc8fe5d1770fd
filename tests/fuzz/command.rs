//! What the command line reads, nearly.

use std::path::Path;

use cli::command::run;
use serde_json::Value;
use support::scene::event;

use crate::{Work, each};

/// A file of a test's own.
fn file(name: &str, content: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Runs a command: it ends with a code of its own and prints nothing that a terminal would obey.
fn caretaker(arguments: &[&str]) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run([&["caretaker"], arguments].concat(), &mut out, &mut err);
    assert!(code <= 2 && (code == 2) != err.is_empty(), "{code}");
    let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    let is_obeyed = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!out.contains(is_obeyed) && !err.contains(is_obeyed), "{out:?} {err:?}");
    let is_json = arguments.iter().any(|argument| ["--json", "json"].contains(argument));
    assert!(!is_json || code == 2 || serde_json::from_str::<Value>(&out).is_ok(), "{out}");
}

#[test]
fn plan_and_explain_read_lists() {
    each(&["corpus/lists"], Work::Some, |list| {
        let file = file("fuzz-list", list);
        let options =
            ["--snapshots", &file, "--keep-last", "1", "--group-by", "tag:Name", "--owned-by", "any"];
        caretaker(&[&["plan"], &options[..]].concat());
        caretaker(&[&["plan", "--images", &file, "--output", "json"], &options[..]].concat());
        caretaker(&[&["explain", "snap-0a1b2c3d"], &options[..]].concat());
    });
}

#[test]
fn doctor_reads_settings() {
    each(&["corpus/settings"], Work::Some, |settings| {
        let file = file("fuzz-settings", settings);
        caretaker(&["doctor", "--settings", &file]);
        caretaker(&["doctor", "--settings", &file, "--json"]);
    });
}

#[test]
fn match_reads_patterns_and_events() {
    let fixed = file("fuzz-fixed-event", &event("alarm-eventbridge"));
    each(&["corpus/patterns", "events"], Work::Some, |text| {
        let file = file("fuzz-pattern", text);
        caretaker(&["match", "--pattern", &file, "--event", &fixed]);
        caretaker(&["match", "--pattern", &file, "--event", &file, "--json"]);
    });
}

#[test]
fn schedule_and_compare_read_expressions() {
    let list = file("fuzz-fixed-list", br#"{"Snapshots": []}"#);
    each(&["corpus/schedules", "corpus/policies"], Work::Some, |text| {
        let text = String::from_utf8_lossy(text);
        caretaker(&["schedule", "--count", "3", "--json", "--", text.trim()]);
        caretaker(&[
            "plan",
            "--snapshots",
            &list,
            "--keep-last",
            "1",
            "--compare",
            &format!("--{}", text.trim_start_matches('-')),
        ]);
    });
}

#[test]
fn compare_reads_plans_and_policies() {
    let list = file("fuzz-compared-list", br#"{"Snapshots": []}"#);
    each(&["corpus/plans"], Work::Some, |plan| {
        let file = file("fuzz-plan", plan);
        caretaker(&["plan", "--snapshots", &list, "--keep-last", "1", "--compare", &file]);
    });
}

#[test]
fn replay_reads_events() {
    each(&["events"], Work::Much, |payload| {
        let file = file("fuzz-event", payload);
        for function in ["auto-snapshot", "nightly-maintenance", "auto-remediation"] {
            caretaker(&["replay", function, "--event", &file]);
        }
    });
}

#[test]
fn replay_reads_worlds() {
    let events = ["ec2-state-change", "scheduled", "alarm-sns"]
        .map(|name| file(&format!("fuzz-{name}"), &event(name)));
    each(&["corpus/worlds"], Work::Much, |world| {
        let file = file("fuzz-world", world);
        let functions = ["auto-snapshot", "nightly-maintenance", "auto-remediation"];
        for (function, event) in functions.iter().zip(&events) {
            caretaker(&["replay", function, "--event", event, "--world", &file, "--json"]);
        }
    });
}
