//! What a function's role lets it write on a snapshot, and what a hold means to the role and to the
//! code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use adapters_sim::HasPorts;
use cloud_sim::kernel::Handler;
use domain::policy::retention::{Floor, Owner, Retention, RetentionSpec, Stock};
use futures::FutureExt;
use iam_policy::{Keys, Kind, Policy, Request, Role, Verdict};
use jiff::{SignedDuration, Timestamp};
use ports::{CreateSet, Snapshot, SnapshotState, Snapshots, TagSet, time};
use proptest::prelude::*;
use serde_json::json;
use simulation::stack::{FunctionName, NAME, Stack, ours, shipped, usual_settings};
use support::scene::{BEGIN, Scene, at};

/// The functions that make snapshots.
const SNAPSHOTTING: [FunctionName; 2] = [FunctionName::AutoSnapshot, FunctionName::NightlyMaintenance];

/// What says whose a snapshot is, what it is of, or how long it stays.
const MEANINGFUL: [&str; 16] = [
    "caretaker:hold",
    "Caretaker:Hold",
    "caretaker:keep-days",
    "caretaker:keep-days:vol-1",
    "caretaker:owner",
    "caretaker:scheme",
    "caretaker:key",
    "caretaker:fence",
    "caretaker:anything",
    "AutoCreated",
    "autocreated",
    "CreatedBy",
    "InstanceId",
    "TriggerState",
    "CreatedAt",
    "LambdaFunction",
];

/// What becomes of tagging a snapshot of the stack's own, by a function whose code was replaced.
fn tagging(function: FunctionName, keys: &'static [&'static str]) -> Vec<String> {
    let scene = Scene::default();
    let id = scene.old_snapshot("snap-0a", "vol-1", 50);
    let handler: Handler = Arc::new(move |invocation| {
        let id = id.clone();
        async move {
            let mut ends = Vec::new();
            for key in keys {
                let tags = TagSet::new([(*key, "false"), ("Name", "auto-web")]).unwrap();
                let end = invocation.ports().tag(&id, &tags).await;
                ends.push(end.map_or_else(|error| error.kind.to_string(), |()| "written".to_owned()));
            }
            Ok(json!(ends))
        }
        .boxed()
    });
    scene.sim.install(function.as_str(), handler);
    serde_json::from_value(scene.send(function, b"{}").unwrap()).unwrap()
}

#[test]
fn no_function_can_let_a_held_snapshot_go_or_say_anew_whose_it_is() {
    for function in SNAPSHOTTING {
        assert_eq!(tagging(function, &MEANINGFUL), ["denied"; MEANINGFUL.len()], "{function:?}");
        assert_eq!(tagging(function, &["Name", "team", "Environment"]), ["written"; 3], "{function:?}");
    }
}

#[test]
fn no_snapshot_is_born_with_a_hold() {
    for function in SNAPSHOTTING {
        let scene = Scene::default();
        let instance = scene.instance("web-1", 0);
        let handler: Handler = Arc::new(move |invocation| {
            let birth =
                [("caretaker:key", "snap#i-0a#1"), ("caretaker:fence", "1"), ("caretaker:hold", "no")];
            let tags =
                ours().iter().chain(birth).map(|(k, v)| (k.to_owned(), v.to_owned())).collect::<Vec<_>>();
            let wish = CreateSet {
                instance: instance.clone(),
                exclude_root: false,
                exclude: Vec::new(),
                description: String::new(),
                tags: TagSet::new(tags).unwrap(),
            };
            async move {
                let end = invocation.ports().create_set(&wish).await;
                Ok(json!(end.map_or_else(|error| error.kind.to_string(), |_| "made".to_owned())))
            }
            .boxed()
        });
        scene.sim.install(function.as_str(), handler);
        assert_eq!(scene.send(function, b"{}").unwrap(), "denied", "{function:?}");
    }
}

/// Whoever sees a bucket go may make one of its name.
#[test]
fn an_archive_is_never_written_into_a_bucket_of_another_account() {
    let scene = Scene::default();
    scene.cloud(|cloud| cloud.s3.bucket("reports").unwrap().owner = Some("999999999999".parse().unwrap()));
    scene.put_record(support::scene::record("r", "2026-11-23T12:00:00Z", "0.5"));
    assert!(scene.night().unwrap_err().message.contains("not authorized to perform s3:"));
    assert_eq!(scene.object("metrics-archive/2026-11-23/metrics.jsonl"), None);
}

#[test]
fn in_a_central_bucket_each_account_and_region_has_a_prefix_of_its_own() {
    let scene = Scene::of(shipped(), &[], &[("ReportBucketName", "reports")]);
    scene.cloud(|cloud| cloud.s3.add_bucket("reports"));
    scene.put_record(support::scene::record("r", "2026-11-23T12:00:00Z", "0.5"));
    scene.night().unwrap();
    let archived = |prefix: &str| scene.object(&format!("{prefix}metrics-archive/2026-11-23/metrics.jsonl"));
    assert!(archived("123456789012/eu-west-1/").is_some());
    assert_eq!(archived(""), None);
}

