use cli::stack::FunctionName;
use support::scene::{Scene, event};

#[test]
fn s1_a_documented_state_change_event_is_read() {
    let trigger = adapters_aws::inbound::instance(&event("ec2-state-change")).unwrap();
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
fn a_missing_field_is_named() {
    let whole = String::from_utf8(event("ec2-state-change")).unwrap();
    for (without, named) in [
        ("\"instance-id\": \"i-abcd1111\", ", "detail.instance-id"),
        ("\"region\": \"us-east-1\",", "region"),
    ] {
        let ignored = adapters_aws::inbound::instance(whole.replace(without, "").as_bytes()).unwrap_err();
        assert_eq!(ignored.to_string(), format!("bad field: `{named}`: it is missing"));
    }
}
