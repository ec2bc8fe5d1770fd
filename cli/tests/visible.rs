//! What others wrote does nothing to a terminal.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod run;

use serde_json::{Value, json};

use run::{caretaker, file, json};

/// An escape sequence, a bell, a return to the line's start, C1's sequence introducer, an override and an isolate.
const NASTY: &str = "web\u{1b}[2J\u{7}\rx\u{9b}31m\u{202e}\u{2066}\u{e0041}";
const SHOWN: &str = r"web\u001b[2J\u0007\u000dx\u009b31m\u202e\u2066\udb40\udc41";

fn listed(test: &str) -> String {
    let snapshot = json!({
        "SnapshotId": "snap-1", "VolumeId": "vol-1", "State": "completed", "VolumeSize": 8,
        "StartTime": "2026-11-23T01:00:00Z", "OwnerId": "123456789012",
        "Tags": [
            { "Key": "AutoCreated", "Value": "true" }, { "Key": "CreatedBy", "Value": "caretaker" },
            { "Key": NASTY, "Value": format!("{NASTY}\nverdict: fine") },
            { "Key": "caretaker:hold", "Value": format!("{NASTY}\nverdict: fine") },
        ],
    });
    file(&format!("nasty-{test}.json"), json!({ "Snapshots": [snapshot] }).to_string().as_bytes())
}

/// Everything that a command prints.
fn printed(arguments: &[&str]) -> String {
    let output = caretaker(arguments);
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn every_command_shows_what_a_terminal_would_obey() {
    let list = listed("every");
    let event = json!({ "detail-type": NASTY, "source": NASTY, "detail": {}, NASTY: NASTY }).to_string();
    let event = file("nasty-event.json", event.as_bytes());
    let pattern = file("nasty-pattern.json", json!({ NASTY: [NASTY, "b"] }).to_string().as_bytes());
    let settings =
        file("nasty-settings.json", json!({ "KEEP_TAG": NASTY, "MODE": NASTY }).to_string().as_bytes());
    let group = format!("tag:{NASTY}");
    for arguments in [
        &["explain", "snap-1", "--snapshots", &list, "--keep-last", "1"][..],
        &["plan", "--snapshots", &list, "--keep-last", "1", "--group-by", &group],
        &["plan", "--snapshots", &list, "--keep-last", "1", "--group-by", &group, "--output", "json"],
        &["doctor", "--settings", &settings],
        &["doctor", "--settings", &settings, "--json"],
        &["match", "--pattern", &pattern, "--event", &event],
        &["match", "--pattern", &event, "--event", &event],
        &["replay", "auto-snapshot", "--event", &event],
        &["replay", "auto-remediation", "--event", &event, "--json"],
        &["replay", "nightly-maintenance", "--event", NASTY],
        &["replay", NASTY, "--event", NASTY],
        &["schedule", NASTY],
        &["simulate", "--replay", NASTY],
        &["explore", NASTY],
        &["plan", "--snapshots", &list, "--keep-last", "1", "--compare", &format!("--keep-tag={NASTY}")],
        &["plan", "--snapshots", &list, "--keep-last", "1", "--compare", &format!("--{NASTY}")],
        &[NASTY],
    ] {
        let told = printed(arguments);
        assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{arguments:?}: {told:?}");
        assert!(!told.contains(['\u{202e}', '\u{2066}', '\u{e0041}']), "{arguments:?}: {told:?}");
    }
}

#[test]
fn a_text_is_shown_with_what_is_hidden_in_it_and_stays_one_line() {
    let told = printed(&["explain", "snap-1", "--snapshots", &listed("one-line"), "--keep-last", "1"]);
    assert!(told.contains(&format!("tag caretaker:hold = {SHOWN}\\u000averdict: fine\n")), "{told}");
}

#[test]
fn machines_read_what_was_written() {
    let group = format!("tag:{NASTY}");
    let list = listed("machines");
    let options = ["--keep-last", "1", "--group-by", &group, "--output", "json"];
    let told: Value = json(&caretaker(&[&["plan", "--snapshots", &list], &options[..]].concat()));
    assert_eq!(told["groups"][0]["key"], format!("{NASTY}\nverdict: fine"), "{told}");
}

#[test]
fn texts_of_every_language_stay_as_they_are() {
    let names = "день, עברית, العربية, हिन्दी, 日本語, می‌خواهم, 👩‍🚀, ❤️";
    let event = file("legit-event.json", json!({ "a": names }).to_string().as_bytes());
    let pattern = file("legit-pattern.json", br#"{"a": ["b"]}"#);
    let told = printed(&["match", "--pattern", &pattern, "--event", &event, "--json"]);
    assert!(told.contains(names), "{told}");
    let group = format!("tag:{names}");
    let told = printed(&["plan", "--snapshots", &listed("legit"), "--keep-last", "1", "--group-by", &group]);
    assert!(told.contains(names), "{told}");
}
