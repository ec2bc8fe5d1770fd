//! The command as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod run;

use run::{caretaker, file, json};

fn event(name: &str) -> String {
    format!("{}/../tests/events/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_same_seed_prints_the_same_bytes() {
    let run =
        |seed: &str| caretaker(&["simulate", "--days", "3", "--instances", "20", "--seed", seed, "--json"]);
    let (first, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first.stdout, again.stdout);
    assert_eq!(first.status.code(), Some(0));
    assert_ne!(json(&first)["trace_hash"], json(&other)["trace_hash"]);
}

#[test]
fn a_simulation_tells_what_happened_and_that_nothing_broke() {
    let told = json(&caretaker(&["simulate", "--days", "21", "--instances", "20", "--json"]));
    assert_eq!(told["violations"], serde_json::json!([]));
    assert_eq!((&told["seed"], &told["days"]), (&1.into(), &21.into()));
    for counter in ["stops", "sets", "snapshots", "deletions", "objects", "alarms", "scale_outs", "notices"] {
        assert!(0 < told["counts"][counter].as_u64().unwrap(), "{counter}: {told}");
    }
    assert_eq!(told["records_archived"], 21 * 20 * 24);
}

#[test]
fn the_table_names_the_invariants() {
    let output = caretaker(&["simulate", "--days", "1", "--instances", "3"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("holds: an incident is left with one set at most"), "{text}");
    assert!(text.contains("trace hash "), "{text}");
}

#[test]
fn documented_events_are_replayed() {
    for (function, name, action) in [
        ("auto-snapshot", "ec2-state-change", "/response/action=snapshot"),
        ("nightly-maintenance", "scheduled", "/response/status=OK"),
        ("auto-remediation", "alarm-sns", "/response/results/0/action=scale_out"),
        ("auto-remediation", "alarm-eventbridge", "/response/results/0/action=scale_out"),
        ("auto-remediation", "alarm-direct", "/response/results/0/action=no_handler"),
        ("auto-remediation", "alarm-composite", "/response/results/0/action=no_handler"),
        ("auto-remediation", "sns-test", "/response/results/0/action=ignored"),
    ] {
        let output = caretaker(&["replay", function, "--event", &event(name), "--json"]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let (pointer, expected) = action.split_once('=').unwrap();
        assert_eq!(json(&output).pointer(pointer).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_replay_shows_response_effects_and_notices() {
    let output = caretaker(&["replay", "auto-remediation", "--event", &event("alarm-sns")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("group `web`: desired 2 -> 4 (max 10)"), "{text}");
    assert!(text.contains("Subject: [Auto-Remediation] web-high-cpu"), "{text}");
}

#[test]
fn observing_changes_nothing() {
    let output =
        caretaker(&["replay", "auto-snapshot", "--event", &event("ec2-state-change"), "--observe", "--json"]);
    let told = json(&output);
    assert_eq!(told["response"]["action"], "observed");
    assert_eq!((&told["effects"], &told["notices"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn x8_an_event_is_tried_on_a_world_of_ones_own() {
    let world = file("world.json", br#"{"groups": [{"name": "web", "desired": 9, "max": 9}]}"#);
    let output = caretaker(&[
        "replay",
        "auto-remediation",
        "--event",
        &event("alarm-sns"),
        "--world",
        &world,
        "--json",
    ]);
    assert_eq!(json(&output)["response"]["results"][0]["action"], "at_max_capacity");
}

#[test]
fn a_route_of_ones_own_is_replayed() {
    let routes = r#"[{"matches": "cpu", "action": "notify", "text": "see the wiki"}]"#;
    let world = serde_json::json!({ "settings": { "ROUTES": routes } }).to_string();
    let world = file("routes.json", world.as_bytes());
    let output =
        caretaker(&["replay", "auto-remediation", "--event", &event("alarm-sns"), "--world", &world]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Action: none but this notice: see the wiki"), "{text}");
    assert!(!text.contains("desired"), "{text}");
}

#[test]
fn any_bytes_are_an_event() {
    for (n, bytes) in [b"".as_slice(), b"\xff\xfe\x00", b"{", b"[1, 2"].into_iter().enumerate() {
        for function in ["auto-snapshot", "nightly-maintenance", "auto-remediation"] {
            let output =
                caretaker(&["replay", function, "--event", &file(&format!("junk-{n}"), bytes), "--json"]);
            assert_eq!(output.status.code(), Some(0));
            assert!(json(&output)["response"].to_string().contains("ignored"));
        }
    }
}

#[test]
fn bad_input_is_named_and_exits_with_2() {
    let bad_world = file("bad-world.json", br#"{"instances": [{"id": "web-1"}]}"#);
    let bad_setting = file("bad-setting.json", br#"{"settings": {"MODE": "maybe"}}"#);
    let event = event("ec2-state-change");
    for (arguments, named) in [
        (vec!["replay", "auto-snapshot", "--event", "/no/such/file"], "/no/such/file"),
        (vec!["replay", "auto-snapshot", "--event", &event, "--world", &bad_world], "instance id `web-1`"),
        (vec!["replay", "auto-snapshot", "--event", &event, "--world", &bad_setting], "`MODE` is `maybe`"),
        (vec!["replay", "reboot-everything", "--event", &event], "reboot-everything"),
        (vec!["simulate", "--days", "0"], "--days"),
        (vec!["simulate", "--seed", "x"], "--seed"),
        (vec!["frobnicate"], "frobnicate"),
    ] {
        let output = caretaker(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
}
