//! Alarms that change by themselves.

use cloud_sim::cloud::Happening;
use cloud_sim::cloud::cloudwatch::{Alarm, Comparison, Condition, MissingData};
use jiff::SignedDuration;
use ports::time;
use ports::trigger::AlarmState;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::world::{NAME, World};
use super::{THRESHOLD, metric, of};

/// One period of a minute.
fn one_minute() -> Condition {
    Condition::new(Comparison::GreaterThan, THRESHOLD, 60, 1).unwrap()
}

#[test]
fn a_new_alarm_knows_too_little() {
    let world = World::with(of(1, 1));
    let status = world.status();
    assert_eq!((status.state, status.since), (AlarmState::InsufficientData, world.sim.now()));
    assert_eq!(status.reason, "Unchecked: Initial alarm creation");
    assert_eq!(world.after_minutes(60), AlarmState::InsufficientData);
    assert!(world.changes().is_empty());
}

#[test]
fn an_alarm_changes_at_the_minute_that_ends_a_breaching_period() {
    let world = World::with(one_minute());
    world.put(5.0);
    world.after_minutes(1);
    world.put(1.0);
    world.after_minutes(1);
    assert_eq!(world.changes(), ["14:01:00 ALARM", "14:02:00 OK"]);
}

#[test]
fn a_period_of_ten_seconds_is_evaluated_every_ten_seconds() {
    let world = World::with(Condition::new(Comparison::GreaterThan, THRESHOLD, 10, 1).unwrap());
    world.put(5.0);
    world.after_minutes(1);
    assert_eq!(world.changes(), ["14:00:40 ALARM", "14:01:10 INSUFFICIENT_DATA"]);
}

#[test]
fn a_period_of_five_minutes_ends_with_every_minute() {
    let world = World::with(of(1, 1));
    world.put(5.0);
    world.after_minutes(4);
    world.put(0.0);
    world.after_minutes(4);
    // The average of both is no breach; until then only the first is seen.
    assert_eq!(world.changes(), ["14:01:00 ALARM", "14:05:00 OK"]);
}

#[test]
fn a_value_at_the_full_minute_is_of_the_period_that_begins() {
    let world = World::with(Condition::new(Comparison::GreaterThan, THRESHOLD, 60, 2).unwrap());
    world.sim.run_for(SignedDuration::from_secs(30));
    world.put(5.0);
    world.after_minutes(3);
    // One period breaches; at 14:03 it is old enough for a premature alarm.
    assert_eq!(world.changes(), ["14:03:00 ALARM"]);
}

#[test]
fn two_of_three_breaching_periods_raise_an_alarm() {
    let world = World::with(of(2, 3));
    assert_eq!(world.minutes("0 X 0"), AlarmState::Ok);
    assert_eq!(world.minutes("X"), AlarmState::Alarm);
}

#[test]
fn an_alarm_without_data_knows_too_little_once_its_range_is_over() {
    let world = World::with(one_minute());
    world.put(5.0);
    world.after_minutes(60);
    // The range of one period is three; the last that holds the value ends at 14:03.
    assert_eq!(world.changes(), ["14:01:00 ALARM", "14:04:00 INSUFFICIENT_DATA"]);
}

#[test]
fn an_alarm_whose_missing_data_breaches_is_raised_without_any() {
    let world = World::with(one_minute().treat_missing_data(MissingData::Breaching));
    assert_eq!(world.after_minutes(1), AlarmState::Alarm);
    assert_eq!(world.changes(), ["14:01:00 ALARM"]);
}

#[test]
fn an_alarm_that_has_its_fill_of_silence_wakes_when_data_comes() {
    let world = World::with(one_minute());
    assert_eq!(world.after_minutes(600), AlarmState::InsufficientData);
    world.put(0.0);
    assert_eq!(world.after_minutes(1), AlarmState::Ok);
}

