use cloud_sim::cloud::Fact;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::Event;
use ports::InstanceId;
use serde_json::json;
use simulation::stack::FunctionName;
use support::scene::{Scene, tags};

const FAILED: &str = "Server.InternalError";

#[test]
fn o1_a_failed_instance_gets_a_snapshot_of_every_volume_and_people_hear_of_it() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 2);
    scene.stop(&instance, FAILED);
    let snapshots = scene.snapshots();
    assert_eq!(snapshots.len(), 3);
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!(answer["instance_id"], json!(instance));
    assert_eq!(answer["snapshots_created"].as_array().unwrap().len(), 3);
    assert_eq!(scene.subjects(), ["[Auto-Snapshot] web-1 (stopping)"]);
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn o1_snapshots_carry_their_tags_and_their_names() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    scene.stop(&instance, FAILED);
    let told: Vec<_> = scene.snapshots().iter().map(|s| s.tags.clone()).collect();
    insta::assert_json_snapshot!(told);
}

#[test]
fn o2_states_that_are_no_failure_and_untagged_instances_are_skipped() {
    let scene = Scene::default();
    let untagged = scene.tagged(tags([("Name", "batch")]), 0);
    scene.stop(&untagged, FAILED);
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!(answer["action"], "skipped");
    assert_eq!(answer["reason"], "the instance is not tagged `AutoSnapshot=true`");
    let running = String::from_utf8(support::scene::event("ec2-state-change")).unwrap();
    let answer =
        scene.send(FunctionName::AutoSnapshot, running.replace("stopped", "running").as_bytes()).unwrap();
    assert_eq!(answer["reason"], "state `running` is not one to snapshot at");
    assert!(scene.snapshots().is_empty() && scene.mails().is_empty());
}

#[test]
fn s2_one_stop_makes_one_set() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    // Two events, `stopping` and `stopped`, both reach the function.
    scene.stop(&instance, FAILED);
    let attempts = scene.sim.trace().entries().iter().filter(|e| is_invoked(&e.event)).count();
    assert!(2 <= attempts, "{attempts}");
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1));
    assert!(scene.broken().is_empty(), "{:?}", scene.broken());
}

fn is_invoked(event: &Event) -> bool {
    matches!(event, Event::Fact(Fact::Invoked { function, .. }) if function == "auto-snapshot")
}

#[test]
fn s3_a_redelivered_event_makes_no_second_set() {
    let scene = Scene::default();
    let event = state_event(&scene.instance("web-1", 1), "stopped");
    let first = scene.send(FunctionName::AutoSnapshot, &event).unwrap();
    let second = scene.send(FunctionName::AutoSnapshot, &event).unwrap();
    assert_eq!((&first["how"], &second["how"]), (&json!("fresh"), &json!("recorded")));
    assert_eq!(first["snapshots_created"], second["snapshots_created"]);
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (2, 1));
}

#[test]
fn s5_the_reason_tells_a_failure_from_an_intent() {
    let scene = Scene::new(&[("SNAPSHOT_ON", "unexpected")]);
    let asked = scene.instance("asked", 0);
    scene.stop(&asked, "Client.UserInitiatedShutdown");
    assert!(scene.snapshots().is_empty());
    let reasons = ["Server.InternalError", "Server.ScheduledStop", "Server.SpotInstanceTermination"];
    for (n, code) in reasons.into_iter().enumerate() {
        let failed = scene.instance("failed", 0);
        scene.stop(&failed, code);
        assert_eq!(scene.snapshots().len(), n + 1, "{code}");
    }
}

