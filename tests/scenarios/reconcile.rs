//! What was left behind, and who finishes it.

use adapters_sim::HasPorts;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::dynamodb::Table;
use cloud_sim::cloud::ec2::Machine;
use cloud_sim::fault::{Consistency, Fault, FaultPlan, Pick, Rule};
use cloud_sim::kernel::{Event, Phase};
use jiff::SignedDuration;
use lambda_shims::Ports;
use lambda_shims::handler::{Context, nightly_maintenance};
use lambda_shims::settings::NightSettings;
use ports::trigger::AlarmState::Alarm as Fires;
use ports::{Attribute, Capacity, InstanceId, InstanceState, Snapshot, SnapshotState, StateReason, time};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, tags};

use crate::auto_snapshot::state_event;

fn reconcile(scene: &Scene) -> Value {
    scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap()
}

/// Reconciles twice: the second time does nothing, and nobody hears of it.
fn reconcile_and_again(scene: &Scene) -> Value {
    let first = reconcile(scene);
    let (before, told) = (scene.snapshots(), scene.mails().len());
    let second = reconcile(scene);
    assert_eq!(
        (&second["reconciliation"]["done"], &second["reconciliation"]["found"]),
        (&json!([]), &json!([]))
    );
    let ids = |snapshots: Vec<Snapshot>| snapshots.into_iter().map(|s| s.id).collect::<Vec<_>>();
    assert_eq!((ids(scene.snapshots()), scene.mails().len()), (ids(before), told), "{second}");
    first
}

/// An opted-in instance that is stopped, and whose events nobody got.
fn stopped_unheard(scene: &Scene, transition: &str) -> InstanceId {
    let instance = scene.instance("web-1", 1);
    scene.cloud(|cloud| {
        let machine: &mut Machine = cloud.ec2.machine(&instance).unwrap();
        machine.state = InstanceState::Stopped;
        transition.clone_into(&mut machine.transition);
        let code = transition.to_owned();
        machine.reason = Some(StateReason { message: code.clone(), code });
    });
    instance
}

fn fault(scene: &Scene, operation: &str, fault: Fault, pick: Pick) {
    scene.sim.faults(|faults| faults.add(Rule::on(operation, fault, pick)));
}

fn never_retry(scene: &Scene) {
    for function in FunctionName::ALL {
        scene.cloud(|cloud| cloud.lambda.never_retry(function.as_str()));
    }
}

fn deeds(answer: &Value) -> Vec<String> {
    let done = answer["reconciliation"]["done"].as_array().unwrap();
    done.iter().map(|deed| deed["words"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn with_nothing_left_behind_nothing_is_done_and_nobody_is_told() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 1), "Server.InternalError");
    let mails = scene.mails().len();
    let answer = reconcile_and_again(&scene);
    assert_eq!(
        (&answer["status"], &answer["reconciliation"]["sets"]["completed"]),
        (&json!("OK"), &json!(1))
    );
    assert_eq!(scene.mails().len(), mails);
}

#[test]
fn a_stop_that_nobody_heard_of_is_made_up_for_under_the_key_of_its_time() {
    let scene = Scene::default();
    let instance = stopped_unheard(&scene, "User initiated (2026-11-23 13:30:00 GMT)");
    let answer = reconcile_and_again(&scene);
    assert_eq!(deeds(&answer).len(), 1);
    assert_eq!(scene.snapshots().len(), 2);
    let key = format!("snap#{instance}#2026-11-23T13:30:00Z");
    assert!(scene.snapshots().iter().all(|s| s.tags.get("caretaker:key") == Some(&key)));
    // The event comes after all.
    let late = String::from_utf8(state_event(&instance, "stopped")).unwrap();
    let late = late.replace("14:00:00Z", "13:30:40Z");
    assert_eq!(scene.send(FunctionName::AutoSnapshot, late.as_bytes()).unwrap()["how"], "recorded");
    assert_eq!(
        scene.subjects(),
        ["[Auto-Snapshot] web-1 (stopped)", "[Reconcile] 1 finished, 0 for you to mend"]
    );
    insta::assert_snapshot!(scene.mails()[1].body);
}

