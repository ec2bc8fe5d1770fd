//! What an entry says of its remedy, and what becomes of one of another version.

use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::fault::{Fault, Faults, Pick, Rule};
use ports::trigger::AlarmState::Alarm as Fires;
use ports::{Attribute, Capacity, Record};
use serde_json::{Value, json};
use simulation::stack::{ALARM_TOPIC, FunctionName};
use support::scene::{Scene, tags};

const ROUTES: &str =
    r#"[{ "matches": "hangs$", "action": "restart" }, { "matches": "cpu$", "action": "scale_out" }]"#;

fn scene() -> Scene {
    let scene = Scene::new(&[("ROUTES", ROUTES), ("ALARM_MAX_AGE_SECONDS", "3600")]);
    for function in FunctionName::ALL {
        scene.cloud(|cloud| cloud.lambda.never_retry(function.as_str()));
    }
    scene
}

/// A scale-out that was begun, and not made.
fn begun() -> Scene {
    let scene = scene();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    failing(&scene, "SetDesiredCapacity", |scene| scene.turns("prod-high-cpu", Fires));
    scene
}

/// A restart that people were not told of.
fn untold() -> Scene {
    let scene = scene();
    let instance = scene.tagged(tags([("AutoRemediate", "true")]), 0);
    let mut alarm = Alarm::high_cpu(None);
    alarm.metric.dimensions.insert("InstanceId".to_owned(), instance.to_string());
    alarm.topics.push(ALARM_TOPIC.to_owned());
    scene.cloud(|cloud| cloud.cloudwatch.add_alarm("web-1-hangs", alarm));
    failing(&scene, "Publish", |scene| scene.turns("web-1-hangs", Fires));
    scene
}

fn failing(scene: &Scene, operation: &str, when: impl FnOnce(&Scene)) {
    scene.sim.faults(|faults| faults.add(Rule::on(operation, Fault::Unavailable, Pick::Every)));
    when(scene);
    scene.sim.faults(Faults::clear);
}

/// The record of the remedy, after `change` where that changes it.
fn record(scene: &Scene, change: impl FnOnce(&mut Value)) -> Value {
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let is_it = |item: &&Record| matches!(&item["key"], Attribute::S(key) if key.starts_with("remed#"));
        let mut item = table.items().find(is_it).unwrap().clone();
        let Attribute::S(state) = &item["state"] else { panic!("{item:?}") };
        let mut record: Value = serde_json::from_str(state).unwrap();
        change(&mut record);
        item.insert("state".to_owned(), Attribute::S(record.to_string()));
        table.put(item).unwrap();
        record
    })
}

fn names_none(written: &mut Value) {
    assert!(written.as_object_mut().unwrap().remove("remedy").is_some());
}

fn reconcile(scene: &Scene) -> Value {
    let answer = scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    answer["reconciliation"].clone()
}

#[test]
fn an_entry_names_its_remedy_beside_what_earlier_versions_read() {
    let intended = record(&begun(), |_| {})["phase"]["intended"]["intent"].clone();
    assert_eq!((&intended["remedy"], &intended["target"]), (&json!("scale_out"), &json!(4)));
    let restarted = record(&untold(), |_| {});
    let outcome = &restarted["phase"]["done"]["outcome"];
    assert_eq!((&restarted["format"], &outcome["remedy"]), (&json!(2), &json!("restart")));
    assert!(outcome["alarm"].is_object() && outcome["instance"].is_string());
}

#[test]
fn a_remedy_of_a_version_that_named_none_is_seen_through() {
    let scene = begun();
    record(&scene, |record| names_none(&mut record["phase"]["intended"]["intent"]));
    assert_eq!(reconcile(&scene)["done"][0]["words"], "scaled out `web` from 2 to 4");
    assert_eq!(scene.desired("web"), Capacity(4));
    let scene = untold();
    record(&scene, |record| names_none(&mut record["phase"]["done"]["outcome"]));
    // The notice and the entry: both are left, and people are told once.
    reconcile(&scene);
    assert_eq!(reconcile(&scene)["done"], json!([]));
    assert_eq!(scene.subjects().iter().filter(|s| *s == "[Auto-Remediation] web-1-hangs").count(), 1);
}

#[test]
fn a_remedy_that_this_version_does_not_know_is_told_and_left_alone() {
    let scene = begun();
    let dancing = record(&scene, |record| record["phase"]["intended"]["intent"]["remedy"] = json!("dance"));
    let found = &reconcile(&scene)["found"][0];
    assert_eq!(found["matter"], "unreadable");
    assert!(found["words"].as_str().unwrap().contains("unknown variant `dance`"), "{found}");
    assert_eq!((record(&scene, |_| {}), scene.desired("web")), (dancing, Capacity(2)));
}

#[test]
fn a_subject_that_is_no_remedys_is_not_taken_for_a_scale_out() {
    let scene = begun();
    record(&scene, |record| {
        names_none(&mut record["phase"]["intended"]["intent"]);
        record["subject"] = json!("dance with web");
    });
    let found = &reconcile(&scene)["found"][0];
    assert!(found["words"].as_str().unwrap().contains("`dance with web` is no remedy"), "{found}");
    assert_eq!(scene.desired("web"), Capacity(2));
}
