//! Restarting as a remedy, and what is halted because nobody knows how it ended.

use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::fault::{Fault, Pick, Rule};
use jiff::SignedDuration;
use ports::trigger::AlarmState::{Alarm as Fires, Ok as Quiet};
use ports::{InstanceId, LedgerKey};
use serde_json::{Value, json};
use simulation::stack::{ALARM_TOPIC, FunctionName};
use support::scene::{Scene, tags};

const ROUTES: &str = r#"[{ "matches": "hangs$", "action": "restart" }]"#;

/// A running instance of that tag, and an alarm that restarts it.
fn scene(opted: &str) -> (Scene, InstanceId) {
    let scene = Scene::new(&[("ROUTES", ROUTES)]);
    let instance = scene.tagged(tags([("Name", "web-1"), ("AutoRemediate", opted)]), 0);
    watch(&scene, "web-1-hangs", &instance);
    (scene, instance)
}

fn watch(scene: &Scene, name: &str, instance: &InstanceId) {
    let mut alarm = Alarm::high_cpu(None);
    alarm.metric.dimensions.insert("InstanceId".to_owned(), instance.to_string());
    alarm.topics.push(ALARM_TOPIC.to_owned());
    scene.cloud(|cloud| cloud.cloudwatch.add_alarm(name, alarm));
}

fn result(scene: &Scene) -> Value {
    scene.answer(FunctionName::AutoRemediation).unwrap().unwrap()["results"][0].clone()
}

fn reboots(scene: &Scene, instance: &InstanceId) -> u32 {
    scene.cloud(|cloud| cloud.ec2.machine(instance).unwrap().reboots)
}

fn lose_the_reboot(scene: &Scene, fault: Fault) {
    scene.sim.faults(|faults| faults.add(Rule::on("RebootInstances", fault, Pick::Nth(1))));
}

#[test]
fn o9_an_opted_in_instance_is_restarted_and_people_hear_of_it() {
    let (scene, instance) = scene("true");
    scene.turns("web-1-hangs", Fires);
    assert_eq!(reboots(&scene, &instance), 1);
    let result = result(&scene);
    assert_eq!((&result["action"], &result["status"]), (&json!("restart"), &json!("OK")));
    assert_eq!(result["instance_id"], json!(instance));
    assert_eq!(scene.subjects(), ["[Auto-Remediation] web-1-hangs"]);
    assert!(scene.mails()[0].body.contains(&format!("Action: restarted `{instance}`")));
}

#[test]
fn o9_an_instance_that_is_not_opted_in_is_left_alone() {
    for opted in ["false", ""] {
        let (scene, instance) = scene(opted);
        scene.turns("web-1-hangs", Fires);
        assert_eq!((reboots(&scene, &instance), &result(&scene)["action"]), (0, &json!("skipped")));
        let reason = format!("instance `{instance}` is not tagged `AutoRemediate=true`");
        assert_eq!(result(&scene)["reason"], json!(reason));
    }
}

#[test]
fn o9_an_alarm_that_names_no_instance_restarts_nothing() {
    let (scene, instance) = scene("true");
    scene.alarm("all-hangs", None);
    scene.turns("all-hangs", Fires);
    assert_eq!(result(&scene)["reason"], "the alarm is not about one instance");
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = ports::InstanceState::Stopped);
    scene.turns("web-1-hangs", Fires);
    assert_eq!(result(&scene)["reason"], "the instance is stopped, not running");
}

#[test]
fn l10_an_instance_is_left_alone_for_a_while_after_a_restart() {
    let (scene, instance) = scene("true");
    watch(&scene, "web-1-also-hangs", &instance);
    scene.turns("web-1-hangs", Fires);
    scene.turns("web-1-also-hangs", Fires);
    assert_eq!(reboots(&scene, &instance), 1);
    assert!(result(&scene)["reason"].as_str().unwrap().contains("is left alone until"));
    scene.turns("web-1-hangs", Quiet);
    scene.sim.run_for(SignedDuration::from_mins(30));
    scene.turns("web-1-hangs", Fires);
    assert_eq!(reboots(&scene, &instance), 2);
}

