use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::Metric;
use cloud_sim::fault::{Fault, Pick, Rule};
use jiff::SignedDuration;
use ports::Capacity;
use ports::trigger::AlarmState::{Alarm, InsufficientData, Ok as Quiet};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, event, tags};

/// What the function last answered about an alarm.
fn result(scene: &Scene) -> Value {
    scene.answer(FunctionName::AutoRemediation).unwrap().unwrap()["results"][0].clone()
}

#[test]
fn o6_a_high_cpu_alarm_scales_the_group_out_by_two() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    let answer = scene.answer(FunctionName::AutoRemediation).unwrap().unwrap();
    assert_eq!(answer["processed"], 1);
    let result = &answer["results"][0];
    assert_eq!((&result["previous_desired"], &result["new_desired"]), (&json!(2), &json!(4)));
    assert_eq!(scene.desired("web"), Capacity(4));
}

#[test]
fn o6_an_alarm_that_its_own_metric_raises_scales_the_group_out() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", Some("web"));
    let metric = Metric::new("AWS/EC2", "CPUUtilization").with("AutoScalingGroupName", "web");
    for value in [40.0, 96.0] {
        scene.sim.at(scene.sim.now(), Happening::Datapoint { metric: metric.clone(), value });
        scene.sim.run_for(SignedDuration::from_mins(6));
    }
    assert_eq!(scene.desired("web"), Capacity(4));
}

#[test]
fn o6_a_group_is_never_asked_for_more_than_its_maximum() {
    let scene = Scene::default();
    scene.group("web", 2, 3);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(scene.desired("web"), Capacity(3));
    scene.turns("prod-high-cpu", Quiet);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(result(&scene)["action"], "at_max_capacity");
    assert_eq!(result(&scene)["current"], 3);
}

#[test]
fn l19_a_group_at_its_maximum_is_told_to_a_person() {
    let scene = Scene::default();
    scene.group("web", 3, 3);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!((&result(&scene)["action"], scene.desired("web")), (&json!("at_max_capacity"), Capacity(3)));
    assert_eq!(scene.subjects(), ["[Auto-Remediation] prod-high-cpu"]);
    assert!(
        scene.mails()[0].body.contains("is at its maximum of 3. A person has to decide."),
        "{}",
        scene.mails()[0].body
    );
}

#[test]
fn o7_disk_space_is_for_a_person_and_others_have_no_handler() {
    let scene = Scene::default();
    for (alarm, action) in [("db-low-disk-space", "manual_review"), ("queue-depth", "no_handler")] {
        scene.alarm(alarm, None);
        scene.turns(alarm, Alarm);
        assert_eq!(result(&scene)["action"], action);
    }
    assert_eq!(scene.mails().len(), 2);
    for quiet in [Quiet, InsufficientData] {
        scene.turns("queue-depth", quiet);
    }
    assert_eq!(scene.mails().len(), 2);
}

#[test]
fn o8_every_action_is_announced() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(scene.subjects(), ["[Auto-Remediation] prod-high-cpu"]);
    insta::assert_snapshot!(scene.mails()[0].body);
}

/// Whether AWS's sample of an alarm, of this account and as if it had changed when every story
/// begins, scales a group of two out.
fn is_answered(sample: &str, changed: &str, group: &str) -> bool {
    let routes = json!([{ "matches": ".", "action": "scale_out" }]).to_string();
    let scene = Scene::new(&[("ROUTES", &routes)]);
    scene.group(group, 2, 10);
    scene.cloud(|cloud| {
        cloud.autoscaling.fleet(&group.parse().unwrap()).unwrap().tags = tags([("AutoRemediate", "true")]);
    });
    let event = String::from_utf8(event(sample)).unwrap().replace("444455556666", "123456789012");
    let event = event.replace(changed, "2026-11-23T14:00:00.000");
    let answer = scene.send(FunctionName::AutoRemediation, event.as_bytes()).unwrap();
    answer["results"][0]["action"] == "scale_out" && scene.desired(group) == Capacity(4)
}

#[test]
fn l1_an_alarm_over_sns_is_answered() {
    assert!(is_answered("alarm-sns", "2022-07-09T02:39:54.536", "web"));
}

#[test]
fn l2_an_alarm_that_eventbridge_delivers_is_answered() {
    assert!(is_answered("alarm-eventbridge", "2019-10-02T17:04:40.989", "servers"));
}

#[test]
fn l3_an_alarm_that_calls_the_function_itself_is_answered() {
    assert!(is_answered("alarm-direct", "2023-08-04T12:36:15.490", "web"));
}

#[test]
fn l4_a_composite_alarm_has_no_metric_and_needs_none() {
    let alarm = adapters_aws::inbound::alarms(&event("alarm-composite")).remove(0).unwrap();
    assert_eq!(alarm.state, Alarm);
    assert!(alarm.arn.as_str().ends_with(alarm.name.as_str()));
    assert!(alarm.dimensions.is_empty() && alarm.breach.is_none());
}

