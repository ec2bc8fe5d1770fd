use std::sync::Mutex;

use adapters_sim::HasPorts;
use cloud_sim::cloud::Fact;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::Event;
use domain::policy::mode::Mode;
use domain::policy::once::Owner;
use domain::workflow::archive::{ArchivePorts, Source, archive_day};
use domain::workflow::cleanup::Decision;
use domain::workflow::maintain::{Hooks, NightPolicy, Task, maintain};
use domain::workflow::run::Run;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use lambda_shims::Ports;
use lambda_shims::settings::NightSettings;
use ports::trigger::NightTrigger;
use ports::{Access, Attribute, Clock, SnapshotState, time};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, at, record, tags};

/// A run that begins now.
fn run(now: Timestamp) -> Run {
    let owner = Owner { request: "r-1".parse().unwrap(), nonce: "a".to_owned() };
    let deadline = time::later(now, SignedDuration::from_mins(15));
    Run { owner, function: "nightly-maintenance".to_owned(), deadline, mode: Mode::Act }
}

#[test]
fn o3_r1_old_snapshots_go_and_young_ones_stay() {
    let scene = Scene::default();
    let old = scene.old_snapshot("snap-0a", "vol-1", 31);
    let young = scene.old_snapshot("snap-0b", "vol-1", 29);
    let answer = scene.night().unwrap();
    assert_eq!(answer["snapshot_cleanup"]["deleted"], 1);
    assert_eq!(answer["snapshot_cleanup"]["kept"], 1);
    assert!(!scene.has_snapshot(&old) && scene.has_snapshot(&young));
}

#[test]
fn o4_yesterdays_records_are_archived_as_json_lines() {
    let scene = Scene::default();
    scene.records("2026-11-23", 3);
    scene.records("2026-11-22", 2);
    let answer = scene.night().unwrap();
    assert_eq!(answer["metrics_archival"]["records_archived"], 3);
    assert_eq!(answer["metrics_archival"]["date"], "2026-11-23");
    let archived = scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap();
    assert_eq!(archived.lines().count(), 3);
    assert!(archived.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn o5_a_daily_report_tells_the_results_of_all_tasks() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-1", 40);
    scene.old_snapshot("snap-0b", "vol-1", 3);
    scene.records("2026-11-23", 3);
    let answer = scene.night().unwrap();
    assert_eq!(answer["daily_report"], json!({ "report_sent": true, "date": "2026-11-24" }));
    assert_eq!(scene.subjects(), ["[Daily Ops Report] 2026-11-24"]);
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn r7_the_last_good_snapshot_of_a_volume_stays_however_old() {
    let scene = Scene::default();
    let only = scene.old_snapshot("snap-0a", "vol-1", 400);
    let failed = scene.old_snapshot("snap-0b", "vol-1", 100);
    scene.cloud(|cloud| cloud.snapshots.get(&failed).unwrap().state = SnapshotState::Error);
    scene.night().unwrap();
    assert!(scene.has_snapshot(&only));
    // A failed snapshot is no backup: it goes when it is old, and does not count as the last one.
    assert!(!scene.has_snapshot(&failed));
}

#[test]
fn r14_one_snapshot_in_use_does_not_end_the_cleanup() {
    let scene = Scene::default();
    let used = scene.old_snapshot("snap-0a", "vol-1", 50);
    let old = scene.old_snapshot("snap-0b", "vol-1", 40);
    scene.old_snapshot("snap-0c", "vol-1", 1);
    scene.cloud(|cloud| cloud.ec2.register_image(vec![used.clone()], true));
    let answer = scene.night().unwrap();
    assert_eq!(answer["snapshot_cleanup"]["deleted"], 1);
    assert_eq!(answer["metrics_archival"]["records_archived"], 0);
    assert!(scene.has_snapshot(&used) && !scene.has_snapshot(&old));
    assert_eq!(scene.mails().len(), 1);
}

#[test]
fn r15_a_snapshot_that_is_gone_already_is_no_failure() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    // The first request takes effect, its answer is lost, and the second finds nothing.
    scene.sim.faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::TimeoutAfter, Pick::Nth(1))));
    let answer = scene.night().unwrap();
    assert_eq!(answer["status"], "OK");
    assert_eq!(answer["snapshot_cleanup"]["already_gone"], 1);
}

