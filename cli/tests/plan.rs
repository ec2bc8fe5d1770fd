//! `caretaker plan`, `explain` and `apply` as their users run them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod run;

use serde_json::{Value, json};

use run::{caretaker, file, json};

const NOW: &str = "2026-11-23T02:00:00Z";

/// A snapshot as `aws ec2 describe-snapshots` prints it.
fn snapshot(id: &str, volume: &str, start: &str) -> Value {
    json!({
        "SnapshotId": id,
        "VolumeId": volume,
        "State": "completed",
        "StartTime": start,
        "VolumeSize": 8,
        "OwnerId": "123456789012",
        "Progress": "100%",
        "Encrypted": false,
        "StorageTier": "standard",
        "Description": "",
        "Tags": [
            { "Key": "AutoCreated", "Value": "true" },
            { "Key": "CreatedBy", "Value": "caretaker" },
            { "Key": "caretaker:owner", "Value": "default" },
            { "Key": "caretaker:scheme", "Value": "2" },
        ],
    })
}

/// So many of one volume, one a day, the youngest first.
fn daily(count: u32) -> Vec<Value> {
    let day =
        |n| snapshot(&format!("snap-{n:02}"), "vol-1", &format!("2026-11-{:02}T01:00:00+00:00", 23 - n));
    (0..count).map(day).collect()
}

fn listed(name: &str, snapshots: &[Value]) -> String {
    file(name, json!({ "Snapshots": snapshots }).to_string().as_bytes())
}