#[test]
fn s8_the_volumes_of_an_instance_are_one_set_of_one_moment() {
    let scene = Scene::default();
    scene.stop(&scene.instance("raid", 3), FAILED);
    let starts: Vec<_> = scene.snapshots().iter().map(|s| s.started_at).collect();
    assert_eq!(starts.len(), 4);
    assert!(starts.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(requests(&scene, "CreateSnapshots"), 1);
}

fn requests(scene: &Scene, operation: &str) -> usize {
    let is_one = |event: &Event| matches!(event, Event::Call { op, phase: cloud_sim::kernel::Phase::Sent, .. } if *op == operation);
    scene.sim.trace().entries().iter().filter(|entry| is_one(&entry.event)).count()
}

#[test]
fn s9_an_instance_can_ask_for_its_data_volumes_only() {
    let scene = Scene::default();
    let data = tags([("AutoSnapshot", "true"), ("caretaker:volumes", "data")]);
    scene.stop(&scene.tagged(data, 2), FAILED);
    assert_eq!(scene.snapshots().len(), 2);
    let root = tags([("AutoSnapshot", "true"), ("caretaker:volumes", "root")]);
    scene.stop(&scene.tagged(root, 2), FAILED);
    assert_eq!(scene.snapshots().len(), 3);
}

#[test]
fn s12_opting_in_is_read_as_people_write_it() {
    let scene = Scene::default();
    for (n, yes) in ["True", "on", "1", "YES"].into_iter().enumerate() {
        scene.stop(&scene.tagged(tags([("AutoSnapshot", yes)]), 0), FAILED);
        assert_eq!(scene.snapshots().len(), n + 1, "{yes:?}");
    }
    for no in ["false", "0", "", "never"] {
        scene.stop(&scene.tagged(tags([("AutoSnapshot", no)]), 0), FAILED);
        assert_eq!(scene.snapshots().len(), 4, "{no:?}");
    }
}

/// The functions read it as a yes, IAM does not: it compares texts as they are.
#[test]
fn opting_in_with_blanks_around_it_is_refused_by_the_role_and_told() {
    let scene = Scene::default();
    scene.stop(&scene.tagged(tags([("AutoSnapshot", " true ")]), 0), FAILED);
    assert!(scene.snapshots().is_empty());
    assert!(scene.mails()[0].body.contains("not authorized to perform ec2:CreateSnapshots"));
}

#[test]
fn s13_a_volume_and_an_instance_can_opt_out() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 2);
    let volumes: Vec<_> =
        scene.cloud(|cloud| cloud.ec2.attached(&instance).map(|(id, ..)| id.clone()).collect());
    scene.cloud(|cloud| cloud.ec2.disk(&volumes[1]).unwrap().tags.insert("AutoSnapshot", "false"));
    scene.stop(&instance, FAILED);
    let taken: Vec<_> = scene.snapshots().into_iter().map(|s| s.volume).collect();
    assert_eq!(taken, [volumes[0].clone(), volumes[2].clone()]);
    let other = scene.instance("web-2", 0);
    let strict = Scene::new(&[("SNAPSHOT_EXCLUDE", other.as_str())]);
    let excluded = strict.instance("web-1", 0);
    strict.cloud(|cloud| {
        let machine = cloud.ec2.machine(&excluded).unwrap().clone();
        cloud.ec2.put_instance(other.clone(), machine);
    });
    strict.stop(&other, FAILED);
    assert!(strict.snapshots().is_empty());
}

#[test]
fn s14_tags_of_instance_and_volume_go_along_but_for_reserved_ones_and_a_second_name() {
    let scene = Scene::default();
    let own = [("Name", "web-1"), ("AutoSnapshot", "true"), ("Team", "web"), ("aws:ec2:fleet-id", "f")];
    let instance = scene.tagged(tags(own), 0);
    scene.cloud(|cloud| {
        let volume = cloud.ec2.attached(&instance).next().unwrap().0.clone();
        let many = (0..45).map(|n| (format!("z{n:02}"), "any".to_owned()));
        let of_volume = [("Name", "root"), ("Team", "storage"), ("Tier", "gold"), ("aws:backup:x", "y")];
        let of_volume = of_volume.map(|(key, value)| (key.to_owned(), value.to_owned()));
        cloud.ec2.disk(&volume).unwrap().tags = of_volume.into_iter().chain(many).collect();
    });
    scene.stop(&instance, FAILED);
    let taken = scene.snapshots().remove(0).tags;
    assert_eq!((taken.get("Team"), taken.get("Tier")), (Some("web"), Some("gold")));
    assert!(taken.get("Name").unwrap().starts_with("auto-web-1-xvda-"), "{taken:?}");
    assert!(taken.iter().all(|(key, _)| !key.starts_with("aws:")), "{taken:?}");
    assert_eq!(taken.len(), 50);
}