#[test]
fn a_stop_whose_time_ec2_does_not_tell_is_made_up_for_once() {
    let scene = Scene::default();
    stopped_unheard(&scene, "Server.InternalError");
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
    // Not even when the ledger has forgotten: the set itself is the evidence.
    scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().retain(|_| false));
    assert_eq!(deeds(&reconcile(&scene)), Vec::<String>::new());
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn an_old_stop_an_untagged_instance_and_one_that_runs_are_left_alone() {
    let scene = Scene::default();
    stopped_unheard(&scene, "User initiated (2026-11-01 13:30:00 GMT)");
    scene.instance("running", 0);
    let untagged = stopped_unheard(&scene, "Server.InternalError");
    scene.cloud(|cloud| cloud.ec2.machine(&untagged).unwrap().tags = tags([("AutoSnapshot", "false")]));
    assert_eq!(deeds(&reconcile_and_again(&scene)), Vec::<String>::new());
    assert!(scene.snapshots().is_empty());
}

#[test]
fn the_settings_of_the_snapshot_function_hold_for_reconciling_too() {
    let scene = Scene::new(&[("SNAPSHOT_ON", "unexpected")]);
    stopped_unheard(&scene, "User initiated (2026-11-23 13:30:00 GMT)");
    scene.cloud(|cloud| {
        let asked = cloud.ec2.machines().next().unwrap().0.clone();
        let code = "Client.UserInitiatedShutdown".to_owned();
        cloud.ec2.machine(&asked).unwrap().reason = Some(StateReason { message: code.clone(), code });
    });
    assert_eq!(deeds(&reconcile_and_again(&scene)), Vec::<String>::new());
}

#[test]
fn s4_a_set_whose_owner_died_is_found_or_taken() {
    // Once EC2 did it, once it did not; nobody got an answer.
    for (lost, how_many) in [(Fault::TimeoutAfter, 1), (Fault::Unavailable, 1)] {
        let scene = Scene::default();
        never_retry(&scene);
        fault(&scene, "CreateSnapshots", lost, Pick::Nth(1));
        let instance = scene.instance("web-1", 0);
        scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap_err();
        assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
        assert_eq!(scene.snapshots().len(), how_many);
        assert!(scene.subjects().contains(&"[Auto-Snapshot] web-1 (stopped)".to_owned()));
    }
}

#[test]
fn what_was_refused_is_told_once_and_tried_again() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    for operation in ["CreateSnapshots", "CreateSnapshot"] {
        fault(&scene, operation, Fault::Denied, Pick::Every);
    }
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    let refused = reconcile_and_again(&scene);
    assert_eq!(refused["reconciliation"]["found"][0]["matter"], "cannot_mend");
    // Somebody gives the permission.
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
    assert_eq!(scene.snapshots().len(), 1);
}

#[test]
fn s24_a_notice_that_was_never_sent_is_sent() {
    let scene = Scene::default();
    never_retry(&scene);
    fault(&scene, "Publish", Fault::Unavailable, Pick::Nth(1));
    let instance = scene.instance("web-1", 0);
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap_err();
    scene.sim.run_for(jiff::SignedDuration::from_mins(15));
    let gave_up = "ALARM: \"auto-snapshot-gave-up\" in EU (Ireland)";
    assert_eq!(scene.subjects(), [gave_up]);
    reconcile_and_again(&scene);
    assert_eq!(scene.subjects()[1], "[Auto-Snapshot] web-1 (stopped)");
    assert_eq!((scene.subjects().len(), scene.snapshots().len()), (3, 1));
}

/// As if the run had died right after it recorded the set.
fn untell(scene: &Scene, instance: &InstanceId) {
    scene.cloud(|cloud| {
        let table = cloud.dynamodb.table("ledger").unwrap();
        table
            .retain(|item| !matches!(item.get("key"), Some(Attribute::S(key)) if key.starts_with("notice#")));
        let key = format!("snap#{instance}#2026-11-23T14:00:00Z");
        let mut item = table.get(&key).unwrap().clone();
        let Some(Attribute::S(state)) = item.get("state").cloned() else { panic!() };
        item.insert("state".to_owned(), Attribute::S(state.replace("\"told\":true", "\"told\":false")));
        item.insert("open".to_owned(), Attribute::Bool(true));
        table.put(item).unwrap();
    });
}