#[test]
fn l6_the_group_is_the_one_the_alarm_is_about() {
    let scene = Scene::default();
    scene.group("web", 6, 10);
    scene.group("api", 2, 10);
    scene.cloud(|cloud| {
        cloud.autoscaling.fleet(&"api".parse().unwrap()).unwrap().tags = tags([("AutoRemediate", "true")]);
    });
    scene.alarm("api-high-cpu", Some("api"));
    scene.turns("api-high-cpu", Alarm);
    assert_eq!((scene.desired("web"), scene.desired("api")), (Capacity(6), Capacity(4)));
}

#[test]
fn l6_a_group_that_nobody_allowed_is_left_alone_and_people_hear_of_it() {
    let scene = Scene::default();
    scene.group("api", 2, 10);
    scene.alarm("api-high-cpu", Some("api"));
    scene.turns("api-high-cpu", Alarm);
    assert_eq!((scene.desired("api"), &result(&scene)["action"]), (Capacity(2), &json!("skipped")));
    assert!(scene.mails()[0].body.contains("neither allowed by the settings nor tagged"));
}

#[test]
fn l6_a_group_that_vanished_is_a_named_outcome() {
    let scene = Scene::default();
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(result(&scene)["reason"], "there is no group `web`");
}

#[test]
fn l7_a_name_that_says_the_opposite_is_not_routed() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    for name in ["db-not-high-cpu-but-low", "thigh-cpu"] {
        scene.alarm(name, None);
        scene.turns(name, Alarm);
        assert_eq!(result(&scene)["action"], "no_handler", "{name}");
    }
    assert_eq!(scene.desired("web"), Capacity(2));
}

#[test]
fn l7_routes_are_exact_or_regular() {
    let routes = json!([
        { "name": "exactly-this", "action": "scale_out", "group": "web", "by": "50%" },
        { "matches": "^look-", "action": "review" },
    ]);
    let scene = Scene::new(&[("ROUTES", &routes.to_string())]);
    scene.group("web", 4, 10);
    for (name, action, desired) in [
        ("look-here", "manual_review", 4),
        ("do-look-here", "no_handler", 4),
        ("exactly-this-not", "no_handler", 4),
        ("exactly-this", "scale_out", 6),
    ] {
        scene.alarm(name, None);
        scene.turns(name, Alarm);
        assert_eq!(
            (&result(&scene)["action"], scene.desired("web")),
            (&json!(action), Capacity(desired)),
            "{name}"
        );
    }
}

#[test]
fn l26_a_route_that_observes_tells_what_it_would_do_and_the_others_act() {
    let routes = json!([
        { "matches": "^only-", "action": "scale_out", "observe": true },
        { "matches": "high-cpu$", "action": "scale_out" },
    ]);
    let scene = Scene::new(&[("ROUTES", &routes.to_string())]);
    scene.group("web", 4, 10);
    for (name, action, desired) in [("only-high-cpu", "observed", 4), ("web-high-cpu", "scale_out", 6)] {
        scene.alarm(name, None);
        scene.turns(name, Alarm);
        let seen = (result(&scene)["action"].clone(), scene.desired("web"));
        assert_eq!(seen, (json!(action), Capacity(desired)), "{name}");
    }
    assert_eq!(scene.subjects(), ["[Auto-Remediation] web-high-cpu"]);
}

#[test]
fn l8_the_same_transition_told_twice_is_one_change() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    let event = String::from_utf8(event("alarm-sns"))
        .unwrap()
        .replace("2022-07-09T02:39:54.536", "2026-11-23T14:00:00.000");
    for _ in 0..3 {
        let answer = scene.send(FunctionName::AutoRemediation, event.as_bytes()).unwrap();
        assert_eq!(answer["results"][0]["new_desired"], 4);
    }
    assert_eq!((scene.desired("web"), scene.mails().len()), (Capacity(4), 1));
}

#[test]
fn l9_l10_two_alarms_of_one_group_make_one_change() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    for name in ["a-high-cpu", "b-high-cpu"] {
        scene.alarm(name, None);
    }
    for name in ["a-high-cpu", "b-high-cpu"] {
        let happening = Happening::Alarm { alarm: name.to_owned(), state: Alarm, value: 90 };
        scene.sim.at(scene.sim.now(), happening);
    }
    scene.sim.run_for(SignedDuration::from_mins(15));
    assert_eq!(scene.desired("web"), Capacity(4));
    assert_eq!(scene.mails().len(), 2);
}

