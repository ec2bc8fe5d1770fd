//! A search in parts: whoever goes through them, and whenever they come back, the same comes of it.

use std::sync::Arc;

use adapters_sim::HasPorts;
use cloud_sim::Scenario;
use cloud_sim::cloud::Cloud;
use cloud_sim::explore::{Bounds, Explored, Gone, Part, Progress, Search};
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::kernel::{Handler, Invocation};
use cloud_sim::rule::{Invariant, Seen};
use futures::FutureExt;
use jiff::SignedDuration;
use ports::{Ledger, LedgerEntry, LedgerKey};
use simulation::jobs::Jobs;

/// Breaks when the first worker is not the last to write: so it does in some executions.
struct FirstWritesLast;

impl Invariant for FirstWritesLast {
    fn name(&self) -> &'static str {
        "the first writes last"
    }

    fn see(&mut self, _: Seen<'_>) -> Option<String> {
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let item = cloud.dynamodb.look("ledger").and_then(|table| table.get("a"));
        let state = item.and_then(|item| item.get("state")).map(|state| format!("{state:?}"));
        state.filter(|state| !state.contains("worker-0")).into_iter().collect()
    }
}

/// Looks at an entry and writes it, so many times.
async fn work(invocation: Invocation, times: u32) {
    let (ports, key) = (invocation.ports(), "a".parse::<LedgerKey>().unwrap());
    for _ in 0..times {
        let Ok(stored) = ports.get(&key).await else { return };
        let keep_until = "2027-01-01T00:00:00Z".parse().unwrap();
        let entry = LedgerEntry { state: invocation.function.clone(), open: false, keep_until };
        let _ = ports.swap(&key, stored.map(|stored| stored.version), &entry).await;
    }
}

/// Workers that each look and write so many times, while so many things go wrong.
fn story(workers: &[u32], faults: u32) -> Scenario {
    let kinds = vec![Fault::Denied, Fault::CrashBefore, Fault::CrashAfter, Fault::CrashLate];
    let mut scenario = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap())
        .table("ledger", "key")
        .lasts(SignedDuration::from_mins(10))
        .faults(FaultPlan::choices(kinds, faults))
        .expects(|| FirstWritesLast);
    for (n, times) in workers.iter().copied().enumerate() {
        let worker: Handler =
            Arc::new(move |invocation| work(invocation, times).map(|()| Ok(().into())).boxed());
        let name = format!("worker-{n}");
        scenario = scenario.function(&name, SignedDuration::from_mins(1), worker).delivers(&name, b"{}", 1);
    }
    scenario
}

/// With any number of preemptions, and with at most so many; all of it, the first violation, and only a few executions.
fn bounds() -> impl Iterator<Item = Bounds> {
    let preemptions = [None, Some(0), Some(2)].into_iter();
    preemptions.flat_map(|preemptions| {
        let all = Bounds { preemptions, ..Bounds::default() };
        [all, Bounds { first_only: true, ..all }, Bounds { executions: Some(77), ..all }]
    })
}

/// Goes through a search with all parts that can be had taken before one is brought back: the one that `pick` says.
fn juggled(story: &Scenario, bounds: Bounds, pick: impl Fn(usize) -> usize) -> Explored {
    let mut search = Search::new(story, bounds);
    let mut held: Vec<Part> = Vec::new();
    loop {
        held.extend(std::iter::from_fn(|| search.part()));
        if held.is_empty() {
            assert!(search.is_over());
            return search.explored();
        }
        let gone: Gone = held.swap_remove(pick(held.len())).go_through(|_| true);
        search.take_back(gone);
    }
}

#[test]
fn any_number_of_jobs_finds_the_same_in_the_same_order() {
    for bounds in bounds() {
        let story = story(&[2, 1], 1);
        let alone = story.explore(bounds, |_| true);
        assert!(alone.first.is_some(), "{bounds:?}");
        for jobs in ["1", "2", "5"] {
            let together = jobs.parse::<Jobs>().unwrap().explore(&story, bounds, |_| true);
            assert_eq!(together, alone, "{jobs} jobs, {bounds:?}");
        }
    }
}

#[test]
fn parts_may_come_back_in_any_order() {
    for bounds in bounds() {
        let story = story(&[1, 1], 2);
        let alone = story.explore(bounds, |_| true);
        assert_eq!(juggled(&story, bounds, |_| 0), alone, "{bounds:?}");
        assert_eq!(juggled(&story, bounds, |held| held - 1), alone, "{bounds:?}");
        assert_eq!(juggled(&story, bounds, |held| held * 7919 % held.max(3) % held), alone, "{bounds:?}");
    }
}

#[test]
fn the_first_counterexample_makes_its_violation_happen_again() {
    for bounds in bounds() {
        let story = story(&[2, 1], 1);
        let first = "3".parse::<Jobs>().unwrap().explore(&story, bounds, |_| true).first.unwrap();
        assert_eq!(story.follow(first.tape).violations, first.violations);
    }
}

/// The share that was told when so much of a search was done.
fn told_at(told: &[Progress], part: f64) -> f64 {
    let all = f64::from(u32::try_from(told.last().unwrap().executions).unwrap());
    let is_there =
        |progress: &&Progress| part * all <= f64::from(u32::try_from(progress.executions).unwrap());
    told.iter().find(is_there).unwrap().share.unwrap_or(0.0)
}

#[test]
fn the_share_that_is_told_is_within_a_factor_of_two_and_never_falls() {
    for (workers, faults) in [([2, 1], 1), ([1, 1], 2)] {
        for preemptions in [None, Some(2)] {
            let mut told: Vec<Progress> = Vec::new();
            let bounds = Bounds { preemptions, ..Bounds::default() };
            let explored = story(&workers, faults).explore(bounds, |progress| {
                told.push(progress);
                true
            });
            assert!(
                told.is_sorted_by_key(|progress| (
                    progress.executions,
                    progress.share.unwrap_or(0.0).to_bits()
                ))
            );
            assert_eq!(explored.covered, Some(1.0));
            for part in [0.25, 0.5, 0.75] {
                let share = told_at(&told, part);
                let of = explored.executions;
                assert!(
                    (part / 2.0..=part * 2.0).contains(&share),
                    "{workers:?} {faults} {preemptions:?}: {share} at {part} of {of}"
                );
            }
        }
    }
}

#[test]
fn a_search_that_is_stopped_tells_what_came_of_it_so_far() {
    let story = story(&[2, 1], 1);
    let all = story.explore(Bounds::default(), |_| true);
    let some =
        "2".parse::<Jobs>().unwrap().explore(&story, Bounds::default(), |progress| progress.executions < 40);
    assert!(!some.complete && (30..all.executions).contains(&some.executions), "{some:?}");
}

#[test]
fn pieces_of_work_are_taken_in_their_order() {
    for jobs in ["1", "4"] {
        let mut taken = Vec::new();
        jobs.parse::<Jobs>().unwrap().in_order(100, |nth| nth, |nth| taken.push(nth));
        assert!(taken.iter().copied().eq(0..100), "{taken:?}");
    }
}
