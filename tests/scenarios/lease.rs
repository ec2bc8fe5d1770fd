//! A night is done once, by one run at a time, and one crash does not cost it.

use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::fault::{Fault, Faults, Pick, Rule};
use cloud_sim::kernel::{Event, Phase};
use jiff::SignedDuration;
use ports::{Attribute, time};
use serde_json::{Value, json};
use simulation::stack::FunctionName::NightlyMaintenance;
use simulation::story::{Name, story};
use support::scene::{Scene, at};

const NIGHT: &[u8] = br#"{"time": "2026-11-24T02:00:00Z"}"#;
const RUN: &str = "night#run#2026-11-24";
const MANIFEST: &str = "metrics-archive/2026-11-23/manifest.json";
const REPORT: &str = "[Daily Ops Report] 2026-11-24";

fn fault(scene: &Scene, operation: &str, fault: Fault, pick: Pick) {
    scene.sim.faults(|faults| faults.add(Rule::on(operation, fault, pick)));
}

fn never_retry(scene: &Scene) {
    scene.cloud(|cloud| cloud.lambda.never_retry(NightlyMaintenance.as_str()));
}

fn reconcile(scene: &Scene) -> Value {
    scene.send(NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap()
}

/// A night that takes more than six minutes: 400 snapshots go, one a second.
fn long() -> Scene {
    let scene = Scene::new(&[("DELETE_RATE", "1"), ("MAX_REMOVE_PERCENT", "100")]);
    (0..400).for_each(|n| _ = scene.old_snapshot(&format!("snap-{n:03}"), "vol-1", 40));
    scene.old_snapshot("snap-young", "vol-1", 1);
    scene
}

/// How often an operation was asked for since then.
fn since(scene: &Scene, begin: &str, operation: &str) -> usize {
    let is_it =
        |event: &Event| matches!(event, Event::Call { op, phase: Phase::Sent, .. } if *op == operation);
    let trace = scene.sim.trace();
    trace.entries().iter().filter(|entry| at(begin) <= entry.at && is_it(&entry.event)).count()
}

/// What lies in the failure queue.
fn failures(scene: &Scene) -> usize {
    scene.cloud(|cloud| cloud.lambda.failures.get(&NightlyMaintenance.failures()).map_or(0, Vec::len))
}

/// What the ledger holds of the night.
fn entry(scene: &Scene) -> Value {
    let state = scene.cloud(|cloud| {
        let item = cloud.dynamodb.table("ledger").unwrap().get(RUN).cloned();
        item.unwrap()["state"].clone()
    });
    let Attribute::S(state) = state else { panic!("{state:?}") };
    serde_json::from_str(&state).unwrap()
}

#[test]
fn the_slow_night_that_is_explored_renews_its_claim() {
    let writes = |name: Name| {
        let run = story(name, 1, 0).follow(Vec::new());
        assert_eq!(run.violations, []);
        written(&run.sim)
    };
    // A renewal each 15 s of two minutes.
    assert_eq!(writes(Name::NightlyMaintenanceSlow), writes(Name::NightlyMaintenance) + 7);
}

/// How often the ledger was written.
fn written(sim: &Sim) -> usize {
    let is_write = |event: &Event| matches!(event, Event::Call { op: "UpdateItem", phase: Phase::Sent, .. });
    sim.trace().entries().iter().filter(|entry| is_write(&entry.event)).count()
}

#[test]
fn a_night_that_is_killed_is_done_by_the_first_retry_wherever_it_was() {
    for (operation, nth) in
        [("Scan", 1), ("PutObject", 1), ("PutObject", 2), ("DeleteSnapshot", 1), ("Publish", 1)]
    {
        for crash in [Fault::CrashBefore, Fault::CrashAfter] {
            let scene = Scene::default();
            scene.records("2026-11-23", 2);
            scene.old_snapshot("snap-0a", "vol-1", 50);
            scene.old_snapshot("snap-0b", "vol-1", 1);
            fault(&scene, operation, crash, Pick::Nth(nth));
            scene.sim.run_until(at("2026-11-24T02:03:00Z"));
            let told = format!("{operation} {nth} {crash:?}: {:?}", scene.subjects());
            assert!(scene.object(MANIFEST).is_some(), "{told}");
            assert!(scene.subjects().iter().all(|subject| subject == REPORT), "{told}");
            // A notice whose answer was lost may go out twice.
            let most = if (operation, crash) == ("Publish", Fault::CrashAfter) { 2 } else { 1 };
            assert!((1..=most).contains(&scene.mails().len()), "{told}");
        }
    }
}

#[test]
fn a_night_that_nobody_tries_again_is_finished_and_reported_by_reconcile() {
    let scene = Scene::default();
    scene.records("2026-11-23", 2);
    never_retry(&scene);
    fault(&scene, "PutObject", Fault::CrashAfter, Pick::Nth(1));
    scene.sim.run_until(at("2026-11-24T02:05:00Z"));
    assert_eq!(scene.object(MANIFEST), None);
    let answer = reconcile(&scene);
    assert_eq!(answer["nights"][0]["metrics_archival"]["records_archived"], 2);
    assert!(scene.object(MANIFEST).is_some());
    assert!(scene.subjects().contains(&REPORT.to_owned()), "{:?}", scene.subjects());
    assert_eq!(reconcile(&scene)["nights"], Value::Null);
}

#[test]
fn a_reconcile_that_dies_with_the_report_of_a_night_is_done_by_its_first_retry() {
    let scene = Scene::default();
    fault(&scene, "Publish", Fault::CrashBefore, Pick::Every);
    scene.sim.run_until(at("2026-11-24T02:30:00Z"));
    assert_eq!(failures(&scene), 1, "the night was given up");
    let payload = br#"{"task": "reconcile"}"#.to_vec();
    let delivery = Delivery { function: NightlyMaintenance.as_str().to_owned(), payload };
    scene.sim.at(scene.sim.now(), Happening::Deliver(delivery));
    scene.sim.run_for(SignedDuration::from_secs(30));
    scene.sim.faults(Faults::clear);
    scene.sim.run_for(SignedDuration::from_mins(10));
    let reports = scene.subjects().iter().filter(|subject| *subject == REPORT).count();
    assert_eq!((reports, failures(&scene)), (1, 1), "{:?}", scene.subjects());
}

#[test]
fn a_night_that_fails_for_good_is_told_once_when_the_next_one_is_over() {
    let scene = Scene::default();
    fault(&scene, "Scan", Fault::Denied, Pick::Every);
    never_retry(&scene);
    assert!(scene.night().is_err());
    scene.sim.faults(Faults::clear);
    fault(&scene, "PutObject", Fault::Denied, Pick::Every);
    assert_eq!(reconcile(&scene)["reconciliation"]["found"], json!([]));
    scene.sim.run_until(at("2026-11-26T00:30:00Z"));
    let found = reconcile(&scene)["reconciliation"]["found"][0].clone();
    assert_eq!((&found["about"], &found["matter"]), (&json!(RUN), &json!("unfinished")));
    assert_eq!(reconcile(&scene)["reconciliation"]["found"], json!([]));
}

#[test]
fn a_duplicate_of_a_night_that_somebody_is_at_ends_quietly() {
    let scene = long();
    scene.sim.run_until(at("2026-11-24T02:02:00Z"));
    let answer = scene.send_and_wait(NightlyMaintenance, NIGHT, SignedDuration::from_mins(1)).unwrap();
    assert_eq!(answer["action"], "skipped");
    scene.sim.run_until(at("2026-11-24T03:00:00Z"));
    assert_eq!((scene.subjects(), failures(&scene)), (vec![REPORT.to_owned()], 0));
    assert_eq!(since(&scene, "2026-11-24T02:00:00Z", "DeleteSnapshot"), 400);
}

#[test]
fn the_claim_on_a_night_is_renewed_while_it_goes_on_and_no_oftener_than_needed() {
    let scene = long();
    scene.sim.run_until(at("2026-11-24T02:05:00Z"));
    let until = entry(&scene)["phase"]["intended"]["lease_until"].as_str().unwrap().parse().unwrap();
    assert!(scene.sim.now() < until && until <= time::later(scene.sim.now(), SignedDuration::from_secs(45)));
    // The claim, the archive, and four renewals a minute since it began, within the first minute.
    let writes = since(&scene, "2026-11-24T02:00:00Z", "UpdateItem");
    assert!((18..=22).contains(&writes), "{writes}");
}

#[test]
fn a_night_killed_in_the_middle_of_it_goes_on_a_minute_later() {
    let scene = long();
    fault(&scene, "DeleteSnapshot", Fault::CrashBefore, Pick::Nth(200));
    scene.sim.run_until(at("2026-11-24T03:00:00Z"));
    assert_eq!((scene.subjects(), failures(&scene)), (vec![REPORT.to_owned()], 0));
    assert_eq!(scene.snapshots().len(), 1);
}

#[test]
fn an_owner_that_was_taken_over_sends_nothing_more() {
    let scene = long();
    never_retry(&scene);
    scene.sim.run_until(at("2026-11-24T02:02:00Z"));
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let mut item = table.get(RUN).cloned().unwrap();
        item.insert("version".to_owned(), Attribute::N("999".to_owned()));
        table.put(item).unwrap();
    });
    // Its next renewal is lost.
    scene.sim.run_until(at("2026-11-24T02:02:16Z"));
    let answer = scene.answer(NightlyMaintenance).unwrap();
    assert!(answer.unwrap_err().message.contains("another run took over"));
    assert_eq!(since(&scene, "2026-11-24T02:02:16Z", "DeleteSnapshot"), 0);
}

#[test]
fn a_claim_whose_renewal_is_not_answered_is_renewed_once_more() {
    let scene = long();
    // The claim is the first write, the archive's record the second, the first renewal the third.
    fault(&scene, "UpdateItem", Fault::TimeoutAfter, Pick::Nth(3));
    fault(&scene, "UpdateItem", Fault::TimeoutAfter, Pick::Nth(4));
    scene.sim.run_until(at("2026-11-24T03:00:00Z"));
    assert_eq!((scene.subjects(), failures(&scene)), (vec![REPORT.to_owned()], 0));
}
