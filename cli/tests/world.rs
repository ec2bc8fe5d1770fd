//! Worlds of one's own for `caretaker replay`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod run;

use serde_json::{Value, json};

use run::{caretaker, file, json};

const EVENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/events/ec2-state-change.json");
const NIGHT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/events/scheduled.json");

fn replay(name: &str, function: &str, event: &str, world: &Value) -> std::process::Output {
    let world = file(&format!("{name}.world.json"), world.to_string().as_bytes());
    caretaker(&["replay", function, "--event", event, "--world", &world, "--json"])
}

/// What comes of a stop of an instance whose root alone is to be taken.
fn root_only(name: &str, more: &Value) -> std::process::Output {
    let mut instance = json!({
        "id": "i-abcd1111", "tags": { "AutoSnapshot": "true", "caretaker:volumes": "root" },
    });
    let more = more.as_object().unwrap().clone();
    instance.as_object_mut().unwrap().extend(more);
    replay(name, "auto-snapshot", EVENT, &json!({ "instances": [instance] }))
}

fn taken(output: &std::process::Output) -> usize {
    json(output)["response"]["snapshots_created"].as_array().map_or(0, Vec::len)
}

#[test]
fn the_root_device_is_the_one_that_is_named_or_else_has_a_roots_name() {
    for (name, more) in [
        ("sda1", json!({ "volumes": ["/dev/sda1", "/dev/sdf"] })),
        ("xvda", json!({ "volumes": ["/dev/sdf", "/dev/xvda"] })),
        ("named", json!({ "volumes": ["/dev/sda", "/dev/sda1"], "root_device": "/dev/sda" })),
        ("both", json!({ "volumes": ["/dev/xvda", "/dev/sda1"], "root_device": "/dev/sda1" })),
    ] {
        let output = root_only(name, &more);
        assert_eq!(taken(&output), 1, "{name}: {}", json(&output));
    }
    assert_eq!(taken(&root_only("none", &json!({ "volumes": ["/dev/sdf"] }))), 0);
}

#[test]
fn a_root_that_could_be_either_has_to_be_named() {
    let output = root_only("either", &json!({ "volumes": ["/dev/xvda", "/dev/sda1"] }));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("instance `i-abcd1111`") && said.contains("\"root_device\""), "{said}");
}

#[test]
fn a_root_on_an_instance_store_is_told_of() {
    let instance = json!({
        "id": "i-abcd1111", "tags": { "AutoSnapshot": "true" }, "volumes": ["/dev/sdf"],
        "root_device_type": "instance-store",
    });
    let told = json(&replay("store", "auto-snapshot", EVENT, &json!({ "instances": [instance] })));
    assert!(told["notices"][0]["text"].as_str().unwrap().contains("instance store"), "{told}");
}

#[test]
fn records_are_what_a_scan_of_the_table_prints() {
    let record = json!({
        "id": { "S": "a" }, "timestamp": { "S": "2015-10-07T12:00:00Z" }, "gone": { "NULL": true },
        "raw": { "B": "aGk=" }, "raws": { "BS": ["aGk=", "aG8="] }, "up": { "BOOL": true }, "n": { "N": "0.5" },
        "names": { "SS": ["a", "b"] }, "sizes": { "NS": ["1", "2"] },
        "list": { "L": [{ "S": "x" }, { "M": { "deep": { "NULL": true } } }] },
    });
    let told = json(&replay("scan", "nightly-maintenance", NIGHT, &json!({ "records": [record] })));
    assert_eq!(told["response"]["metrics_archival"]["records_archived"], 1, "{told}");
}

#[test]
fn records_are_all_that_a_scan_prints_or_a_part_that_is_refused() {
    let record = json!({ "id": { "S": "a" }, "timestamp": { "S": "2015-10-07T12:00:00Z" } });
    let scan = json!({ "Items": [record], "Count": 1, "ScannedCount": 1, "ConsumedCapacity": null });
    let told = json(&replay("whole-scan", "nightly-maintenance", NIGHT, &json!({ "records": scan })));
    assert_eq!(told["response"]["metrics_archival"]["records_archived"], 1, "{told}");
    let key = json!({ "id": { "S": "a" } });
    for (field, value, why) in [
        ("NextToken", json!("abc"), "is one page of several"),
        ("LastEvaluatedKey", key, "is one page of several"),
        ("Items", json!(null), "expected what `aws dynamodb scan` prints"),
    ] {
        let mut part = scan.clone();
        part[field] = value;
        let output = replay("part", "nightly-maintenance", NIGHT, &json!({ "records": part }));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{field}: {said}");
    }
}

#[test]
fn what_is_no_record_is_named_by_its_place_and_attribute() {
    for (value, why) in [
        (json!({ "B": "%" }), "not in Base64"),
        (json!({ "X": "1" }), "there is no type `X`"),
        (json!({ "S": "a", "N": "1" }), "more than one datatypes"),
        (json!("a"), "exactly one of the supported datatypes"),
    ] {
        let records = json!([{ "id": { "S": "a" } }, { "id": { "S": "b" }, "cpu": value }]);
        let output = replay("no-record", "nightly-maintenance", NIGHT, &json!({ "records": records }));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("record number 2: `cpu`: ") && said.contains(why), "{said}");
    }
}

#[test]
fn a_field_that_is_none_is_named_with_those_that_are() {
    let instance = json!({ "id": "i-abcd1111", "root-device": "/dev/sda1" });
    let output = replay("unknown", "auto-snapshot", EVENT, &json!({ "instances": [instance] }));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("unknown field `root-device`") && said.contains("`root_device`"), "{said}");
}
