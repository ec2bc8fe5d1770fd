use std::collections::{BTreeMap, BTreeSet};

use domain::policy::scale::{BreachStep, Confirmed, Grow, ScalePlan, confirm, grown};
use ports::trigger::Breach;
use ports::{Capacity, Group, LifecycleState, Tags};
use proptest::collection::vec;
use proptest::prelude::*;

fn grow() -> impl Strategy<Value = Grow> {
    prop_oneof![
        any::<u32>().prop_map(Grow::Fixed),
        any::<u32>().prop_map(Grow::Percent),
        vec((any::<u32>(), any::<u32>()), 0..4).prop_map(|steps| {
            Grow::ByBreach(
                steps.into_iter().map(|(from_percent, add)| BreachStep { from_percent, add }).collect(),
            )
        }),
    ]
}

fn group() -> impl Strategy<Value = Group> {
    (any::<u32>(), any::<u32>(), any::<u32>())
        .prop_map(|(desired, max, serving)| group_of(desired, max, serving))
}

proptest! {
    #[test]
    fn growth_stays_between_what_is_desired_and_the_maximum(
        group in group(), grow in grow(), threshold in ".{0,12}", value in ".{0,12}",
    ) {
        let breach = Breach { threshold, value };
        if let ScalePlan::To { previous, target } = grown(&group, &grow, Some(&breach)) {
            prop_assert_eq!(previous, group.desired);
            prop_assert!(group.desired < target && target <= group.max);
        }
    }

    #[test]
    fn a_step_adds_at_most_itself(desired in 0..1000_u32, max in 0..2000_u32, step in 1..50_u32) {
        let group = group_of(desired, max, desired);
        match grown(&group, &Grow::Fixed(step), None) {
            ScalePlan::To { target, .. } => prop_assert_eq!(target.0, (desired + step).min(max)),
            ScalePlan::AtMax { current } => prop_assert!(max <= desired && current.0 == desired),
            ScalePlan::Leave(leave) => prop_assert!(false, "{leave}"),
        }
    }

    #[test]
    fn a_confirmed_change_never_lowers_and_never_exceeds(
        desired in any::<u32>(), max in any::<u32>(), previous in any::<u32>(), target in any::<u32>(),
    ) {
        let confirmed = confirm(Capacity(desired), Capacity(max), Capacity(previous), Capacity(target));
        if let Confirmed::Set(set) = confirmed {
            prop_assert!(Capacity(desired) < set && set <= Capacity(max) && set <= Capacity(target));
            prop_assert_eq!(desired, previous);
        }
    }

    #[test]
    fn confirming_twice_is_confirming_once(previous in 0..100_u32, target in 0..100_u32, max in 0..100_u32) {
        if let Confirmed::Set(set) = confirm(Capacity(previous), Capacity(max), Capacity(previous), Capacity(target)) {
            let again = confirm(set, Capacity(max), Capacity(previous), Capacity(target));
            prop_assert_eq!(again, Confirmed::Reached);
        }
    }
}

fn group_of(desired: u32, max: u32, serving: u32) -> Group {
    Group {
        name: "web".parse().unwrap(),
        desired: Capacity(desired),
        min: Capacity(0),
        max: Capacity(max),
        instances: BTreeMap::from([(LifecycleState::InService, serving)]),
        suspended: BTreeSet::new(),
        refreshing: false,
        tags: Tags::default(),
    }
}