#[test]
fn a_restart_of_unknown_end_is_halted_told_once_and_never_repeated() {
    // Whether EC2 did it or not: nobody can tell afterwards.
    for (fault, done) in [(Fault::TimeoutAfter, 1), (Fault::Unavailable, 0)] {
        let (scene, instance) = scene("true");
        lose_the_reboot(&scene, fault);
        scene.turns("web-1-hangs", Fires);
        assert_eq!(reboots(&scene, &instance), done);
        assert_eq!(result(&scene)["action"], "gave_up");
        assert_eq!(scene.mails().len(), 1);
        assert!(
            scene.mails()[0].body.contains("halted, because RebootInstances"),
            "{}",
            scene.mails()[0].body
        );
        // Nothing is done for a later transition either, until a person has looked.
        scene.turns("web-1-hangs", Quiet);
        scene.sim.run_for(SignedDuration::from_hours(2));
        scene.turns("web-1-hangs", Fires);
        assert_eq!(reboots(&scene, &instance), done);
        assert!(result(&scene)["reason"].as_str().unwrap().starts_with("how the last restart"));
    }
}

#[test]
fn a_halted_restart_is_free_again_once_a_person_has_removed_its_entry() {
    let (scene, instance) = scene("true");
    lose_the_reboot(&scene, Fault::TimeoutAfter);
    scene.turns("web-1-hangs", Fires);
    let halted: LedgerKey =
        result(&scene)["reason"].as_str().unwrap().split('`').nth(1).unwrap().parse().unwrap();
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let keep = |key: &ports::Attribute| *key != ports::Attribute::S(halted.to_string());
        table.retain(|item| item.get("key").is_some_and(keep));
    });
    scene.turns("web-1-hangs", Quiet);
    scene.sim.run_for(SignedDuration::from_mins(30));
    scene.turns("web-1-hangs", Fires);
    assert_eq!(reboots(&scene, &instance), 2);
}

#[test]
fn a_restart_whose_owner_died_is_not_repeated_for_a_later_alarm_either() {
    let (scene, instance) = scene("true");
    scene.turns("web-1-hangs", Fires);
    // As if the run had died after it asked for the reboot and before it could say so.
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        let is_it = |item: &ports::Record| matches!(item.get("key"), Some(ports::Attribute::S(key)) if key.starts_with("remed#"));
        let mut item = table.items().find(|item| is_it(item)).unwrap().clone();
        let Some(ports::Attribute::S(state)) = item.get("state") else { panic!() };
        let mut record: Value = serde_json::from_str(state).unwrap();
        let intent = record["phase"]["done"]["outcome"].clone();
        let owner = json!({ "request": "r-0", "nonce": "0" });
        let intended = json!({ "owner": owner, "lease_until": "2026-11-23T14:02:10Z", "intent": intent });
        record["phase"] = json!({ "intended": intended });
        item.insert("state".to_owned(), ports::Attribute::S(record.to_string()));
        item.insert("open".to_owned(), ports::Attribute::Bool(true));
        table.put(item).unwrap();
    });
    scene.turns("web-1-hangs", Quiet);
    scene.sim.run_for(SignedDuration::from_mins(40));
    scene.turns("web-1-hangs", Fires);
    assert!(result(&scene)["reason"].as_str().unwrap().starts_with("how the last restart"));
    assert_eq!(reboots(&scene, &instance), 1);
}

#[test]
fn a_restart_that_is_refused_for_now_is_tried_again() {
    let (scene, instance) = scene("true");
    lose_the_reboot(&scene, Fault::Throttle);
    scene.turns("web-1-hangs", Fires);
    assert_eq!((reboots(&scene, &instance), scene.mails().len()), (1, 1));
}

#[test]
fn x1_observing_tells_the_restart_it_would_ask_for() {
    let scene = Scene::new(&[("ROUTES", ROUTES), ("MODE", "observe")]);
    let instance = scene.tagged(tags([("AutoRemediate", "true")]), 0);
    watch(&scene, "web-1-hangs", &instance);
    scene.turns("web-1-hangs", Fires);
    assert_eq!(result(&scene)["would"], json!(format!("restart `{instance}`")));
    assert_eq!((reboots(&scene, &instance), scene.mails().len()), (0, 0));
}
