//! What reconciling reads where there is a lot.

use std::io::{Write, stderr};
use std::time::Instant;

use cloud_sim::cloud::ec2::Machine;
use cloud_sim::kernel::{Event, Phase};
use jiff::SignedDuration;
use ports::{Attribute, InstanceId, InstanceState, Record, Snapshot, SnapshotState, StateReason, time};
use serde_json::{Value, json};
use simulation::stack::{FunctionName, RECONCILE};
use support::scene::{Scene, tags};

/// How many of each there are.
#[derive(Clone, Copy)]
struct Many {
    instances: usize,
    snapshots: usize,
    entries: usize,
    /// Entries that somebody is at.
    open: usize,
    /// Instances at rest whose set is not listed, though the ledger knows of it.
    unlisted: usize,
    /// Instances at rest that nobody heard of.
    lost: usize,
}

const SMALL: Many =
    Many { instances: 200, snapshots: 2_000, entries: 2_000, open: 10, unlisted: 20, lost: 0 };
const LARGE: Many = Many { instances: 10_000, snapshots: 100_000, entries: 100_000, ..SMALL };

/// A world in which everything has been reconciled.
fn world(many: Many) -> Scene {
    let scene = Scene::default();
    let known: Vec<InstanceId> = (0..many.unlisted).map(|_| scene.instance("known", 0)).collect();
    for instance in &known {
        scene.stop(instance, "Server.InternalError");
    }
    scene.cloud(|cloud| {
        let taken: Vec<_> = cloud.snapshots.all().map(|snapshot| snapshot.id.clone()).collect();
        for id in &taken {
            cloud.snapshots.get(id).unwrap().tags = tags([]);
        }
    });
    fill_ec2(&scene, many);
    fill_ledger(&scene, many);
    reconcile(&scene);
    rest(&scene, many.lost);
    scene
}

/// Instances with snapshots of ours; every tenth is at rest, and has a set of its stop.
fn fill_ec2(scene: &Scene, many: Many) {
    let now = scene.sim.now();
    for n in 0..many.instances {
        let instance: InstanceId = format!("i-0f{n:015x}").parse().unwrap();
        let mut machine = Machine::running(tags([("AutoSnapshot", "true")]), now);
        if n % 10 == 0 {
            let code = "Server.InternalError".to_owned();
            machine.state = InstanceState::Stopped;
            machine.reason = Some(StateReason { message: code.clone(), code });
            machine.launched_at = time::earlier(now, SignedDuration::from_hours(2400));
        }
        scene.cloud(|cloud| cloud.ec2.put_machine(&instance, machine, 0));
        for age in 1..=many.snapshots / many.instances {
            let at = time::earlier(now, SignedDuration::from_hours(i64::try_from(age).unwrap()));
            let key = format!("snap#{instance}#{at}");
            let snapshot = Snapshot {
                id: format!("snap-0{n:011x}{age:05x}").parse().unwrap(),
                volume: format!("vol-0f{n:x}").parse().unwrap(),
                state: SnapshotState::Completed,
                started_at: at,
                size_gib: 8,
                tags: tags([
                    ("AutoCreated", "true"),
                    ("CreatedBy", "caretaker"),
                    ("InstanceId", instance.as_str()),
                    ("TriggerState", "stopped"),
                    ("caretaker:key", &key),
                ]),
                description: String::new(),
            };
            scene.cloud(|cloud| cloud.snapshots.put(snapshot));
        }
    }
}

fn fill_ledger(scene: &Scene, many: Many) {
    let lease_until = time::later(scene.sim.now(), SignedDuration::from_hours(240));
    let owner = json!({ "request": "r-1", "nonce": "a" });
    let intended = json!({ "intended": { "owner": owner, "lease_until": lease_until, "intent": {} } });
    for n in 0..many.entries {
        let is_open = n < many.open;
        let state = json!({ "format": 2, "subject": "snapshot", "fence": 1, "phase": intended }).to_string();
        let mut item = Record::from([
            ("key".to_owned(), Attribute::S(format!("snap#i-{n:x}#2026-11-01T00:00:00Z"))),
            ("version".to_owned(), Attribute::N("1".to_owned())),
            ("state".to_owned(), Attribute::S(state)),
            ("open".to_owned(), Attribute::Bool(is_open)),
            ("keep_until".to_owned(), Attribute::N("1900000000".to_owned())),
        ]);
        if is_open {
            item.insert("listed".to_owned(), Attribute::S("open".to_owned()));
        }
        scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().put(item).unwrap());
    }
}

/// So many more instances are at rest, and nobody heard of it.
fn rest(scene: &Scene, lost: usize) {
    for _ in 0..lost {
        let instance = scene.instance("lost", 0);
        scene.cloud(|cloud| {
            let code = "Server.InternalError".to_owned();
            let machine = cloud.ec2.machine(&instance).unwrap();
            machine.state = InstanceState::Stopped;
            machine.reason = Some(StateReason { message: code.clone(), code });
        });
    }
}

fn reconcile(scene: &Scene) -> Value {
    scene.send(FunctionName::NightlyMaintenance, RECONCILE.as_bytes()).unwrap()
}

/// How many items of the ledger are read by what is done: rows of the index and entries. A scan reads all there are.
fn items_read(scene: &Scene, many: Many, act: impl FnOnce()) -> usize {
    let of = |operation: &str| {
        let is_one = |event: &Event| matches!(event, Event::Call { op, phase: Phase::Applied, .. } if *op == operation);
        scene.sim.trace().entries().iter().filter(|entry| is_one(&entry.event)).count()
    };
    let counts = || (of("GetItem"), of("Query") * many.open, of("Scan") * many.entries);
    let before = counts();
    act();
    let after = counts();
    after.0 + after.1 + after.2 - before.0 - before.1 - before.2
}

#[test]
fn reconciling_reads_of_the_ledger_what_is_open_and_what_it_cannot_tell_otherwise() {
    let scene = world(SMALL);
    let read = items_read(&scene, SMALL, || {
        let answer = reconcile(&scene);
        assert_eq!((&answer["status"], &answer["reconciliation"]["waiting"]), (&json!("OK"), &json!(10)));
    });
    // Each open entry twice, once in the index; each instance whose set is not listed by its incidents, and by one of them.
    assert!((10 * 2 + 20 * 2..=100).contains(&read), "{read} items");
}

#[test]
fn reconciling_reads_more_in_proportion_to_the_stops_that_nobody_heard_of() {
    let read = |lost| {
        let many = Many { lost, ..SMALL };
        let scene = world(many);
        items_read(&scene, many, || {
            let answer = reconcile(&scene);
            assert_eq!(answer["reconciliation"]["done"].as_array().unwrap().len(), lost);
        })
    };
    let (few, many) = (read(10), read(40));
    assert!(many - few <= 30 * 12, "{few} items for ten, {many} for forty");
}

/// The figures of `docs/BENCHMARKS.md`.
#[test]
#[ignore = "it takes a while: run it with `--release` and `--nocapture`"]
fn reconciling_at_scale() {
    for lost in [0, 1_000] {
        let many = Many { lost, ..LARGE };
        let scene = world(many);
        let begun = Instant::now();
        let read = items_read(&scene, many, || {
            // EC2 lets so many snapshots begin at once that some are left to the next run, which is an error.
            let _ = scene.send(FunctionName::NightlyMaintenance, RECONCILE.as_bytes());
        });
        let took = begun.elapsed().as_secs_f32();
        writeln!(stderr(), "{lost} lost stops: {read} items of the ledger read, {took:.1} s").unwrap();
    }
}
