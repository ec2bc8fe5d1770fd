use std::collections::BTreeSet;

use adapters_sim::explore::{Bounds, OrderOfAnswers};
use adapters_sim::fault::Level;
use adapters_sim::invariant::Sometimes;
use cli::month::{Month, Size};
use cli::stack::FunctionName;
use cli::story::{Name, story};

#[test]
fn every_situation_that_must_come_up_does() {
    let mut met = BTreeSet::new();
    for seed in 1..=30 {
        let month = Month { size: Size { days: 1, instances: 15, stacks: 1, seed }, faults: Level::Hostile };
        met.extend(month.live().unwrap().sim.watch(|watch| watch.sometimes().clone()));
    }
    let missing: Vec<_> = Sometimes::ALL.into_iter().filter(|situation| !met.contains(situation)).collect();
    assert_eq!(missing, [], "never came up");
}

#[test]
fn two_deliveries_that_nothing_happens_to_keep_every_invariant_in_every_order() {
    for function in FunctionName::ALL {
        let bounds = Bounds { order_of_answers: OrderOfAnswers::IsAllTheSame, ..Bounds::default() };
        let explored = story(function, 2, 0).explore(bounds, |_| true);
        assert!(explored.complete && explored.first.is_none(), "{}: {explored:?}", function.as_str());
    }
}

#[test]
fn two_failures_within_a_quarter_of_an_hour_keep_every_invariant_with_one_preemption() {
    let order_of_answers = OrderOfAnswers::IsAllTheSame;
    let bounds = Bounds { order_of_answers, preemptions: Some(1), ..Bounds::default() };
    let explored = story(Name::AutoSnapshotAgain, 2, 0).explore(bounds, |_| true);
    assert!(explored.complete && explored.first.is_none(), "{explored:?}");
}
