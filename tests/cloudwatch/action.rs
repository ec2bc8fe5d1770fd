//! What an alarm does when it changes.

use cloud_sim::cloud::cloudwatch::{Comparison, Condition};
use cloud_sim::fault::FaultPlan;
use serde_json::json;

use super::THRESHOLD;
use super::world::{NAME, TOPIC, World};

fn told(world: &World) -> [usize; 3] {
    ["topic", "direct", "bus"].map(|function| world.heard(function).len())
}

fn one_minute() -> Condition {
    Condition::new(Comparison::GreaterThan, THRESHOLD, 60, 1).unwrap()
}

/// Lets the metric breach for so many minutes, and then be fine for one.
fn breach(world: &World, minutes: u32) {
    for _ in 0..minutes {
        world.put(5.0);
        world.after_minutes(1);
    }
    world.put(0.0);
    world.after_minutes(1);
}

#[test]
fn an_alarm_acts_when_it_is_raised_and_not_while_it_is() {
    let world = World::with(one_minute());
    breach(&world, 10);
    // The bus hears of the end as well.
    assert_eq!(told(&world), [1, 1, 2]);
}

#[test]
fn an_alarm_acts_again_when_it_is_raised_again() {
    let world = World::with(one_minute());
    breach(&world, 1);
    breach(&world, 1);
    assert_eq!(told(&world), [2, 2, 4]);
}

#[test]
fn an_alarm_tells_of_each_state_where_it_is_told_to() {
    let world = World::with(one_minute());
    world.sim.cloud(|cloud| {
        let alarm = cloud.cloudwatch.alarm(NAME).unwrap();
        (alarm.ok_topics, alarm.insufficient_data_topics) = (alarm.topics.clone(), alarm.topics.clone());
    });
    breach(&world, 1);
    world.after_minutes(5);
    let messages = world.messages();
    let states: Vec<&str> =
        messages.iter().map(|message| message["NewStateValue"].as_str().unwrap()).collect();
    assert_eq!(states, ["ALARM", "OK", "INSUFFICIENT_DATA"]);
    for actions in ["OKActions", "InsufficientDataActions"] {
        assert_eq!(messages[0][actions], json!([TOPIC]));
    }
}

#[test]
fn actions_may_be_executed_once_more() {
    let world = World::with(one_minute()).faults(FaultPlan { actions_again: 1000, ..FaultPlan::default() });
    breach(&world, 10);
    assert_eq!(told(&world), [2, 2, 2]);
    let messages = world.messages();
    assert_eq!(messages[0], messages[1]);
    assert_eq!(world.changes(), ["14:01:00 ALARM", "14:11:00 OK"]);
}

#[test]
fn actions_of_an_alarm_that_has_changed_since_are_not_executed_again() {
    let world = World::with(one_minute()).faults(FaultPlan { actions_again: 1000, ..FaultPlan::default() });
    breach(&world, 1);
    breach(&world, 10);
    // Once for each time it was raised, and once more for the second.
    assert_eq!(told(&world)[..2], [3, 3]);
}
