//! M of N, against a slow and obvious reference.

use cloud_sim::cloud::cloudwatch::{Comparison, Condition, MissingData, Statistic, evaluate};
use ports::trigger::AlarmState;
use proptest::prelude::*;

use super::{THRESHOLD, alarm, datapoints, of};

/// The state by the words of the documentation, where no data is missing.
fn obvious(values: &[f64], needed: usize, periods: usize) -> AlarmState {
    let mut breaching = 0;
    for value in &values[values.len() - periods..] {
        if *value > THRESHOLD {
            breaching += 1;
        }
    }
    if breaching >= needed { AlarmState::Alarm } else { AlarmState::Ok }
}

fn states() -> impl Strategy<Value = AlarmState> {
    prop::sample::select(vec![AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData])
}

fn treatments() -> impl Strategy<Value = MissingData> {
    prop::sample::select(vec![
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ])
}

/// So many of so many periods, of more datapoints than that.
fn complete() -> impl Strategy<Value = (Vec<f64>, u32, u32)> {
    (1u32..8).prop_flat_map(|periods| {
        let values =
            prop::collection::vec((0u32..7).prop_map(f64::from), usize::try_from(periods).unwrap()..12);
        (values, 1..=periods, Just(periods))
    })
}

proptest! {
    #[test]
    fn complete_data_is_evaluated_as_the_documentation_says(
        (values, needed, periods) in complete(), missing in treatments(), before in states()
    ) {
        let alarm = alarm(of(needed, periods), missing, before);
        let some: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let expected = obvious(&values, usize::try_from(needed).unwrap(), usize::try_from(periods).unwrap());
        prop_assert_eq!(evaluate(&some, &alarm), expected);
    }

    #[test]
    fn missing_data_is_never_better_for_being_treated_as_breaching(
        marks in prop::collection::vec(prop::option::of((0u32..7).prop_map(f64::from)), 5), needed in 1u32..=3
    ) {
        let with = |missing| evaluate(&marks, &alarm(of(needed, 3), missing, AlarmState::Ok));
        if with(MissingData::NotBreaching) == AlarmState::Alarm {
            prop_assert_eq!(with(MissingData::Ignore), AlarmState::Alarm);
        }
        if with(MissingData::Missing) == AlarmState::Alarm {
            prop_assert_eq!(with(MissingData::Breaching), AlarmState::Alarm);
        }
    }
}

#[test]
fn breaching_datapoints_need_not_be_consecutive() {
    for (row, expected) in [("X 0 X", AlarmState::Alarm), ("0 0 X", AlarmState::Ok)] {
        let alarm = alarm(of(2, 3), MissingData::Missing, AlarmState::Ok);
        assert_eq!(evaluate(&datapoints(row), &alarm), expected, "{row}");
    }
}

#[test]
fn unless_said_otherwise_every_datapoint_must_breach() {
    let condition = Condition::new(Comparison::GreaterThan, THRESHOLD, 300, 3).unwrap();
    let alarm = alarm(condition, MissingData::Missing, AlarmState::Ok);
    assert_eq!(evaluate(&datapoints("0 X X"), &alarm), AlarmState::Ok);
    assert_eq!(evaluate(&datapoints("X X X"), &alarm), AlarmState::Alarm);
}

#[test]
fn each_comparison_has_its_own_edge() {
    for (comparison, breaches) in [
        (Comparison::GreaterThan, [false, false, true]),
        (Comparison::GreaterThanOrEqualTo, [false, true, true]),
        (Comparison::LessThan, [true, false, false]),
        (Comparison::LessThanOrEqualTo, [true, true, false]),
    ] {
        let condition = Condition::new(comparison, THRESHOLD, 300, 1).unwrap();
        assert_eq!([2.0, 3.0, 4.0].map(|value| condition.is_breached_by(value)), breaches, "{comparison:?}");
    }
}

#[test]
fn the_values_of_a_period_make_one_datapoint() {
    for (statistic, above, below) in [
        (Statistic::Average, 2.9, 3.0),
        (Statistic::Sum, 8.9, 9.0),
        (Statistic::Minimum, 0.9, 1.0),
        (Statistic::Maximum, 4.9, 5.0),
    ] {
        for (threshold, expected) in [(above, AlarmState::Alarm), (below, AlarmState::Ok)] {
            let condition = Condition::new(Comparison::GreaterThan, threshold, 60, 1).unwrap();
            let world = super::world::World::with(condition.statistic(statistic));
            for value in [5.0, 1.0, 3.0] {
                world.put(value);
            }
            assert_eq!(world.after_minutes(1), expected, "{statistic:?} above {threshold}");
        }
    }
}