#[test]
fn l11_instances_on_their_way_count() {
    let scene = Scene::default();
    scene.group("web", 4, 10);
    scene.cloud(|cloud| cloud.autoscaling.fleet(&"web".parse().unwrap()).unwrap().in_service = 3);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(scene.desired("web"), Capacity(5));
}

#[test]
fn l13_a_stale_transition_is_history() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    let answer = scene.send(FunctionName::AutoRemediation, &event("alarm-sns")).unwrap();
    assert_eq!(answer["results"][0]["action"], "skipped");
    assert_eq!(scene.desired("web"), Capacity(2));
}

#[test]
fn l14_a_group_that_a_person_changed_meanwhile_keeps_what_they_set() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.sim.faults(|faults| {
        for n in 1..=3 {
            faults.add(Rule::on("SetDesiredCapacity", Fault::Unavailable, Pick::Nth(n)));
        }
    });
    let happening = Happening::Alarm { alarm: "prod-high-cpu".to_owned(), state: Alarm, value: 96 };
    scene.sim.at(scene.sim.now(), happening);
    scene.sim.run_for(SignedDuration::from_secs(50));
    scene.cloud(|cloud| {
        cloud.autoscaling.fleet(&"web".parse().unwrap()).unwrap().desired = Capacity(3);
    });
    scene.sim.run_for(SignedDuration::from_mins(15));
    assert_eq!((&result(&scene)["action"], scene.desired("web")), (&json!("skipped"), Capacity(3)));
    let body = &scene.mails()[0].body;
    assert!(body.contains("somebody changed `web` from 2 to 3 meanwhile"), "{body}");
}

#[test]
fn l15_a_group_that_would_launch_nothing_is_left_alone() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.cloud(|cloud| {
        cloud.autoscaling.fleet(&"web".parse().unwrap()).unwrap().suspended.insert("Launch".to_owned());
    });
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(result(&scene)["reason"], "process `Launch` of the group is suspended");
    assert_eq!((scene.desired("web"), scene.mails().len()), (Capacity(2), 1));
}

#[test]
fn l16_a_group_that_is_being_refreshed_is_left_alone() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    scene.cloud(|cloud| cloud.autoscaling.fleet(&"web".parse().unwrap()).unwrap().refreshing = true);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", Alarm);
    assert_eq!(result(&scene)["reason"], "an instance refresh of the group is under way");
    assert_eq!((scene.desired("web"), scene.mails().len()), (Capacity(2), 1));
}

#[test]
fn l17_a_target_tracking_alarm_is_left_to_its_group() {
    let routes = json!([{ "matches": "High", "action": "scale_out" }]).to_string();
    let scene = Scene::new(&[("ROUTES", &routes)]);
    scene.group("web", 2, 10);
    scene.alarm("TargetTracking-web-AlarmHigh-1234", Some("web"));
    scene.turns("TargetTracking-web-AlarmHigh-1234", Alarm);
    assert_eq!(scene.desired("web"), Capacity(2));
    assert_eq!(result(&scene)["reason"], "the alarm belongs to the group's own target tracking");
}

#[test]
fn l18_the_step_grows_with_the_breach() {
    for (steps, desired) in [("breach:0=1,10=3,50=5", 5), ("breach:0=1,50=5", 3), ("25%", 3), ("3", 5)] {
        let scene = Scene::new(&[("SCALE_OUT_BY", steps)]);
        scene.group("web", 2, 10);
        scene.alarm("prod-high-cpu", None);
        // 96 over a threshold of 80 is 20 % beyond it.
        scene.turns("prod-high-cpu", Alarm);
        assert_eq!(scene.desired("web"), Capacity(desired), "{steps}");
    }
}

#[test]
fn a_name_of_255_characters_does_not_break_the_notice() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    let name = format!("high-cpu-{}", "x".repeat(246));
    scene.alarm(&name, None);
    scene.turns(&name, Alarm);
    assert_eq!((scene.desired("web"), scene.subjects()[0].len()), (Capacity(4), 99));
}

#[test]
fn one_bad_record_does_not_lose_the_others() {
    let scene = Scene::default();
    scene.group("web", 2, 10);
    let good = String::from_utf8(event("alarm-sns"))
        .unwrap()
        .replace("2022-07-09T02:39:54.536", "2026-11-23T14:00:00.000");
    let mut batch: Value = serde_json::from_str(&good).unwrap();
    let records = batch["Records"].as_array_mut().unwrap();
    records.insert(0, json!({ "EventSource": "aws:sns" }));
    records.insert(1, serde_json::from_slice::<Value>(&event("sns-test")).unwrap()["Records"][0].clone());
    let answer = scene.send(FunctionName::AutoRemediation, batch.to_string().as_bytes()).unwrap();
    assert_eq!((&answer["processed"], &answer["ignored"]), (&json!(1), &json!(2)));
    assert_eq!(scene.desired("web"), Capacity(4));
}