#[test]
fn s24_what_was_done_by_a_run_that_died_before_it_could_tell_is_told() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    untell(&scene, &instance);
    assert_eq!(deeds(&reconcile_and_again(&scene)), ["people were told: [Auto-Snapshot] web-1 (stopped)"]);
}

/// A copy of the one set there is, as a duplicate request would have made it a minute later.
fn duplicate(scene: &Scene, state: SnapshotState) -> Snapshot {
    let first = scene.snapshots()[0].clone();
    let copy = Snapshot {
        id: "snap-0dup".parse().unwrap(),
        state,
        started_at: ports::time::later(first.started_at, SignedDuration::from_mins(1)),
        ..first
    };
    scene.cloud(|cloud| cloud.snapshots.put(copy.clone()));
    copy
}

#[test]
fn a_second_set_of_an_incident_is_removed_and_the_one_that_was_told_stays() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    let copy = duplicate(&scene, SnapshotState::Completed);
    let answer = reconcile_and_again(&scene);
    assert_eq!(answer["reconciliation"]["done"][0]["task"]["remove"]["snapshot"], json!(copy.id));
    assert_eq!(scene.snapshots().len(), 1);
    assert!(!scene.has_snapshot(&copy.id));
}

#[test]
fn nothing_is_removed_before_the_one_that_is_kept_is_complete() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    duplicate(&scene, SnapshotState::Completed);
    let first = scene.snapshots()[0].id.clone();
    scene.cloud(|cloud| cloud.snapshots.get(&first).unwrap().state = SnapshotState::Pending);
    assert_eq!(reconcile_and_again(&scene)["reconciliation"]["waiting"], 1);
    assert_eq!(scene.snapshots().len(), 2);
    // It comes to nothing: now the other is the only one there is.
    scene.cloud(|cloud| cloud.snapshots.get(&first).unwrap().state = SnapshotState::Error);
    reconcile_and_again(&scene);
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn a_surplus_snapshot_that_a_person_holds_or_an_image_uses_stays() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    let copy = duplicate(&scene, SnapshotState::Completed);
    scene.cloud(|cloud| cloud.snapshots.get(&copy.id).unwrap().tags.insert("caretaker:hold", "true"));
    reconcile_and_again(&scene);
    assert!(scene.has_snapshot(&copy.id));
    scene.cloud(|cloud| {
        cloud.snapshots.put(copy.clone());
        cloud.ec2.register_image(vec![copy.id.clone()], false);
    });
    reconcile_and_again(&scene);
    assert!(scene.has_snapshot(&copy.id));
}

#[test]
fn r28_copies_of_a_set_stay_all_of_them_whether_the_ledger_knows_the_set_or_not() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 1), "Server.InternalError");
    let snapshots = scene.snapshots().into_iter().map(|s| s.id).collect();
    scene.sim.at(scene.sim.now(), Happening::CopySnapshots { snapshots });
    scene.sim.run_for(SignedDuration::from_mins(30));
    assert_eq!(scene.snapshots().iter().filter(|s| s.is_copy()).count(), 2);
    reconcile_and_again(&scene);
    scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().retain(|_| false));
    let answer = reconcile_and_again(&scene);
    assert_eq!(answer["reconciliation"]["found"], json!([]));
    assert_eq!((scene.snapshots().len(), scene.broken()), (4, Vec::new()));
}

#[test]
fn a_copy_of_an_earlier_set_is_no_set_of_a_stop_that_nobody_heard_of() {
    let scene = Scene::default();
    let instance = stopped_unheard(&scene, "Server.InternalError");
    let mut tags = simulation::stack::ours();
    tags.insert("InstanceId", instance.as_str());
    tags.insert("TriggerState", "stopped");
    scene.put_snapshot("snap-0copy", "vol-ffffffff", 0, tags);
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
}

