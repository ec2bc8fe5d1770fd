use std::collections::BTreeSet;

use cloud_sim::Scenario;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::{Cloud, Happening, Place};
use cloud_sim::explore::{Bounds, OrderOfAnswers};
use cloud_sim::fault::{Fault, FaultPlan, Level};
use cloud_sim::payload;
use cloud_sim::rule::{Invariant, Seen, Sometimes};
use jiff::SignedDuration;
use simulation::month::{Month, Size};
use simulation::stack::FunctionName;
use simulation::story::{Name, story};

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

/// Ends with one set of each of these, by what set it off.
struct OneSetOfEach(&'static [&'static str]);

impl Invariant for OneSetOfEach {
    fn name(&self) -> &'static str {
        "each incident has its set"
    }

    fn see(&mut self, _: Seen<'_>) -> Option<String> {
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let trigger = |snapshot: &ports::Snapshot| snapshot.tags.get("TriggerState").map(str::to_owned);
        let mut triggers: Vec<_> = cloud.snapshots.all().filter_map(trigger).collect();
        triggers.sort();
        triggers.dedup();
        if triggers == self.0 { Vec::new() } else { vec![format!("{triggers:?}")] }
    }
}

/// An instance is rebooted, and stops before anybody heard of that: its two events are handled at once.
fn reboot_and_stop(faults: Vec<Fault>) -> Scenario {
    let instance = "i-0000000000000000a".parse().unwrap();
    let rebooted = "2026-11-24T02:00:10Z".parse().unwrap();
    let event = "7bf73129-1428-4cd3-a780-0000000000aa";
    let payload = payload::reboot_call(&Place::default(), event, &instance, rebooted).into_bytes();
    let delivery = Delivery { function: FunctionName::AutoSnapshot.as_str().to_owned(), payload };
    story(Name::AutoSnapshot, 1, 1)
        .faults(FaultPlan::choices(faults, 1))
        .happens(SignedDuration::from_secs(30), Happening::Deliver(delivery))
        .expects(|| OneSetOfEach(&["reboot", "stopped"]))
}

#[test]
fn a_reboot_and_a_stop_that_are_handled_at_once_have_a_set_each_in_every_order() {
    let order_of_answers = OrderOfAnswers::IsAllTheSame;
    for (faults, preemptions) in [(vec![], Some(2)), (vec![Fault::CrashBefore, Fault::CrashAfter], Some(0))] {
        let bounds = Bounds { order_of_answers, preemptions, ..Bounds::default() };
        let explored = reboot_and_stop(faults).explore(bounds, |_| true);
        assert!(explored.complete && explored.first.is_none(), "{explored:?}");
    }
}