#[test]
fn s15_tags_are_there_from_the_first_moment() {
    let scene = Scene::default();
    scene.stop(&scene.instance("web-1", 1), FAILED);
    let begun = scene.sim.trace().entries().iter().find_map(|entry| match &entry.event {
        Event::Fact(Fact::SnapshotsBegun { tags, .. }) => Some(tags.clone()),
        Event::Fact(_) | Event::Call { .. } => None,
    });
    let tags = begun.unwrap();
    for key in ["AutoCreated", "CreatedBy", "InstanceId", "TriggerState", "CreatedAt", "LambdaFunction"] {
        assert!(tags.get(key).is_some(), "{key}");
    }
    assert!(tags.get("caretaker:key").is_some() && tags.get("caretaker:fence") == Some("1"));
}

#[test]
fn s16_long_names_and_many_tags_are_cut_before_the_call() {
    let scene = Scene::default();
    let long = "x".repeat(256);
    let many = (0..48).map(|n| (format!("k{n:02}"), long.clone()));
    let own = [("Name".to_owned(), long.clone()), ("AutoSnapshot".to_owned(), "true".to_owned())];
    let reserved = [("aws:autoscaling:groupName".to_owned(), "web".to_owned())];
    let instance = scene.tagged(many.chain(own).chain(reserved).collect(), 0);
    scene.stop(&instance, FAILED);
    let snapshot = &scene.snapshots()[0];
    assert_eq!(snapshot.tags.len(), 50);
    assert!(snapshot.tags.iter().all(|(key, _)| !key.starts_with("aws:")));
    let name = snapshot.tags.get("Name").unwrap();
    assert!(name.chars().count() <= 256 && name.contains("-xvda-2026"), "{name}");
    assert!(snapshot.description.chars().count() <= 255);
    assert_eq!(scene.subjects()[0].len(), 99);
    assert!(scene.subjects()[0].ends_with("... (stopping)"));
}

#[test]
fn s17_a_volume_that_was_snapshotted_a_moment_ago_is_tried_again_after_fifteen_seconds() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 1);
    let volume = scene.cloud(|cloud| cloud.ec2.attached(&instance).next().unwrap().0.to_string());
    scene.put_snapshot("snap-0b", &volume, 0, tags([]));
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopping")).unwrap();
    let ours: Vec<_> =
        scene.snapshots().into_iter().filter(|s| s.tags.get("caretaker:key").is_some()).collect();
    assert_eq!(ours.len(), 2);
    assert!(ours[0].started_at == ours[1].started_at);
    assert_eq!(requests(&scene, "CreateSnapshots"), 2);
}

#[test]
fn s17_throttles_are_waited_out() {
    let scene = Scene::default();
    scene.sim.faults(|faults| {
        for n in 1..=3 {
            faults.add(Rule::on("CreateSnapshots", Fault::Throttle, Pick::Nth(n)));
        }
    });
    scene.stop(&scene.instance("web-1", 0), FAILED);
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (1, 1));
}

#[test]
fn s18_one_bad_volume_does_not_leave_the_others_unprotected() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 2);
    let volume = scene.cloud(|cloud| cloud.ec2.attached(&instance).last().unwrap().0.to_string());
    // Five snapshots that never complete: EC2 refuses a sixth, and with it the set.
    for n in 0..5 {
        let id = scene.put_snapshot(&format!("snap-0{n}"), &volume, 1, tags([]));
        scene.cloud(|cloud| cloud.snapshots.get(&id).unwrap().state = ports::SnapshotState::Pending);
    }
    scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).ok();
    let ours = scene.snapshots().into_iter().filter(|s| s.tags.get("caretaker:key").is_some());
    let taken: Vec<_> = ours.map(|s| s.volume.to_string()).collect();
    assert_eq!(taken.len(), 2);
    assert!(!taken.contains(&volume));
}