#[test]
fn r17_what_is_not_ours_is_never_deleted() {
    let scene = Scene::default();
    let theirs = scene.put_snapshot("snap-0a", "vol-1", 50, tags([("AutoCreated", "true")]));
    scene.put_snapshot("snap-0b", "vol-1", 40, tags([("AutoCreated", "true"), ("CreatedBy", "dlm")]));
    scene.night().unwrap();
    assert!(scene.has_snapshot(&theirs));
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn m1_every_page_is_read_also_when_one_is_empty_behind_the_filter() {
    let scene = Scene::default();
    let filler = "x".repeat(100_000);
    for n in 0..60 {
        let day = if n == 0 || n == 59 { "2026-11-23" } else { "2026-10-01" };
        let mut record = record(&format!("r{n}"), &format!("{day}T01:00:00Z"), "1");
        record.insert("filler".to_owned(), Attribute::S(filler.clone()));
        scene.put_record(record);
    }
    let answer = scene.night().unwrap();
    assert_eq!(answer["metrics_archival"]["records_archived"], 2);
}

#[test]
fn m2_an_index_of_days_or_a_scan_in_segments_archives_the_same() {
    // A table of the stack's own has an index; and nobody reads the other way.
    let ways = [
        (&[][..], "Query"),
        (&[("METRICS_SEGMENTS", "4")], "Query"),
        (&[("METRICS_TABLE", ""), ("METRICS_SEGMENTS", "1")], "Scan"),
    ];
    let archived = ways.map(|(settings, other)| {
        let scene = Scene::new(settings);
        scene.sim.faults(|faults| faults.add(Rule::on(other, Fault::Denied, Pick::Every)));
        for (n, day) in ["2026-11-22", "2026-11-23", "2026-11-23"].into_iter().enumerate() {
            let mut record = record(&format!("r{n}"), &format!("{day}T0{n}:00:00Z"), "1");
            record.insert("date".to_owned(), Attribute::S(day.to_owned()));
            scene.put_record(record);
        }
        scene.night().unwrap();
        let text = scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert_eq!(archived[0].len(), 2);
    assert!(archived.iter().all(|lines| *lines == archived[0]), "{archived:?}");
}

#[test]
fn m3_numbers_keep_every_digit_and_every_type_has_its_form() {
    let scene = Scene::default();
    let digits = "0.12345678901234567890123456789012345678";
    let mut record = record("r", "2026-11-23T01:00:00Z", digits);
    let text = |text: &str| text.to_owned();
    for (name, value) in [
        ("bytes", Attribute::B(vec![1, 2, 255])),
        ("texts", Attribute::Ss([text("b"), text("a")].into())),
        ("numbers", Attribute::Ns([text("10"), text("9")].into())),
        ("nothing", Attribute::Null),
        ("truth", Attribute::Bool(true)),
        ("list", Attribute::L(vec![Attribute::N(text("1")), Attribute::S(text("\"quoted\"\n"))])),
        ("map", Attribute::M([(text("k"), Attribute::N(text("-1E+3")))].into())),
    ] {
        record.insert(text(name), value);
    }
    scene.put_record(record);
    scene.night().unwrap();
    insta::assert_snapshot!(
        scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap(),
        @r#"{"bytes":"AQL/","cpu":0.12345678901234567890123456789012345678,"id":"r","list":[1,"\"quoted\"\n"],"map":{"k":-1E+3},"nothing":null,"numbers":[10,9],"texts":["a","b"],"timestamp":"2026-11-23T01:00:00Z","truth":true}"#
    );
}

#[test]
fn m5_the_day_comes_from_the_event_and_not_from_the_clock() {
    let scene = Scene::default();
    scene.records("2026-11-23", 1);
    scene.records("2026-11-24", 5);
    let two_days_later = at("2026-11-26T09:00:00Z");
    scene.sim.run_until(at("2026-11-24T01:00:00Z"));
    scene.cloud(|cloud| cloud.lambda.never_retry("nightly-maintenance"));
    scene.sim.faults(|faults| faults.add(Rule::on("Scan", Fault::Denied, Pick::Every)));
    assert!(scene.night().is_err());
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    scene.sim.run_until(two_days_later);
    let answer =
        scene.send(FunctionName::NightlyMaintenance, br#"{"time": "2026-11-24T02:00:00Z"}"#).unwrap();
    assert_eq!(answer["metrics_archival"]["date"], "2026-11-23");
    assert_eq!(answer["metrics_archival"]["records_archived"], 1);
}

#[test]
fn m5_a_night_that_is_still_to_come_is_refused_and_done_when_it_is_due() {
    let scene = Scene::default();
    scene.sim.run_until(at("2026-11-24T03:00:00Z"));
    let mails = scene.mails().len();
    let night = br#"{"time": "2026-11-26T02:00:00Z"}"#;
    let half_an_hour = SignedDuration::from_mins(30);
    let error = scene.send_and_wait(FunctionName::NightlyMaintenance, night, half_an_hour).unwrap_err();
    assert_eq!(
        error.message,
        "night of 2026-11-26: that night is still to come: it is 2026-11-24T03:03:00Z by this \
         function's clock, and nothing was done"
    );
    // It lies in the failure queue, where a person finds it, and is told twice: as what it is, and as given up.
    let told = ["night-trigger-unknown", "nightly-maintenance-gave-up"];
    let told: Vec<String> = told.map(|alarm| format!("ALARM: \"{alarm}\" in EU (Ireland)")).into();
    assert_eq!(scene.subjects()[mails..], told);
    scene.records("2026-11-24", 1);
    scene.records("2026-11-25", 2);
    scene.sim.run_until(at("2026-11-26T04:00:00Z"));
    for (day, records) in [("2026-11-24", 1), ("2026-11-25", 2)] {
        let object = scene.object(&format!("metrics-archive/{day}/metrics.jsonl")).unwrap();
        assert_eq!(object.lines().count(), records);
    }
}

#[test]
fn m5_a_night_at_midnight_is_done_by_a_clock_that_is_a_little_slow() {
    let scene = Scene::default();
    scene.sim.run_until(at("2026-11-23T23:59:55Z"));
    let answer = scene.send(FunctionName::NightlyMaintenance, br#"{"time": "2026-11-24T00:00:00Z"}"#);
    assert_eq!(answer.unwrap()["metrics_archival"]["failed"], json!([]));
}

#[test]
fn m5_a_day_that_is_not_over_is_not_archived_whoever_asks() {
    let scene = Scene::default();
    let ports = scene.sim.ports();
    let archived = scene.sim.block_on(async move {
        let ports = ArchivePorts { clock: &ports, metrics: &ports, archive: &ports };
        let readings = vec![Access::Scan { segment: 0, of: 1 }];
        let (table, time_attribute) = ("metrics".to_owned(), "timestamp".to_owned());
        let source = Source { table, time_attribute, readings };
        archive_day(&ports, &source, &run(ports.clock.now()), "2026-11-23".parse().unwrap()).await
    });
    let error = archived.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "2026-11-23 is not over at 2026-11-23T14:00:00Z");
    assert_eq!(scene.object("metrics-archive/2026-11-23/manifest.json"), None);
}

#[test]
fn m6_a_rerun_never_replaces_an_object() {
    let scene = Scene::default();
    scene.records("2026-11-23", 2);
    scene.night().unwrap();
    let first = scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap();
    // The rows are gone and the ledger has forgotten: a rerun finds an empty day.
    scene.cloud(|cloud| {
        for table in ["metrics", "ledger"] {
            cloud.dynamodb.table(table).unwrap().retain(|_| false);
        }
    });
    scene.send(FunctionName::NightlyMaintenance, br#"{"time": "2026-11-24T02:00:00Z"}"#).unwrap();
    assert_eq!(scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap(), first);
}

#[test]
fn m6_an_object_with_other_records_is_a_conflict_that_people_hear_of() {
    let scene = Scene::default();
    scene.records("2026-11-23", 2);
    scene.sim.act(|cloud, context| {
        let object = cloud_sim::cloud::s3::Object {
            bytes: b"{}\n".as_slice().into(),
            content_type: "application/x-ndjson".to_owned(),
        };
        let key = "metrics-archive/2026-11-23/metrics.jsonl".parse().unwrap();
        cloud.s3.bucket("reports").unwrap().put_new(&key, object, context).unwrap();
    });
    let answer = scene.night().unwrap();
    assert_eq!(answer["status"], "PARTIAL");
    assert_eq!(scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap(), "{}\n");
    assert!(scene.mails()[0].body.contains("exists and holds other records"), "{}", scene.mails()[0].body);
}

#[test]
fn m7_an_empty_day_has_its_objects_all_the_same() {
    let scene = Scene::default();
    scene.night().unwrap();
    assert_eq!(scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap(), "");
    let manifest: Value =
        serde_json::from_str(&scene.object("metrics-archive/2026-11-23/manifest.json").unwrap()).unwrap();
    assert_eq!((&manifest["records"], &manifest["table"]), (&json!(0), &json!("metrics")));
}

#[test]
fn m8_a_day_that_was_missed_is_made_up_for() {
    let scene = Scene::default();
    scene.records("2026-11-20", 4);
    scene.night().unwrap();
    assert_eq!(scene.object("metrics-archive/2026-11-20/metrics.jsonl").unwrap().lines().count(), 4);
}

#[test]
fn p1_a_failed_cleanup_still_archives_and_reports() {
    let scene = Scene::default();
    scene.records("2026-11-23", 2);
    scene.sim.faults(|faults| faults.add(Rule::on("DescribeSnapshots", Fault::Denied, Pick::Every)));
    assert!(scene.night().is_err());
    assert_eq!(scene.object("metrics-archive/2026-11-23/metrics.jsonl").unwrap().lines().count(), 2);
    let gave_up = "ALARM: \"nightly-maintenance-gave-up\" in EU (Ireland)";
    assert_eq!(scene.subjects(), ["[Daily Ops Report] 2026-11-24", gave_up]);
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn p2_a_night_is_ok_partial_or_failed_and_counts_what_it_did() {
    for (denied, status) in [
        (&[][..], "OK"),
        (&["DeleteSnapshot"], "PARTIAL"),
        (&["DescribeSnapshots", "Scan", "Query"], "FAILED"),
    ] {
        let scene = Scene::default();
        scene.old_snapshot("snap-0a", "vol-1", 50);
        scene.old_snapshot("snap-0b", "vol-1", 1);
        scene.sim.faults(|faults| {
            for operation in denied {
                faults.add(Rule::on(operation, Fault::Denied, Pick::Every));
            }
        });
        let answer = scene.night();
        assert!(
            answer.as_ref().map_or(status == "FAILED", |answer| answer["status"] == status),
            "{answer:?}"
        );
        let body = &scene.mails()[0].body;
        assert!(body.starts_with(&format!("Night of 2026-11-24: {status}\n")), "{body}");
        let counted = ["1 deleted", "0 deleted", "cleanup: FAILED"];
        assert_eq!(counted.iter().filter(|counted| body.contains(**counted)).count(), 1, "{body}");
    }
}

#[test]
fn p7_the_report_names_the_day_that_was_not_archived_and_the_volume_without_a_young_snapshot() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-dead", 400);
    scene.sim.faults(|faults| faults.add(Rule::on("Scan", Fault::Denied, Pick::Every)));
    assert!(scene.night().is_err());
    let body = &scene.mails()[0].body;
    assert!(body.contains("metrics archival: Scan: denied"), "{body}");
    assert!(body.contains("Volumes without a snapshot that a rule keeps (1)"), "{body}");
    assert!(body.contains("\n  vol-dead\n"), "{body}");
}

#[test]
fn p9_what_was_freed_is_said_to_be_an_upper_bound() {
    let scene = Scene::default();
    for n in 0..7 {
        scene.old_snapshot(&format!("snap-0{n}"), "vol-1", 31 + n);
    }
    scene.old_snapshot("snap-10", "vol-1", 1);
    let answer = scene.night().unwrap();
    assert_eq!(answer["snapshot_cleanup"]["freed_gib_at_most"], 7 * 8);
    let body = &scene.mails()[0].body;
    assert!(body.contains("7 deleted (at most 56 GiB freed: snapshots are incremental)"), "{body}");
}

#[test]
fn p3_failures_come_first_and_long_lists_are_cut_and_counted() {
    let scene = Scene::new(&[("MAX_REMOVE_PERCENT", "100")]);
    for n in 0..80 {
        scene.old_snapshot(&format!("snap-{n:03}"), "vol-1", 50 + n);
    }
    scene.old_snapshot("snap-young", "vol-1", 1);
    scene.sim.faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::Denied, Pick::Every)));
    let answer = scene.night().unwrap();
    let cleanup = &answer["snapshot_cleanup"];
    assert_eq!((cleanup["failed"].as_array().unwrap().len(), &cleanup["more_failed"]), (50, &json!(30)));
    let body = &scene.mails()[0].body;
    assert!(body.starts_with("Night of 2026-11-24: PARTIAL\n\nFAILED (80):\n"), "{body}");
    assert!(body.contains("  ... and 30 more\n"), "{body}");
}

#[test]
fn p3_a_cleanup_with_thousands_of_failures_is_recorded_and_reported() {
    let scene = Scene::new(&[("MAX_REMOVE_PERCENT", "100"), ("DELETE_RATE", "1000")]);
    (0..5000).for_each(|n| _ = scene.old_snapshot(&format!("snap-{n:04}"), "vol-1", 50));
    scene.old_snapshot("snap-young", "vol-1", 1);
    scene.sim.faults(|faults| faults.add(Rule::on("DeleteSnapshot", Fault::Denied, Pick::Every)));
    let answer = scene.night().unwrap();
    assert_eq!(answer["snapshot_cleanup"]["more_failed"], 4950);
    let body = &scene.mails()[0].body;
    assert!(body.starts_with("Night of 2026-11-24: PARTIAL\n\nFAILED (5000):\n"), "{body}");
}

#[test]
fn p1_a_night_that_is_put_right_by_a_retry_is_reported_again_as_well() {
    let scene = Scene::default();
    scene.records("2026-11-23", 2);
    scene.sim.faults(|faults| {
        for n in 1..=3 {
            faults.add(Rule::on("Scan", Fault::Unavailable, Pick::Nth(n)));
        }
    });
    assert_eq!(scene.night().unwrap()["status"], "OK");
    let bodies: Vec<String> = scene.mails().into_iter().map(|mail| mail.body).collect();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].contains("PARTIAL") && bodies[1].starts_with("Night of 2026-11-24: OK"), "{bodies:?}");
}

