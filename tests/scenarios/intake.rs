use ports::trigger::{HealthKind, IgnoredReason, InstanceChange, InstanceTrigger, SpotAction};
use serde_json::{Value, json};
use simulation::stack::FunctionName;
use support::scene::{Scene, at, event};

/// The one trigger of a sample event.
fn only(name: &str) -> InstanceTrigger {
    let mut read = adapters_aws::inbound::instances(&event(name));
    assert_eq!(read.len(), 1);
    read.remove(0).unwrap()
}

#[test]
fn s1_a_documented_state_change_event_is_read() {
    let trigger = only("ec2-state-change");
    assert_eq!(trigger.instance.as_str(), "i-abcd1111");
    assert_eq!((trigger.region.as_str(), trigger.what.word()), ("us-east-1", "stopped"));
}

#[test]
fn a_documented_scheduled_event_is_read() {
    let trigger = adapters_aws::inbound::night(&event("scheduled")).unwrap();
    assert_eq!(trigger.night().to_string(), "2015-10-08");
}

#[test]
fn l5_whatever_is_no_event_is_ignored_with_a_reason_and_not_tried_again() {
    let scene = Scene::default();
    let deep = "[".repeat(100_000);
    let payloads: [&[u8]; 9] = [
        b"",
        b"hello",
        b"null",
        b"[]",
        b"{}",
        b"{\"Records\": []}",
        b"\xff\xfe",
        deep.as_bytes(),
        b"{\"Records\": 7}",
    ];
    for function in FunctionName::ALL {
        for payload in payloads {
            let answer = scene.send(function, payload).unwrap();
            let said = answer["action"] == "ignored" || answer["results"][0]["action"] == "ignored";
            assert!(said, "{function:?}: {answer}");
        }
    }
    assert_eq!(scene.sim.watch(|watch| watch.counts().failures), 0);
}

#[test]
fn l5_the_sns_test_message_is_recognised() {
    let scene = Scene::default();
    let answer = scene.send(FunctionName::AutoRemediation, &event("sns-test")).unwrap();
    assert_eq!(answer["results"][0]["reason"], "test message");
}

#[test]
fn an_event_for_another_function_is_named() {
    let scene = Scene::default();
    let answer = scene.send(FunctionName::AutoSnapshot, &event("scheduled")).unwrap();
    assert_eq!(answer["reason"], "not for this function");
    let answer = scene.send(FunctionName::NightlyMaintenance, &event("ec2-state-change")).unwrap();
    assert_eq!(answer["reason"], "not for this function");
}

#[test]
fn what_a_night_ignores_is_told_in_the_words_of_the_event() {
    let ignored =
        |event: Value| adapters_aws::inbound::night(event.to_string().as_bytes()).unwrap_err().detail;
    let expected = "expected a `Scheduled Event` of `aws.events` or `aws.scheduler`";
    for (event, told) in [
        (
            json!({"source": "aws.ec2", "detail-type": "Hello"}),
            "`source` is `aws.ec2`, `detail-type` is `Hello`",
        ),
        (json!({"source": ["a"]}), "`source` is `[\"a\"]`, no `detail-type`"),
        (json!({"detail-type": "Scheduled Event"}), "no `source`, `detail-type` is `Scheduled Event`"),
    ] {
        assert_eq!(ignored(event), format!("{told}: {expected}"));
    }
}

#[test]
fn a_missing_field_is_named() {
    let whole = String::from_utf8(event("ec2-state-change")).unwrap();
    for (without, named) in [
        ("\"instance-id\": \"i-abcd1111\", ", "detail.instance-id"),
        ("\"region\": \"us-east-1\",", "region"),
    ] {
        let ignored =
            adapters_aws::inbound::instances(whole.replace(without, "").as_bytes()).remove(0).unwrap_err();
        assert_eq!(ignored.to_string(), format!("bad field: `{named}`: it is missing"));
    }
}

#[test]
fn s6_a_documented_spot_warning_is_read() {
    let trigger = only("spot-warning");
    assert_eq!(trigger.instance.as_str(), "i-1234567890abcdef0");
    assert_eq!(trigger.what, InstanceChange::SpotWarning(SpotAction::Terminate));
}

