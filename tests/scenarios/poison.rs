//! Events that can never be handled.

use cloud_sim::fault::{Fault, Pick, Rule};
use simulation::stack::FunctionName;
use support::scene::{Scene, event};

use crate::auto_snapshot::state_event;

#[test]
fn garbage_is_told_once_and_not_tried_again() {
    for function in FunctionName::ALL {
        let scene = Scene::default();
        for _ in 0..3 {
            let answer = scene.send(function, b"{\"detail-type\": 7}").unwrap();
            let action = answer.get("action").unwrap_or_else(|| &answer["results"][0]["action"]);
            assert_eq!(action, "ignored");
        }
        let subject = format!("[Caretaker] {} cannot handle an event", function.as_str());
        let told = scene.subjects().into_iter().filter(|told| !told.contains("night-trigger-unknown"));
        assert_eq!(told.collect::<Vec<_>>(), [subject]);
        assert_eq!(scene.sim.watch(|watch| watch.counts().failures), 0);
    }
}

#[test]
fn what_is_told_about_garbage_says_what_is_wrong_with_it() {
    let scene = Scene::default();
    let event = String::from_utf8(event("ec2-state-change")).unwrap().replace("\"stopped\"", "\"melted\"");
    scene.send(FunctionName::AutoSnapshot, event.as_bytes()).unwrap();
    insta::assert_snapshot!(scene.mails()[0].body);
}

#[test]
fn an_event_of_thousands_of_bad_parts_is_set_aside_in_few_words() {
    let scene = Scene::default();
    let records = vec![serde_json::json!({ "EventSource": "x".repeat(200) }); 3000];
    let event = serde_json::json!({ "Records": records }).to_string();
    scene.send(FunctionName::AutoRemediation, event.as_bytes()).unwrap();
    assert_eq!(scene.mails().len(), 1);
    assert!(scene.mails()[0].body.contains("\n  ... and 2950 more\n"), "{}", scene.mails()[0].body);
}

#[test]
fn test_messages_and_events_for_somebody_else_stay_quiet() {
    let scene = Scene::default();
    scene.send(FunctionName::AutoRemediation, &event("sns-test")).unwrap();
    scene.send(FunctionName::AutoSnapshot, &event("scheduled")).unwrap();
    scene.send(FunctionName::AutoSnapshot, &event("alarm-sns")).unwrap();
    assert!(scene.mails().is_empty(), "{:?}", scene.subjects());
}

#[test]
fn what_fails_for_good_before_anything_is_known_is_set_aside_too() {
    let scene = Scene::default();
    let instance = scene.instance("web-1", 0);
    scene.sim.faults(|faults| faults.add(Rule::on("DescribeInstances", Fault::Denied, Pick::Every)));
    let answer = scene.send(FunctionName::AutoSnapshot, &state_event(&instance, "stopped")).unwrap();
    assert_eq!(answer["action"], "gave_up");
    assert!(scene.mails()[0].body.contains("DescribeInstances: denied"), "{}", scene.mails()[0].body);
    assert_eq!(scene.sim.watch(|watch| watch.counts().failures), 0);
}

#[test]
fn an_event_is_given_up_only_when_somebody_knows() {
    let scene = Scene::default();
    scene.sim.faults(|faults| faults.add(Rule::on("Publish", Fault::Denied, Pick::Every)));
    let error = scene.send(FunctionName::AutoSnapshot, b"hello").unwrap_err();
    assert_eq!(error.error_type, "NotSetAside");
    assert_eq!(scene.sim.watch(|watch| watch.counts().exhausted), 1);
}
