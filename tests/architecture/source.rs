//! Sizes, and words that do not belong into a room.

use super::{read, rust_files};

const ROOMS: [&str; 11] = [
    "crates/cloud-sim/src",
    "simulation/src",
    "crates/aws-vocabulary/src",
    "crates/eventbridge/src",
    "crates/iam-policy/src",
    "ports/src",
    "domain/src",
    "adapters-aws/src",
    "adapters-sim/src",
    "lambda-shims/src",
    "cli/src",
];

#[test]
fn a_binary_has_fewer_than_60_lines() {
    for file in rust_files("lambda-shims/src/bin") {
        let lines = read(&file).lines().count();
        assert!(lines < 60, "{}: {lines} lines", file.display());
    }
}

#[test]
fn a_file_has_at_most_400_lines() {
    for file in ROOMS.into_iter().flat_map(rust_files) {
        let lines = read(&file).lines().count();
        assert!(lines <= 400, "{}: {lines} lines", file.display());
    }
}

#[test]
fn policies_know_no_json_no_ports_and_no_waiting() {
    for file in rust_files("domain/src/policy") {
        let source = read(&file);
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in ["serde_json", "async ", ".await", "dyn Clock", "dyn Ledger", "dyn Snapshots"] {
            let found = code.iter().find(|line| line.contains(word));
            assert_eq!(found, None, "{}: `{word}`", file.display());
        }
    }
}

#[test]
fn the_rooms_without_a_runtime_ban_the_same_things() {
    let ban = read("domain/clippy.toml");
    assert!(ban.contains("jiff::Timestamp::now") && ban.contains("std::collections::HashMap"));
    for room in [
        "crates/aws-vocabulary",
        "crates/cloud-sim",
        "crates/eventbridge",
        "crates/iam-policy",
        "ports",
        "adapters-sim",
    ] {
        assert_eq!(read(format!("{room}/clippy.toml")), ban, "{room}");
    }
    // The nearest clippy.toml wins and nothing is merged, so they repeat what the root sets.
    for line in read("clippy.toml").lines().filter(|line| !line.is_empty()) {
        assert!(ban.contains(line), "{line}");
    }
}

#[test]
fn overflow_and_casts_are_denied_where_decisions_are_made() {
    for room in ["crates/aws-vocabulary", "ports", "domain"] {
        let deny =
            "#![deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]";
        assert!(read(format!("{room}/src/lib.rs")).contains(deny), "{room}");
    }
}

/// Where the brand may stand in the simulator: its own name, what a replay line begins with, and the paths
/// that steer a simulated cloud on a socket.
const BRAND: [&str; 3] = ["caretaker_cloud_sim", "CARETAKER_REPLAY", "/_caretaker/"];
/// What only Caretaker says: its tags, and its functions.
const OURS: [&str; 7] = [
    "Caretaker",
    "caretaker",
    "AutoSnapshot",
    "AutoRemediate",
    "AutoCreated",
    "auto-snapshot",
    "nightly-maintenance",
];

/// The first line of a file that says a word of Caretaker's.
fn word_of_ours(source: &str) -> Option<String> {
    let without_brand =
        |line: &str| BRAND.iter().fold(line.to_owned(), |line, brand| line.replace(brand, ""));
    source.lines().find(|line| OURS.iter().any(|word| without_brand(line).contains(word))).map(str::to_owned)
}

#[test]
fn the_simulator_knows_no_word_of_the_product() {
    for room in [
        "crates/cloud-sim/src",
        "crates/aws-vocabulary/src",
        "crates/eventbridge/src",
        "crates/iam-policy/src",
    ] {
        for file in rust_files(room) {
            assert_eq!(word_of_ours(&read(&file)), None, "{}", file.display());
        }
    }
}

#[test]
fn a_word_of_the_product_is_found() {
    for line in [r#"tags.get("AutoSnapshot")"#, "/// As Caretaker has it.", r#""caretaker:owner""#] {
        assert!(word_of_ours(line).is_some(), "{line}");
    }
    assert_eq!(word_of_ours("/// use caretaker_cloud_sim::Sim;"), None);
}