/// The night's role, with these parameters of the stack.
fn night_role(parameters: &[(&str, &str)]) -> Role {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let stack = Stack::of(shipped(), &usual_settings(), &parameters).unwrap();
    let documents = stack.plan().documents["NightlyMaintenanceRole"].iter();
    let policies = documents.map(|document| Policy::parse(document, Kind::Identity).unwrap()).collect();
    Role::new("arn:aws:iam::123456789012:role/night", "eu-west-1", policies)
}

#[test]
fn a_central_bucket_may_be_of_the_account_that_is_named() {
    let object = "arn:aws:s3:::central/123456789012/eu-west-1/metrics-archive/2026-11-23/metrics.jsonl";
    let writes = |account: &str| {
        let central = [("ReportBucketName", "central"), ("ReportBucketAccount", account)];
        let keys = Keys::default().with("aws:ResourceAccount", "999999999999");
        night_role(&central).decide(&Request::new("s3:PutObject", object).knowing(keys), None)
    };
    assert_eq!(writes("999999999999"), Verdict::Allowed);
    assert_eq!(writes(""), Verdict::ImplicitlyDenied);
}

/// Whether the night's role may delete a snapshot of the stack's that is held so.
fn role_deletes(hold: &str) -> bool {
    static ROLE: LazyLock<Role> = LazyLock::new(|| night_role(&[]));
    let tags = ours();
    let keys = tags
        .iter()
        .chain([("caretaker:hold", hold)])
        .fold(Keys::default(), |keys, (key, value)| keys.with(&format!("aws:ResourceTag/{key}"), value));
    let request = Request::new("ec2:DeleteSnapshot", "arn:aws:ec2:eu-west-1::snapshot/snap-0a").knowing(keys);
    ROLE.decide(&request, None) == Verdict::Allowed
}

/// Whether the code would ever remove it.
fn code_deletes(hold: &str) -> bool {
    let now: Timestamp = at(BEGIN);
    let mut tags = ours();
    tags.insert("caretaker:hold", hold);
    let snapshot = Snapshot {
        id: "snap-0a".parse().unwrap(),
        volume: "vol-1".parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: now,
        size_gib: 8,
        tags,
        description: String::new(),
    };
    let spec = RetentionSpec {
        keep_within: Some("1d".parse().unwrap()),
        owned_by: Owner::Caretaker(NAME.parse().unwrap()),
        floor: Floor(0),
        ..RetentionSpec::default()
    };
    let (in_use, shared_in) = (BTreeMap::new(), BTreeSet::new());
    let (locked, gone) = (&BTreeMap::new(), &BTreeMap::new());
    let stock = Stock { snapshots: &[snapshot], in_use: &in_use, locked, shared_in: &shared_in, gone };
    // A thousand years on, whatever is held for a time is held no more.
    let later = time::later(now, SignedDuration::from_hours(24 * 365 * 1_000));
    Retention::new(spec).unwrap().plan(&stock, later).removed().count() == 1
}

/// Holds as people write them, and as they should not.
fn holds() -> impl Strategy<Value = String> {
    let word = "[ ]?(false|no|off|0|No|FALSE|true|yes|audit)[ ]?";
    let date =
        "[129][0-9x]{3}-[0-9x]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+]0[0-9]:00)?|t0| forever|[ ])?";
    prop_oneof![2 => word, 4 => date, 1 => ".{0,30}"]
}

proptest! {
    /// The other way round the night would try in vain, night after night.
    #[test]
    fn what_the_code_lets_go_the_role_lets_go(hold in holds()) {
        prop_assert!(!code_deletes(&hold) || role_deletes(&hold), "{:?}", hold);
    }

    /// What looks like no date of this millennium means the same to both.
    #[test]
    fn a_hold_without_a_date_means_the_same_to_code_and_role(hold in holds()) {
        let shape: Vec<char> = hold.chars().collect();
        let is_dated = 10 <= shape.len() && shape[0] == '2' && shape[4] == '-' && shape[7] == '-';
        prop_assume!(!is_dated);
        prop_assert_eq!(code_deletes(&hold), role_deletes(&hold), "{:?}", hold);
    }
}

#[test]
fn holds_that_went_wrong_mean_the_same_to_code_and_role() {
    for (hold, goes) in [
        (" false ", false),
        ("false", true),
        ("9999-99-99 forever", false),
        ("9999-12-31", false),
        ("2026-12-31", true),
        ("2026-12-31T12:00:00Z", true),
        ("2026-12-31 or so", false),
        ("", false),
    ] {
        assert_eq!((code_deletes(hold), role_deletes(hold)), (goes, goes), "{hold:?}");
    }
}