#[test]
fn s18_a_volume_that_is_refused_for_good_is_told_and_the_others_are_taken() {
    let scene = Scene::new(&[("SNAPSHOT_MODE", "volume")]);
    let instance = scene.instance("web-1", 1);
    scene.sim.faults(|faults| faults.add(Rule::on("CreateSnapshot", Fault::Denied, Pick::Nth(2))));
    let answer = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    assert_eq!(answer["status"], "PARTIAL");
    assert_eq!(answer["snapshots_created"].as_array().unwrap().len(), 1);
    assert_eq!(answer["failed"].as_array().unwrap().len(), 1);
    assert!(scene.mails()[0].body.contains("NOT snapshotted:"), "{}", scene.mails()[0].body);
}

#[test]
fn s20_an_event_of_another_account_is_not_ours_to_act_on() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    let event = String::from_utf8(state_event(&instance, "stopped")).unwrap();
    let foreign = event.replace("123456789012", "210987654321");
    let answer = scene.send(FunctionName::AutoSnapshot, foreign.as_bytes()).unwrap();
    assert_eq!(answer["action"], "skipped");
    assert!(answer["reason"].as_str().unwrap().contains("210987654321"), "{answer}");
    assert!(scene.snapshots().is_empty());
}

#[test]
fn an_unknown_instance_is_a_named_outcome() {
    let scene = Scene::default();
    let event = state_event(&"i-0123456789".parse().unwrap(), "stopped");
    let answer = scene.send(FunctionName::AutoSnapshot, &event).unwrap();
    assert_eq!(answer["action"], "skipped");
    assert_eq!(answer["reason"], "EC2 does not know the instance: it is gone, or it never was");
}

#[test]
fn a_notice_that_comes_late_tells_of_the_set_as_it_was_taken() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    scene.cloud(|cloud| cloud.lambda.never_retry("auto-snapshot"));
    scene.sim.faults(|faults| faults.add(Rule::on("Publish", Fault::Unavailable, Pick::Nth(1))));
    assert!(scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopping")).is_err());
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().state = ports::InstanceState::Stopped);
    scene.sim.run_for(jiff::SignedDuration::from_mins(15));
    let answer = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    assert_eq!((&answer["how"], &answer["consistency"]), (&json!("recorded"), &json!("crash_consistent")));
    let gave_up = "ALARM: \"auto-snapshot-gave-up\" in EU (Ireland)";
    assert_eq!(scene.subjects(), [gave_up, "[Auto-Snapshot] web-1 (stopping)"]);
}

#[test]
fn s24_a_notice_that_fails_is_tried_again_and_the_snapshot_is_not() {
    let scene = Scene::default();
    scene.sim.faults(|faults| faults.add(Rule::on("Publish", Fault::Unavailable, Pick::Nth(1))));
    let answer =
        scene.send(FunctionName::AutoSnapshot, &state_event(&scene.instance("web-1", 0), "stopped")).unwrap();
    assert_eq!(answer["how"], "recorded");
    assert_eq!((scene.snapshots().len(), scene.mails().len()), (1, 1));
    assert_eq!(requests(&scene, "CreateSnapshots"), 1);
}

/// An event as EC2 sends it, of the present.
pub(crate) fn state_event(instance: &InstanceId, state: &str) -> Vec<u8> {
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": support::scene::BEGIN,
        "region": "eu-west-1",
        "resources": [format!("arn:aws:ec2:eu-west-1:123456789012:instance/{instance}")],
        "detail": { "instance-id": instance, "state": state },
    })
    .to_string()
    .into_bytes()
}
