//! Rules of the simulated cloud speak both languages.

use std::sync::Arc;

use cloud_sim::Sim;
use cloud_sim::cloud::eventbridge::{On, Rule};
use cloud_sim::cloud::lambda::Function;
use cloud_sim::cloud::{Fact, Happening};
use cloud_sim::kernel::{Event, Seeded, Trace};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use ports::{StateReason, Tags};
use serde_json::Value;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A cloud in which a rule invokes a function that does nothing.
fn cloud_with(on: On) -> Sim {
    let sim = Sim::with(at("2026-11-20T12:00:30Z"), Box::new(Seeded::new(1)), Trace::kept());
    sim.install("f", Arc::new(|_| async { Ok(Value::Null) }.boxed()));
    sim.act(|cloud, context| {
        cloud.lambda.add_function("f", Function::new(&cloud.place, "f", SignedDuration::from_mins(1)));
        cloud.add_rule("rule", Rule::new(on, "f"), context);
    });
    sim
}

fn instants(sim: &Sim, is_wanted: fn(&Fact) -> bool) -> Vec<Timestamp> {
    let of = |event: &Event| matches!(event, Event::Fact(fact) if is_wanted(fact));
    sim.trace().entries().iter().filter(|entry| of(&entry.event)).map(|entry| entry.at).collect()
}

fn invocations(sim: &Sim) -> usize {
    instants(sim, |fact| matches!(fact, Fact::Invoked { .. })).len()
}

/// Lets an instance stop, which makes two events.
fn stop(sim: &Sim) {
    let now = sim.now();
    let instance = sim.cloud(|cloud| cloud.ec2.add_instance(Tags::default(), 0, now));
    let reason = StateReason { code: "Server.InternalError".to_owned(), message: String::new() };
    sim.at(now, Happening::Stop { instance, reason });
    sim.run_for(SignedDuration::from_mins(10));
}

fn events(pattern: &str) -> On {
    On::Events(pattern.parse().unwrap())
}

#[test]
fn events_that_match_a_pattern_invoke_its_function() {
    for (pattern, expected) in [
        (r#"{"source": ["aws.ec2"]}"#, 2),
        (r#"{"detail": {"state": [{"anything-but": "stopping"}]}}"#, 1),
        (
            r#"{"resources": [{"wildcard": "arn:aws:ec2:*:instance/i-*"}], "detail": {"state": ["stopping"]}}"#,
            1,
        ),
        (r#"{"$or": [{"source": ["aws.s3"]}, {"detail": {"state": [{"prefix": "stop"}]}}]}"#, 2),
        (r#"{"source": ["aws.ec2"], "detail": {"cause": [{"exists": true}]}}"#, 0),
    ] {
        let sim = cloud_with(events(pattern));
        stop(&sim);
        assert_eq!(invocations(&sim), expected, "{pattern}");
    }
}

#[test]
fn no_event_invokes_the_function_of_a_schedule() {
    let sim = cloud_with(On::Schedule("rate(1 day)".parse().unwrap()));
    stop(&sim);
    assert_eq!(invocations(&sim), 0);
}

fn dues(expression: &str, hours: i64) -> String {
    let sim = cloud_with(On::Schedule(expression.parse().unwrap()));
    sim.run_for(SignedDuration::from_hours(hours));
    let dues = instants(&sim, |fact| matches!(fact, Fact::Due { .. }));
    assert_eq!(invocations(&sim), dues.len());
    dues.iter().map(Timestamp::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_cron_invokes_its_function_at_its_times() {
    assert_eq!(
        dues("cron(0 2 ? * MON-FRI *)", 5 * 24),
        "2026-11-23T02:00:00Z 2026-11-24T02:00:00Z 2026-11-25T02:00:00Z"
    );
}

#[test]
fn a_rate_invokes_its_function_counting_from_when_the_rule_was_made() {
    assert_eq!(dues("rate(2 hours)", 5), "2026-11-20T14:00:30Z 2026-11-20T16:00:30Z");
}

#[test]
fn a_schedule_that_is_over_invokes_nothing() {
    assert_eq!(dues("cron(0 2 * * ? 2025)", 100), "");
}