#[test]
fn a_redelivered_night_does_nothing_again() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    let first = scene.night().unwrap();
    let requests = |operation: &str| {
        let is_one = |event: &Event| matches!(event, Event::Call { op, .. } if *op == operation);
        scene.sim.trace().entries().iter().filter(|e| is_one(&e.event)).count()
    };
    let before = requests("DeleteSnapshot");
    let again = scene.send(FunctionName::NightlyMaintenance, br#"{"time": "2026-11-24T02:00:00Z"}"#).unwrap();
    assert_eq!(first["snapshot_cleanup"], again["snapshot_cleanup"]);
    assert_eq!((requests("DeleteSnapshot"), scene.mails().len()), (before, 1));
}

#[test]
fn every_number_of_a_report_equals_what_happened() {
    let scene = Scene::default();
    for n in 0..7 {
        scene.old_snapshot(&format!("snap-0{n}"), "vol-1", 31 + n);
    }
    scene.old_snapshot("snap-10", "vol-1", 1);
    let answer = scene.night().unwrap();
    let deleted = |event: &Event| matches!(event, Event::Fact(Fact::SnapshotDeleted { .. }));
    let happened = scene.sim.trace().entries().iter().filter(|entry| deleted(&entry.event)).count();
    assert_eq!(answer["snapshot_cleanup"]["deleted"], happened);
    assert_eq!(answer["snapshot_cleanup"]["freed_gib_at_most"], 7 * 8);
}

