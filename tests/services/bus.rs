//! How long `EventBridge` tries to reach a target, and what it says when it gives up.

use std::collections::BTreeMap;

use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::backoff::RetryPolicy;
use cloud_sim::cloud::delivery::{Target, Trouble};
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::sqs::Queue;
use cloud_sim::fault::{DeliveryFaults, FaultPlan};
use jiff::SignedDuration;
use ports::StateReason;
use serde_json::{Value, json};

use crate::world::{instance, minutes, recorder, seconds, seen_by, troubled, world};

fn target() -> Target {
    Target::Function("listener".to_owned())
}

/// A world in which an instance stops, and a rule tells a function of it.
fn stops(sim: Sim, retry: RetryPolicy) -> Sim {
    let pattern = r#"{"detail": {"state": ["stopping"]}}"#.parse().unwrap();
    let rule = Rule::new(On::Events(pattern), "listener").retrying(retry).dead_letters("dead");
    sim.act(|cloud, context| cloud.add_rule("stops", rule, context));
    sim.cloud(|cloud| cloud.sqs.add_queue("dead", Queue::default()));
    let instance = instance(&sim, 0);
    let reason = StateReason { code: "Server.InternalError".to_owned(), message: String::new() };
    sim.at(sim.now(), Happening::Stop { instance, reason });
    sim
}

fn blocked(sim: Sim, trouble: Trouble) -> Sim {
    sim.cloud(|cloud| cloud.block(target(), Some(trouble)));
    sim
}

fn letters(sim: &Sim) -> Vec<BTreeMap<String, String>> {
    sim.cloud(|cloud| {
        cloud.sqs.messages("dead").into_iter().map(|letter| letter.attributes.clone()).collect()
    })
}

#[test]
fn a_target_is_tried_for_a_day_and_185_times() {
    let sim = world();
    recorder(&sim, "listener");
    let sim = stops(blocked(sim, Trouble::Throttling), RetryPolicy::default());
    sim.run_for(SignedDuration::from_hours(22));
    assert_eq!(letters(&sim).len(), 0);
    sim.run_for(SignedDuration::from_hours(3));
    let letter = &letters(&sim)[0];
    assert_eq!((letter["ERROR_CODE"].as_str(), letter["RETRY_ATTEMPTS"].as_str()), ("THROTTLING", "185"));
    assert_eq!(letter["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(letter["RULE_ARN"], "arn:aws:events:eu-west-1:123456789012:rule/stops");
    assert_eq!(letter["TARGET_ARN"], "arn:aws:lambda:eu-west-1:123456789012:function:listener");
    assert!(letter.contains_key("ERROR_MESSAGE"));
}

#[test]
fn an_event_that_is_too_old_is_given_up_before() {
    let sim = world();
    recorder(&sim, "listener");
    let sim = stops(blocked(sim, Trouble::Timeout), RetryPolicy::checked(60, 185).unwrap());
    minutes(&sim, 2);
    let letter = &letters(&sim)[0];
    assert_eq!(letter["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
    assert_eq!(letter["ERROR_CODE"], "TIMEOUT");
}

#[test]
fn what_the_configuration_is_to_blame_for_goes_straight_to_the_dead_letters() {
    let sim = world();
    recorder(&sim, "listener");
    let denied = stops(blocked(sim, Trouble::NoPermissions), RetryPolicy::default());
    let missing = stops(world(), RetryPolicy::default());
    for (sim, code) in [(denied, "NO_PERMISSIONS"), (missing, "NO_RESOURCE")] {
        seconds(&sim, 5);
        let letter = &letters(&sim)[0];
        assert_eq!((letter["ERROR_CODE"].as_str(), letter["RETRY_ATTEMPTS"].as_str()), (code, "0"));
        assert!(!letter.contains_key("EXHAUSTED_RETRY_CONDITION"));
    }
}

#[test]
fn a_dead_letter_is_the_event_and_an_event_without_a_queue_is_dropped() {
    let sim = stops(world(), RetryPolicy::checked(60, 0).unwrap());
    seconds(&sim, 5);
    let body = sim.cloud(|cloud| cloud.sqs.messages("dead")[0].body.clone());
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["detail"], json!({ "instance-id": "i-00000000000000001", "state": "stopping" }));
    let sim = world();
    sim.cloud(|cloud| cloud.sqs.forget_queue("dead"));
    let sim = stops(sim, RetryPolicy::default());
    sim.cloud(|cloud| cloud.sqs.forget_queue("dead"));
    seconds(&sim, 5);
    let told = sim.trace().entries().iter().any(|entry| format!("{entry:?}").contains("Undelivered"));
    assert!(told && letters(&sim).is_empty());
}

#[test]
fn a_target_that_comes_back_gets_the_event() {
    let sim = world();
    let heard = recorder(&sim, "listener");
    let sim = stops(blocked(sim, Trouble::Throttling), RetryPolicy::default());
    minutes(&sim, 30);
    sim.cloud(|cloud| cloud.block(target(), None));
    minutes(&sim, 10);
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[test]
fn an_event_may_come_twice() {
    let delivery = DeliveryFaults { doubled: 1000, ..DeliveryFaults::default() };
    let sim = troubled(1, FaultPlan { delivery, ..FaultPlan::default() });
    let heard = recorder(&sim, "listener");
    let sim = stops(sim, RetryPolicy::default());
    minutes(&sim, 1);
    let heard = heard.lock().unwrap();
    assert_eq!((heard.len(), &heard[0]["id"]), (2, &heard[1]["id"]));
}

#[test]
fn retries_and_ages_have_their_limits() {
    for (age, retries, fine) in
        [(60, 0, true), (86_400, 185, true), (59, 0, false), (86_401, 0, false), (60, 186, false)]
    {
        assert_eq!(RetryPolicy::checked(age, retries).is_ok(), fine, "{age} {retries}");
    }
}

#[test]
fn a_schedule_runs_within_its_minute_but_tells_the_minute_itself() {
    let sim = seen_by(cloud_sim::kernel::Seeded::new(3));
    let heard = recorder(&sim, "listener");
    let rule = Rule::new(On::Schedule("rate(10 minutes)".parse().unwrap()), "listener");
    sim.act(|cloud, context| cloud.add_rule("often", rule, context));
    minutes(&sim, 61);
    let invoked = sim
        .trace()
        .entries()
        .iter()
        .filter(|entry| format!("{entry:?}").contains("Invoked"))
        .map(|e| e.at)
        .collect::<Vec<_>>();
    assert!(invoked.iter().any(|at| 1 < at.as_second() % 60), "{invoked:?}");
    let times: Vec<Value> = heard.lock().unwrap().iter().map(|event| event["time"].clone()).collect();
    assert_eq!(times[..2], ["2026-11-23T14:10:00Z", "2026-11-23T14:20:00Z"]);
    assert_eq!(times.len(), 6);
}