#[test]
fn an_alarm_without_data_lets_the_world_come_to_rest() {
    let world = World::with(of(1, 1));
    world.put(5.0);
    assert_eq!(world.sim.block_on(std::future::pending::<()>()), None);
    assert_eq!(world.changes(), ["14:01:00 ALARM", "14:16:00 INSUFFICIENT_DATA"]);
}

#[test]
fn data_from_before_an_alarm_was_made_counts() {
    let world = World::with(of(1, 1));
    world.put(5.0);
    world.after_minutes(1);
    let made = |cloud: &mut cloud_sim::Cloud, context: &mut cloud_sim::kernel::Context<'_>| {
        cloud.put_alarm("another", Alarm::new(metric(), of(1, 1)), context);
    };
    world.sim.act(made);
    world.after_minutes(1);
    let state = |name| world.sim.cloud(|cloud| cloud.cloudwatch.alarm(name).unwrap().status.state);
    assert_eq!((state(NAME), state("another")), (AlarmState::Alarm, AlarmState::Alarm));
}

#[test]
fn data_with_other_dimensions_is_of_another_metric() {
    let world = World::with(one_minute());
    let metric = metric().with("Service", "search");
    world.sim.at(world.sim.now(), Happening::Datapoint { metric, value: 5.0 });
    assert_eq!(world.after_minutes(2), AlarmState::InsufficientData);
}

#[test]
fn a_value_that_is_no_number_is_no_data() {
    let world = World::with(one_minute());
    world.put(f64::INFINITY);
    world.put(f64::NAN);
    assert_eq!(world.after_minutes(2), AlarmState::InsufficientData);
}

#[test]
fn an_alarm_that_is_configured_again_keeps_its_state() {
    let world = World::with(one_minute());
    world.put(5.0);
    world.after_minutes(1);
    let status = world.status();
    let calmer = Condition::new(Comparison::GreaterThan, 9.0, 60, 1).unwrap();
    world.sim.act(|cloud, context| cloud.put_alarm(NAME, Alarm::new(metric(), calmer), context));
    assert_eq!(world.status(), status);
    assert_eq!(world.after_minutes(1), AlarmState::Ok);
}

#[test]
fn a_forced_state_lasts_until_the_next_evaluation() {
    let world = World::with(one_minute());
    world.put(0.0);
    world.sim.run_for(SignedDuration::from_secs(40));
    let forced = Happening::Alarm { alarm: NAME.to_owned(), state: AlarmState::Alarm, value: 9 };
    world.sim.at(world.sim.now(), forced);
    world.after_minutes(1);
    assert_eq!(world.changes(), ["14:01:00 OK", "14:01:10 ALARM", "14:02:00 OK"]);
}

proptest! {
    #[test]
    fn an_alarm_changes_as_if_it_were_looked_at_each_minute(
        data in vec((0..7_200_i64, prop_oneof![Just(0.0), Just(5.0)]), 0..12),
        period in select(&[10, 60, 120, 300]),
        (needed, periods) in (1..4_u32, 0..3_u32).prop_map(|(needed, more)| (needed, needed + more)),
        missing in select(&[
            MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching,
        ]),
    ) {
        let condition = Condition::new(Comparison::GreaterThan, THRESHOLD, period, periods).unwrap();
        let condition = condition.datapoints_to_alarm(needed).unwrap().treat_missing_data(missing);
        let changes = |looked_at: bool| {
            let world = World::with(condition.clone());
            let begin = world.sim.now();
            let at = |seconds| time::later(begin, SignedDuration::from_secs(seconds));
            for (seconds, value) in &data {
                world.sim.at(at(*seconds), Happening::Datapoint { metric: metric(), value: *value });
            }
            for tens in 0..if looked_at { 1_000 } else { 0 } {
                world.sim.at(at(30 + 10 * tens), Happening::Evaluate { alarm: NAME.to_owned() });
            }
            world.after_minutes(180);
            world.changes()
        };
        prop_assert_eq!(changes(false), changes(true));
    }
}