#[test]
fn s6_documented_health_events_are_read_with_every_affected_instance() {
    let read = adapters_aws::inbound::instances(&event("health-issue"));
    let triggers: Vec<InstanceTrigger> = read.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        triggers.iter().map(|t| t.instance.as_str()).collect::<Vec<_>>(),
        ["i-abcd1111", "i-abcd2222"]
    );
    // A backup copy is sent to another region, and an issue is told again: its own region and start count.
    assert_eq!((triggers[0].region.as_str(), triggers[0].at), ("us-east-1", at("2022-06-03T05:01:10Z")));
    let retirement = only("health-scheduled");
    let InstanceChange::Health(news) = retirement.what else { panic!() };
    assert_eq!((news.kind, news.starts_at), (HealthKind::ScheduledChange, Some(at("2026-08-27T13:19:03Z"))));
}

#[test]
fn s6_a_recorded_reboot_call_names_its_instances_and_its_caller() {
    let read = adapters_aws::inbound::instances(&event("reboot-call"));
    let triggers: Vec<InstanceTrigger> = read.into_iter().map(Result::unwrap).collect();
    assert_eq!(triggers.len(), 2);
    assert_eq!(triggers[1].at, at("2026-11-23T14:00:00Z"));
    let by = Some("arn:aws:iam::123456789012:user/alice".to_owned());
    assert_eq!(triggers[1].what, InstanceChange::Rebooted { by });
}

#[test]
fn s6_a_reboot_call_that_failed_rebooted_nothing() {
    let mut call: Value = serde_json::from_slice(&event("reboot-call")).unwrap();
    call["detail"]["errorCode"] = json!("Client.UnauthorizedOperation");
    let ignored = adapters_aws::inbound::instances(call.to_string().as_bytes()).remove(0).unwrap_err();
    assert_eq!(ignored.reason, IgnoredReason::NothingToDo);
    assert!(ignored.detail.contains("UnauthorizedOperation"), "{ignored}");
}

#[test]
fn one_bad_instance_does_not_hide_the_others() {
    let mut call: Value = serde_json::from_slice(&event("reboot-call")).unwrap();
    call["detail"]["requestParameters"]["instancesSet"]["items"][0] = json!({ "instanceId": 7 });
    let read = adapters_aws::inbound::instances(call.to_string().as_bytes());
    assert_eq!((read[0].is_err(), read[1].is_ok()), (true, true));
}

#[test]
fn s6_a_failed_status_check_is_read_in_all_three_envelopes() {
    for payload in status_check_envelopes() {
        let trigger = adapters_aws::inbound::instances(&payload).remove(0).unwrap();
        assert_eq!((trigger.instance.as_str(), trigger.at), ("i-abcd1111", at("2026-11-23T14:00:00Z")));
        let InstanceChange::CheckFailed { metric, .. } = trigger.what else { panic!() };
        assert_eq!(metric, "AWS/EC2/StatusCheckFailed_System");
    }
}

#[test]
fn an_alarm_that_is_quiet_or_watches_something_else_is_not_for_the_snapshot_function() {
    let check = String::from_utf8(event("alarm-status-check")).unwrap();
    for (other, reason) in [
        (check.replace("\"value\": \"ALARM\"", "\"value\": \"OK\""), IgnoredReason::NothingToDo),
        (check.replace("StatusCheckFailed_System", "CPUUtilization"), IgnoredReason::NotForThisFunction),
        (check.replace("InstanceId", "AutoScalingGroupName"), IgnoredReason::NotForThisFunction),
    ] {
        let ignored = adapters_aws::inbound::instances(other.as_bytes()).remove(0).unwrap_err();
        assert_eq!(ignored.reason, reason, "{ignored}");
    }
}

/// One status check that failed, as an event, as a direct action, and as an SNS message.
fn status_check_envelopes() -> [Vec<u8>; 3] {
    let bus: Value = serde_json::from_slice(&event("alarm-status-check")).unwrap();
    let direct = json!({
        "source": "aws.cloudwatch", "alarmArn": bus["resources"][0], "accountId": bus["account"],
        "time": "2026-11-23T14:00:00.000+0000", "region": "us-east-1", "alarmData": bus["detail"],
    });
    let mut sns: Value = serde_json::from_slice(&event("alarm-sns")).unwrap();
    let text = sns["Records"][0]["Sns"]["Message"].as_str().unwrap();
    let mut message: Value = serde_json::from_str(text).unwrap();
    message["StateChangeTime"] = json!("2026-11-23T14:00:00.000+0000");
    message["Trigger"]["MetricName"] = json!("StatusCheckFailed_System");
    message["Trigger"]["Dimensions"] = json!([{ "value": "i-abcd1111", "name": "InstanceId" }]);
    sns["Records"][0]["Sns"]["Message"] = Value::String(message.to_string());
    [event("alarm-status-check"), direct.to_string().into_bytes(), sns.to_string().into_bytes()]
}