#[test]
fn x4_what_retention_decides_is_told_before_anything_is_removed() {
    let scene = Scene::default();
    scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 3);
    let settings = NightSettings::parse(&simulation::stack::usual_settings()).unwrap();
    let policy = NightPolicy {
        retention: settings.retention,
        delete_rate: settings.delete_rate,
        accept: None,
        ledger: settings.common.ledger_table,
        source: None,
    };
    let run = run(scene.sim.now());
    let (trigger, ports) = (NightTrigger { at: scene.sim.now() }, scene.sim.ports());
    let night = async move {
        let told = Mutex::new(Vec::new());
        let decided = |decision: Decision<'_>| {
            told.lock().unwrap().push((ports.now(), decision.plan.removed().count()));
        };
        let hooks = Hooks { decided: &decided, reconciling: async { Task::Observed }.boxed() };
        maintain(&Ports::of(ports.clone()).night(), &policy, &run, &trigger, hooks).await.unwrap();
        told.into_inner().unwrap()
    };
    let told = scene.sim.block_on(night).unwrap();
    let trace = scene.sim.trace();
    let deletes = |event: &Event| matches!(event, Event::Call { op: "DeleteSnapshot", .. });
    let removed = trace.entries().iter().find(|entry| deletes(&entry.event)).unwrap().at;
    assert!(matches!(told.as_slice(), [(at, 1)] if *at < removed), "{told:?}, {removed}");
}