#[test]
fn a_second_set_that_the_ledger_has_forgotten_is_told_and_left_alone() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    duplicate(&scene, SnapshotState::Completed);
    scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().retain(|_| false));
    let answer = reconcile_and_again(&scene);
    assert_eq!(answer["reconciliation"]["found"][0]["matter"], "surplus");
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn surplus_beyond_what_may_be_removed_at_once_is_told_and_left_alone() {
    let scene = Scene::new(&[("MAX_REMOVE", "0"), ("MAX_REMOVE_PERCENT", "10")]);
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    duplicate(&scene, SnapshotState::Completed);
    let answer = reconcile_and_again(&scene);
    let words = answer["reconciliation"]["found"][0]["words"].as_str().unwrap().to_owned();
    assert!(words.contains("it would remove 1 of 2 snapshots"), "{words}");
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn surplus_that_the_floor_of_its_volume_needs_stays() {
    let scene = Scene::new(&[("KEEP_FLOOR", "2")]);
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    duplicate(&scene, SnapshotState::Completed);
    assert_eq!(deeds(&reconcile_and_again(&scene)), Vec::<String>::new());
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn s19_a_set_that_failed_is_made_again_once_and_says_so() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.stop(&instance, "Server.InternalError");
    let fail = |scene: &Scene| {
        for snapshot in scene.snapshots() {
            scene.cloud(|cloud| cloud.snapshots.get(&snapshot.id).unwrap().state = SnapshotState::Error);
        }
    };
    fail(&scene);
    let answer = reconcile_and_again(&scene);
    assert!(deeds(&answer)[0].starts_with("made again: web-1 (stopping) has its snapshots"), "{answer}");
    let good: Vec<Snapshot> =
        scene.snapshots().into_iter().filter(|s| s.state != SnapshotState::Error).collect();
    assert_eq!(good.len(), 2);
    assert!(good.iter().all(|s| s.tags.get("caretaker:fence") == Some("2")));
    insta::assert_snapshot!(scene.mails().iter().find(|m| m.body.contains("Made again")).unwrap().body);
    // It fails again: that is for a person.
    fail(&scene);
    let answer = reconcile_and_again(&scene);
    assert_eq!(answer["reconciliation"]["found"][0]["matter"], "set_failed");
}

#[test]
fn a_scale_out_that_was_never_made_is_not_made_for_an_alarm_that_is_history() {
    let scene = Scene::default();
    never_retry(&scene);
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    fault(&scene, "SetDesiredCapacity", Fault::Unavailable, Pick::Every);
    scene.turns("prod-high-cpu", Fires);
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    assert!(scene.answer(FunctionName::AutoRemediation).unwrap().is_err());
    let answer = reconcile_and_again(&scene);
    assert!(deeds(&answer)[0].contains("the alarm was history"), "{answer}");
    assert_eq!(scene.desired("web"), Capacity(2));
    assert!(scene.subjects().contains(&"[Auto-Remediation] prod-high-cpu".to_owned()));
}

#[test]
fn a_scale_out_that_is_still_due_is_made() {
    let scene = Scene::new(&[("ALARM_MAX_AGE_SECONDS", "3600")]);
    never_retry(&scene);
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    fault(&scene, "SetDesiredCapacity", Fault::Unavailable, Pick::Every);
    scene.turns("prod-high-cpu", Fires);
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    assert_eq!(deeds(&reconcile_and_again(&scene)), ["scaled out `web` from 2 to 4"]);
    assert_eq!(scene.desired("web"), Capacity(4));
}

#[test]
fn a_redelivered_alarm_that_became_history_makes_no_change() {
    let scene = Scene::default();
    never_retry(&scene);
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    fault(&scene, "SetDesiredCapacity", Fault::Unavailable, Pick::Every);
    scene.turns("prod-high-cpu", Fires);
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    let records = scene.cloud(|cloud| {
        cloud.lambda.failures.get(&FunctionName::AutoRemediation.failures()).cloned().unwrap()
    });
    let record: Value = serde_json::from_str(&records[0]).unwrap();
    let again = record["requestPayload"].to_string();
    let answer = scene.send(FunctionName::AutoRemediation, again.as_bytes()).unwrap();
    assert_eq!(answer["results"][0]["reason"], "the alarm was history before the capacity could be set");
    assert_eq!(scene.desired("web"), Capacity(2));
}

#[test]
fn a_halted_restart_is_told_once_more_and_left_alone() {
    let scene = Scene::new(&[("ROUTES", r#"[{ "matches": "hangs$", "action": "restart" }]"#)]);
    let instance = scene.tagged(tags([("AutoRemediate", "true")]), 0);
    let mut alarm = cloud_sim::cloud::cloudwatch::Alarm::high_cpu(None);
    alarm.metric.dimensions.insert("InstanceId".to_owned(), instance.to_string());
    alarm.topics.push(simulation::stack::ALARM_TOPIC.to_owned());
    scene.cloud(|cloud| cloud.cloudwatch.add_alarm("web-1-hangs", alarm));
    fault(&scene, "RebootInstances", Fault::TimeoutAfter, Pick::Nth(1));
    scene.turns("web-1-hangs", Fires);
    let answer = reconcile_and_again(&scene);
    assert_eq!(answer["reconciliation"]["found"][0]["matter"], "halted");
    assert_eq!(scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().reboots), 1);
    // It stays until a person removes it, also when an earlier version would have let it go after a month.
    let halted = |scene: &Scene| {
        in_ledger(scene, |table| {
            let halted = |item: &&ports::Record| matches!(&item["state"], Attribute::S(text) if text.contains("halted"));
            table.items().find(|item| item["open"] == Attribute::Bool(true) && halted(item)).cloned()
        })
    };
    let mut of_before = halted(&scene).unwrap();
    of_before.insert("keep_until".to_owned(), Attribute::N("1800000000".to_owned()));
    in_ledger(&scene, |table| table.put(of_before).unwrap());
    reconcile(&scene);
    let years_later = ports::time::later(scene.sim.now(), SignedDuration::from_hours(24 * 3650));
    scene.cloud(|cloud| cloud.dynamodb.expire("ledger", "keep_until", years_later));
    assert!(halted(&scene).is_some());
}

#[test]
fn an_entry_of_a_later_version_is_told_and_left_alone() {
    let scene = Scene::default();
    let state = Attribute::S(r#"{"format":9}"#.to_owned());
    let item = [
        ("key", Attribute::S("snap#i-1#2026-11-23T14:00:00Z".to_owned())),
        ("version", Attribute::N("1".to_owned())),
        ("state", state.clone()),
        ("open", Attribute::Bool(true)),
        ("keep_until", Attribute::N("1800000000".to_owned())),
    ];
    let item: ports::Record = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    scene.cloud(|cloud| cloud.dynamodb.table("ledger").unwrap().put(item).unwrap());
    assert_eq!(reconcile_and_again(&scene)["reconciliation"]["found"][0]["matter"], "unreadable");
    let stands = scene.cloud(|cloud| {
        cloud.dynamodb.table("ledger").unwrap().get("snap#i-1#2026-11-23T14:00:00Z").cloned().unwrap()
    });
    assert_eq!(stands["state"], state);
}

#[test]
fn with_no_time_left_nothing_is_begun_and_the_rest_is_counted() {
    let scene = Scene::default();
    stopped_unheard(&scene, "Server.InternalError");
    let settings = NightSettings::parse(&simulation::stack::usual_settings()).unwrap();
    let context = Context {
        request: "r-1".parse().unwrap(),
        nonce: "a".to_owned(),
        function: "nightly-maintenance".to_owned(),
        account: None,
        region: None,
        deadline: scene.sim.now(),
    };
    let ports = Ports::of(scene.sim.ports());
    let reconciling = async move {
        nightly_maintenance(&move |_| ports.clone(), &settings, br#"{"task": "reconcile"}"#, &context).await
    };
    let failure = scene.sim.block_on(reconciling).unwrap().unwrap_err();
    // What is open, the snapshots, and whether all that is open is in the index.
    assert_eq!(failure.message, "reconcile: matters left for want of time: 3");
    assert!(scene.snapshots().is_empty() && scene.mails().is_empty());
}

/// The keys of the ledger that requests of an operation were about, or its table.
fn asked(scene: &Scene, operation: &str) -> usize {
    let is_one =
        |event: &Event| matches!(event, Event::Call { op, phase: Phase::Applied, .. } if *op == operation);
    scene.sim.trace().entries().iter().filter(|entry| is_one(&entry.event)).count()
}

fn in_ledger<T>(scene: &Scene, look: impl FnOnce(&mut Table) -> T) -> T {
    scene.cloud(|cloud| look(cloud.dynamodb.table("ledger").unwrap()))
}

/// A set that EC2 refused, and that it would take now.
fn refused_set(scene: &Scene) -> String {
    never_retry(scene);
    let instance = scene.instance("web-1", 0);
    for operation in ["CreateSnapshots", "CreateSnapshot"] {
        fault(scene, operation, Fault::Denied, Pick::Every);
    }
    let event = state_event(&instance, "stopped");
    scene.send_and_wait(FunctionName::AutoSnapshot, &event, SignedDuration::from_mins(1)).unwrap();
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    format!("snap#{instance}#2026-11-23T14:00:00Z")
}

#[test]
fn an_open_entry_that_the_index_shows_late_is_finished_by_the_run_after() {
    let scene = Scene::default();
    reconcile(&scene);
    let consistency =
        Consistency { soonest: 240, latest: 240, late_in_index: 1000, ..Consistency::default() };
    scene.sim.fault_plan(FaultPlan { consistency, ..FaultPlan::default() });
    refused_set(&scene);
    // The run comes a minute later and takes another: the index shows what it showed before.
    let early = scene.send_and_wait(
        FunctionName::NightlyMaintenance,
        br#"{"task": "reconcile"}"#,
        SignedDuration::from_mins(1),
    );
    assert_eq!(deeds(&early.unwrap()), Vec::<String>::new());
    scene.sim.run_for(ports::FOUND_AFTER);
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
}

#[test]
fn what_the_index_still_shows_and_is_over_is_left_alone() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 0), "Server.InternalError");
    reconcile(&scene);
    // An earlier version closes an entry and knows of no index.
    in_ledger(&scene, |table| {
        let mut item = table.items().find(|item| item["open"] == Attribute::Bool(false)).cloned().unwrap();
        item.insert("listed".to_owned(), Attribute::S("open".to_owned()));
        table.put(item).unwrap();
    });
    let answer = reconcile_and_again(&scene);
    assert_eq!((&answer["status"], &answer["reconciliation"]["done"]), (&json!("OK"), &json!([])));
}

#[test]
fn what_an_earlier_version_left_open_is_listed_and_finished() {
    let scene = Scene::default();
    let key = refused_set(&scene);
    in_ledger(&scene, |table| {
        let mut item = table.get(&key).cloned().unwrap();
        item.remove("listed");
        table.put(item).unwrap();
    });
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
    assert_eq!(scene.snapshots().len(), 1);
}

#[test]
fn what_a_version_that_the_stack_went_back_to_left_open_is_found_within_a_day() {
    let scene = Scene::default();
    reconcile(&scene);
    let key = refused_set(&scene);
    in_ledger(&scene, |table| {
        let mut item = table.get(&key).cloned().unwrap();
        item.remove("listed");
        table.put(item).unwrap();
    });
    assert_eq!(deeds(&reconcile(&scene)), Vec::<String>::new());
    scene.sim.run_for(SignedDuration::from_hours(24));
    // By now it was refused too long ago to be tried again.
    assert_eq!(reconcile_and_again(&scene)["reconciliation"]["found"][0]["matter"], "given_up");
}

#[test]
fn the_whole_ledger_is_looked_through_once_a_day() {
    let scene = Scene::default();
    for _ in 0..5 {
        reconcile(&scene);
    }
    assert_eq!((asked(&scene, "Query"), asked(&scene, "Scan")), (5, 1));
    scene.sim.run_until(time::later(scene.sim.now(), SignedDuration::from_hours(24)));
    let before = asked(&scene, "Scan");
    reconcile(&scene);
    reconcile(&scene);
    assert_eq!(asked(&scene, "Scan"), before + 1);
}

#[test]
fn an_entry_whose_owner_may_write_it_is_left_unlisted_until_its_lease_is_over() {
    let scene = Scene::default();
    let key = refused_set(&scene);
    let lease_until = time::later(scene.sim.now(), SignedDuration::from_mins(20));
    in_ledger(&scene, |table| {
        let mut item = table.get(&key).cloned().unwrap();
        let Some(Attribute::S(state)) = item.get("state").cloned() else { panic!() };
        let mut record: Value = serde_json::from_str(&state).unwrap();
        let intent = record["phase"]["released"]["intent"].clone();
        let owner = json!({ "request": "r-1", "nonce": "a" });
        record["phase"] =
            json!({ "intended": { "owner": owner, "lease_until": lease_until, "intent": intent } });
        item.insert("state".to_owned(), Attribute::S(record.to_string()));
        item.remove("listed");
        table.put(item).unwrap();
    });
    let before = in_ledger(&scene, |table| table.get(&key).cloned());
    reconcile(&scene);
    assert_eq!(in_ledger(&scene, |table| table.get(&key).cloned()), before);
    scene.sim.run_for(SignedDuration::from_mins(30));
    assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
}

#[test]
fn a_table_without_an_index_or_with_one_that_is_being_filled_is_scanned() {
    let without = |table: &mut Table| table.indexes.clear();
    let filling = |table: &mut Table| {
        for index in table.indexes.values_mut() {
            index.is_filling = true;
        }
    };
    for spoil in [without as fn(&mut Table), filling] {
        let scene = Scene::default();
        reconcile(&scene);
        refused_set(&scene);
        in_ledger(&scene, spoil);
        assert_eq!(deeds(&reconcile_and_again(&scene)).len(), 1);
    }
}

#[test]
fn what_is_open_is_finished_before_anything_else_is_read() {
    let scene = Scene::default();
    refused_set(&scene);
    reconcile(&scene);
    let trace = scene.sim.trace();
    let mut calls = Vec::new();
    for entry in trace.entries() {
        if let Event::Call { op, phase: Phase::Applied, .. } = entry.event {
            calls.push(op);
        }
    }
    let query = calls.iter().position(|op| *op == "Query").unwrap();
    let first = |op: &str| calls[query..].iter().position(|other| *other == op).unwrap();
    assert!(first("CreateSnapshots") < first("Scan"), "{calls:?}");
}

#[test]
fn what_could_not_be_told_is_not_said_to_be() {
    let scene = Scene::default();
    never_retry(&scene);
    let instance = scene.instance("web-1", 0);
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    untell(&scene, &instance);
    fault(&scene, "Publish", Fault::Unavailable, Pick::Every);
    let error = scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#);
    let told = format!("{error:?}");
    assert!(!told.contains("people were told"), "{told}");
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    let later = deeds(&reconcile_and_again(&scene));
    assert!(later.contains(&"people were told: [Auto-Snapshot] web-1 (stopped)".to_owned()), "{later:?}");
}

#[test]
fn one_matter_that_fails_does_not_stop_the_others() {
    let scene = Scene::default();
    let instances: Vec<InstanceId> =
        (0..3).map(|_| stopped_unheard(&scene, "Server.InternalError")).collect();
    fault(&scene, "CreateSnapshots", Fault::Denied, Pick::Nth(2));
    fault(&scene, "CreateSnapshot", Fault::Denied, Pick::Every);
    reconcile(&scene);
    assert_eq!(scene.snapshots().len(), (instances.len() - 1) * 2);
}

#[test]
fn a_source_that_cannot_be_read_does_not_hide_the_others() {
    let scene = Scene::default();
    never_retry(&scene);
    stopped_unheard(&scene, "Server.InternalError");
    fault(&scene, "Query", Fault::Denied, Pick::Every);
    let error = scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap_err();
    assert!(error.message.starts_with("reconcile: open entries: Query: denied"), "{}", error.message);
    assert_eq!(scene.snapshots().len(), 2);
}

#[test]
fn x1_observing_tells_what_would_be_reconciled() {
    let scene = Scene::new(&[("MODE", "observe")]);
    let instance = stopped_unheard(&scene, "Server.InternalError");
    let answer = reconcile(&scene);
    assert_eq!(answer["reconciliation"]["observed"], json!([{ "snapshot": instance }]));
    assert!(scene.snapshots().is_empty() && scene.mails().is_empty());
}

#[test]
fn the_night_reconciles_too_and_reports_it() {
    let scene = Scene::default();
    stopped_unheard(&scene, "User initiated (2026-11-23 13:30:00 GMT)");
    let answer = scene.night().unwrap();
    assert_eq!(answer["reconciliation"]["done"].as_array().unwrap().len(), 1);
    let report =
        scene.mails().into_iter().find(|mail| mail.subject.starts_with("[Daily Ops Report]")).unwrap();
    assert!(
        report.body.contains("\nReconciliation: 1 finished, 0 found, 0 failed, 0 left"),
        "{}",
        report.body
    );
}
