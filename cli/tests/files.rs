//! Files that people really have, read or refused in words that help.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod run;

use std::process::Output;

use serde_json::{Value, json};

use run::{caretaker, file, json};

/// Two snapshots of a volume as `aws ec2 describe-snapshots` lists them.
fn snapshots() -> Value {
    let snapshot = |id: &str, day: u8| {
        json!({
            "SnapshotId": id, "VolumeId": "vol-1", "State": "completed", "VolumeSize": 8,
            "StartTime": format!("2026-11-{day}T01:00:00+00:00"), "OwnerId": "123456789012",
            "Tags": [
                { "Key": "AutoCreated", "Value": "true" }, { "Key": "CreatedBy", "Value": "caretaker" },
                { "Key": "caretaker:owner", "Value": "default" }, { "Key": "caretaker:scheme", "Value": "2" },
            ],
        })
    };
    json!([snapshot("snap-new", 23), snapshot("snap-old", 22)])
}

fn plan(name: &str, list: &[u8]) -> Output {
    let list = file(name, list);
    caretaker(&["plan", "--snapshots", &list, "--keep-last", "1", "--output", "json"])
}

fn utf_16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_list_is_read_as_query_a_last_page_and_other_shells_write_it() {
    let whole = json!({ "Snapshots": snapshots() }).to_string();
    for (name, list) in [
        ("query.json", snapshots().to_string().into_bytes()),
        ("last.json", json!({ "Snapshots": snapshots(), "NextToken": "" }).to_string().into_bytes()),
        ("no-token.json", json!({ "Snapshots": snapshots(), "NextToken": null }).to_string().into_bytes()),
        ("bom.json", [b"\xef\xbb\xbf", whole.as_bytes(), b"\r\n"].concat()),
        ("powershell.json", utf_16(&whole)),
    ] {
        let told = json(&plan(name, &list));
        assert_eq!(told["groups"][0]["remove"][0]["id"], "snap-old", "{name}: {told}");
    }
    assert_eq!(json(&plan("nothing.json", b"[]"))["groups"], json!([]));
}

#[test]
fn images_are_read_as_other_shells_write_them_too() {
    let images =
        json!([{ "ImageId": "ami-1", "BlockDeviceMappings": [{ "Ebs": { "SnapshotId": "snap-old" } }] }]);
    let images = file("images-16.json", &utf_16(&images.to_string()));
    let list = file("imaged.json", snapshots().to_string().as_bytes());
    let options = ["--images", &images, "--keep-last", "1", "--output", "json"];
    let told = json(&caretaker(&[&["plan", "--snapshots", &list], &options[..]].concat()));
    assert_eq!(told["groups"][0]["keep"][1]["reasons"], json!(["in-use"]));
}

#[test]
fn what_is_no_json_is_named_with_the_remedy() {
    let table = "-----------------\n|DescribeSnapshots|\n+---------------+\n";
    let binary = [b"PK\x03\x04".as_slice(), &[0; 9]].concat();
    let two_pages = format!("{0}\n{0}", json!({ "Snapshots": snapshots() }));
    for (name, list, told) in [
        (
            "list.yaml",
            b"Snapshots:\n- Description: ''\n".as_slice(),
            "but YAML: give the AWS command line `--output json`",
        ),
        ("stream.yaml", b"- Snapshots:\n  - Description: ''\n", "but YAML"),
        ("list.txt", b"SNAPSHOTS\tdaily\tTrue\t123456789012\n", "but text with tabs"),
        ("list.table", table.as_bytes(), "but a table"),
        ("list.zip", &binary, "it is no text: there are zero bytes in it"),
        ("null.json", b"null\n", "leave `--query` out"),
        ("pages.json", two_pages.as_bytes(), "without `--no-paginate` or `--max-items`"),
        ("half.json", b"\xff\xfe{", "it begins as UTF-16 does, and is none"),
    ] {
        let said = error(&plan(name, list));
        assert!(said.contains(name) && said.contains(told), "{name}: {said}");
    }
}

#[test]
fn a_file_without_end_is_read_up_to_a_bound() {
    let event = format!("{}/../tests/events/ec2-state-change.json", env!("CARGO_MANIFEST_DIR"));
    for arguments in [
        &["plan", "--keep-last", "1", "--snapshots", "/dev/zero"][..],
        &["doctor", "--settings", "/dev/zero"],
        &["match", "--pattern", "/dev/zero", "--event", &event],
        &["replay", "auto-snapshot", "--event", &event, "--world", "/dev/zero"],
    ] {
        assert!(error(&caretaker(arguments)).contains("/dev/zero: it is no text"), "{arguments:?}");
    }
    let said = error(&caretaker(&["replay", "auto-snapshot", "--event", "/dev/zero"]));
    assert!(said.contains("/dev/zero: it is larger than 64 MiB"), "{said}");
}

#[test]
fn settings_are_read_from_all_that_lambda_tells_of_a_function() {
    let variables = json!({ "MODE": "act", "KEEP_DALY": "7" });
    for (name, settings) in [
        ("alone.json", variables.clone()),
        ("environment.json", json!({ "Variables": variables })),
        (
            "function.json",
            json!({ "FunctionName": "f", "Timeout": 900, "Environment": { "Variables": variables } }),
        ),
    ] {
        let told = caretaker(&["doctor", "--settings", &file(name, settings.to_string().as_bytes())]);
        assert!(String::from_utf8(told.stdout).unwrap().contains("`KEEP_DALY` is no setting"), "{name}");
    }
    for (content, told) in [
        (b"{\"MODE\": \"act\", \"KEEP_LAST\": 7}".as_slice(), "`KEEP_LAST` is `7`: expected a text"),
        (b"null", "expected settings as an object of texts"),
        (b"MODE: act\n", "it is YAML, not JSON: give the AWS command line `--output json`"),
    ] {
        let said = error(&caretaker(&["doctor", "--settings", &file("bad-settings.json", content)]));
        assert!(said.contains(told), "{said}");
    }
}