fn plan(list: &str, options: &[&str]) -> std::process::Output {
    caretaker(&[&["plan", "--snapshots", list, "--now", NOW], options].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_json_has_groups_verdicts_and_reasons_newest_first() {
    let list = listed("json.json", &daily(4));
    let output = plan(&list, &["--keep-last", "2", "--output", "json"]);
    let told = json(&output);
    assert_eq!((output.status.code(), &told["now"], &told["refused"]), (Some(0), &NOW.into(), &Value::Null));
    assert_eq!(told["policy"]["keep_last"], 2);
    let group = &told["groups"][0];
    assert_eq!(group["key"], "vol-1");
    assert_eq!(group["keep"][0]["id"], "snap-00");
    assert_eq!(group["keep"][0]["start"], "2026-11-23T01:00:00Z");
    assert_eq!(group["keep"][0]["reasons"], json!(["keep-last", "floor"]));
    assert_eq!([&group["remove"][0]["id"], &group["remove"][1]["id"]], ["snap-02", "snap-03"]);
}

#[test]
fn the_table_shows_verdicts_totals_and_what_is_odd() {
    let mut snapshots = daily(3);
    snapshots.push(snapshot("snap-dead", "vol-2", "2020-01-01T00:00:00Z"));
    let output = plan(&listed("table.json", &snapshots), &["--keep-daily", "2"]);
    let told = text(&output.stdout);
    for expected in [
        "│ vol-1 ┆ snap-00   ┆ 2026-11-23T01:00:00Z ┆ 8   ┆ keep    ┆ keep-daily, floor │",
        "│ vol-1 ┆ snap-02   ┆ 2026-11-21T01:00:00Z ┆ 8   ┆ remove  ┆ expired           │",
        "3 snapshots are kept (at most 24 GiB), 1 are removed (at most 8 GiB: snapshots are incremental",
        "what images use is not known",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    let output = plan(&listed("dead.json", &snapshots), &["--keep-within", "7d"]);
    assert!(text(&output.stdout).contains("only the floor keeps something of vol-2"));
}

#[test]
fn a_list_comes_from_the_standard_input_too() {
    use std::io::Write;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_caretaker"))
        .args(["plan", "--snapshots", "-", "--keep-last", "1", "--output", "json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!({ "Snapshots": daily(2) }).to_string().as_bytes()).unwrap();
    let told = json(&child.wait_with_output().unwrap());
    assert_eq!(told["groups"][0]["remove"][0]["id"], "snap-01");
}

#[test]
fn r23_a_plan_that_removes_too_much_is_refused_with_1() {
    let list = listed("refused.json", &daily(20));
    let output = plan(&list, &["--keep-last", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert!(
        told.contains("REFUSED: it would remove 19 of 20 snapshots: more than 25 % and more than 10;"),
        "{told}"
    );
    let output = plan(&list, &["--keep-last", "1", "--output", "json"]);
    assert_eq!((output.status.code(), &json(&output)["refused"]["remove"]), (Some(1), &19.into()));
    assert_eq!(plan(&list, &["--keep-last", "1", "--max-remove", "19"]).status.code(), Some(0));
    assert_eq!(plan(&list, &["--keep-last", "1", "--max-remove-percent", "95"]).status.code(), Some(0));
}

#[test]
fn r12_what_images_use_is_read_from_their_list() {
    let images = json!({ "Images": [
        { "ImageId": "ami-1", "BlockDeviceMappings": [{ "VirtualName": "ephemeral0" }, { "Ebs": { "SnapshotId": "snap-01" } }] },
    ] });
    let images = file("images.json", images.to_string().as_bytes());
    let list = listed("used.json", &daily(3));
    let told = json(&plan(&list, &["--keep-last", "1", "--images", &images, "--output", "json"]));
    assert_eq!(told["groups"][0]["keep"][1]["reasons"], json!(["in-use"]));
}

#[test]
fn r16_snapshots_of_another_account_stay() {
    let mut snapshots = daily(3);
    snapshots[2]["OwnerId"] = "999999999999".into();
    snapshots[2]["Tags"] = Value::Null;
    let list = listed("shared.json", &snapshots);
    let options = ["--keep-last", "1", "--owned-by", "any", "--output", "json"];
    assert_eq!(json(&plan(&list, &options))["groups"][0]["keep"][1]["reasons"], json!(["shared-in"]));
    let other = [&options[..], &["--account", "999999999999"]].concat();
    assert_eq!(json(&plan(&list, &other))["groups"][0]["remove"], json!([]));
}

#[test]
fn another_policy_is_compared() {
    let list = listed("compare.json", &daily(5));
    let first = plan(&list, &["--keep-last", "3", "--output", "json"]);
    let file = file("other-plan.json", &first.stdout);
    let options = ["--keep-last", "1", "--output", "json", "--compare"];
    for other in ["--keep-last 3", &file] {
        let told = json(&plan(&list, &[&options[..], &[other]].concat()));
        let ids: Vec<&Value> = told["keeps"].as_array().unwrap().iter().map(|kept| &kept["id"]).collect();
        assert_eq!(ids, ["snap-02", "snap-01"], "{other}");
        assert_eq!(told["removes"], json!([]));
    }
    let told = text(&plan(&list, &["--keep-last", "3", "--compare", "--keep-daily 1"]).stdout);
    assert!(told.contains("the other would remove 2 more and keep 0 more"), "{told}");
}

#[test]
fn r22_an_explanation_goes_rule_by_rule() {
    let list = listed("explain.json", &daily(5));
    let of = |id: &str| {
        let rest = [
            "--snapshots",
            &list,
            "--now",
            NOW,
            "--keep-last",
            "1",
            "--keep-weekly",
            "2",
            "--keep-tag",
            "gold",
        ];
        caretaker(&[&["explain", id], &rest[..]].concat())
    };
    let output = of("snap-02");
    assert_eq!(output.status.code(), Some(0));
    let told = text(&output.stdout);
    for expected in [
        "snap-02 of vol-1, begun 2026-11-21T01:00:00Z, at most 8 GiB: REMOVED",
        "expired: Removed: no rule keeps it.",
        "keep-last 1: no: as many newer ones as it may are kept",
        "keep-weekly 2: no: snap-01 is newer and stands for it",
        "keep-tag gold: no: it does not carry those tags",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    assert!(text(&of("snap-01").stdout).contains("keep-weekly 2: keeps it, as number 2"));
    assert!(text(&of("snap-77").stderr).contains("snapshot `snap-77`: it is not in the list"));
}

/// One snapshot of which a field is something else, or missing.
fn with(field: &str, value: Value) -> Vec<u8> {
    let mut snapshots = daily(2);
    snapshots[1][field] = value;
    json!({ "Snapshots": snapshots }).to_string().into_bytes()
}

#[test]
fn a_list_that_cannot_be_read_is_told_by_snapshot_and_field() {
    let whole = json!({ "Snapshots": daily(2) }).to_string();
    let same = [daily(1), daily(1)].concat();
    let twice = json!({ "Snapshots": same }).to_string();
    let page = json!({ "Snapshots": daily(1), "NextToken": "more" }).to_string();
    for (bytes, named) in [
        (b"".to_vec(), vec!["it is empty"]),
        (b" \n".to_vec(), vec!["it is empty"]),
        (whole.as_bytes()[..300].to_vec(), vec!["it is cut off"]),
        (b"snapshots: none".to_vec(), vec!["it is not the JSON of `aws ec2 describe-snapshots`"]),
        (b"7".to_vec(), vec!["it is not the JSON of `aws ec2 describe-snapshots`"]),
        (b"{\"Volumes\": []}".to_vec(), vec!["its list is missing"]),
        (page.into_bytes(), vec!["one page of several"]),
        (twice.into_bytes(), vec!["snapshot `snap-00`", "`SnapshotId` is there twice"]),
        (b"{\"Snapshots\": [7]}".to_vec(), vec!["snapshot number 1", "`SnapshotId` is missing"]),
        (with("SnapshotId", Value::Null), vec!["snapshot number 2", "`SnapshotId` is missing"]),
        (with("SnapshotId", "SNAP 1".into()), vec!["`SNAP 1`", "`SnapshotId` cannot be used"]),
        (with("VolumeId", Value::Null), vec!["snapshot `snap-01`", "`VolumeId` is missing"]),
        (with("VolumeId", 7.into()), vec!["snapshot `snap-01`", "`VolumeId` is `7`: expected a text"]),
        (with("StartTime", Value::Null), vec!["snapshot `snap-01`", "`StartTime` is missing"]),
        (with("StartTime", "yesterday".into()), vec!["snapshot `snap-01`", "`StartTime` is `yesterday`"]),
        (with("StartTime", "2026-02-30T00:00:00Z".into()), vec!["snapshot `snap-01`", "`StartTime`"]),
        (
            with("StartTime", "0001-01-01T00:00:00Z".into()),
            vec!["snapshot `snap-01`", "`StartTime`", "from 2006 to 2099"],
        ),
        (
            with("StartTime", "9999-12-31T00:00:00Z".into()),
            vec!["snapshot `snap-01`", "`StartTime`", "from 2006 to 2099"],
        ),
        (with("State", Value::Null), vec!["snapshot `snap-01`", "`State` is missing"]),
        (with("State", "ready".into()), vec!["snapshot `snap-01`", "`State` is `ready`"]),
        (with("VolumeSize", Value::Null), vec!["snapshot `snap-01`", "`VolumeSize` is missing"]),
        (with("VolumeSize", (-8).into()), vec!["snapshot `snap-01`", "`VolumeSize` is `-8`"]),
        (with("OwnerId", "me".into()), vec!["snapshot `snap-01`", "`OwnerId`", "12 digits"]),
        (with("Tags", "gold".into()), vec!["snapshot `snap-01`", "`Tags` is not a list"]),
        (with("Tags", json!([{ "Value": "x" }])), vec!["snapshot `snap-01`", "`Tags` is not a list"]),
    ] {
        let output = plan(&file("bad-list.json", &bytes), &["--keep-last", "1"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("bad-list.json") && named.iter().all(|named| said.contains(named)),
            "{named:?}: {said}"
        );
    }
}

#[test]
fn a_list_of_nothing_is_a_plan_for_nothing() {
    let told = json(&plan(&listed("none.json", &[]), &["--keep-last", "1", "--output", "json"]));
    assert_eq!((&told["groups"], &told["refused"]), (&json!([]), &Value::Null));
}

#[test]
fn r24_bad_usage_is_named_and_exits_with_2() {
    let list = listed("usage.json", &daily(1));
    for (options, named) in [
        (vec![], "no rule keeps anything"),
        (vec!["--keep-last", "0"], "`0` snapshots to keep"),
        (vec!["--keep-daily", "-1"], "`-1` snapshots to keep"),
        (vec!["--keep-within", "0h"], "`0h`"),
        (vec!["--keep-within", "soon"], "`soon`"),
        (vec!["--keep-tag", "=x"], "`=x`"),
        (vec!["--keep-last", "1", "--group-by", "owner"], "`owner`"),
        (vec!["--keep-last", "1", "--owned-by", "me"], "`me`"),
        (vec!["--keep-last", "1", "--max-remove-percent", "101"], "101 %"),
        (vec!["--keep-last", "1", "--now", "later"], "--now"),
        (vec!["--keep-last", "1", "--compare", "--keep-last 0"], "`0` snapshots to keep"),
        (vec!["--keep-last", "1", "--compare", "/no/such/file"], "/no/such/file"),
    ] {
        let output = caretaker(&[&["plan", "--snapshots", &list], &options[..]].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{options:?}: {said}");
        assert!(said.contains(named), "{options:?}: {said}");
    }
    assert_eq!(caretaker(&["plan", "--keep-last", "1"]).status.code(), Some(2));
    assert_eq!(caretaker(&["apply", "--plan", &list]).status.code(), Some(2));
    assert_eq!(caretaker(&["apply", "--aws", "--plan", &list]).status.code(), Some(2));
}
