//! Every way in which a scenario can go: each order of its requests and each fault that its plan allows, within bounds.
//!
//! An execution is a scenario run once. The explorer runs it again and again, each time with the latest choice that has
//! something left to try changed: depth first. Of orders that differ only in requests that do not touch the same things
//! one is enough: source sets and sleep sets leave the others out, and the footprint of each request tells what it
//! touches. With a bound on preemptions, which such orders may differ in, the explorer remembers where it has been instead.
//!
//! Requests take no time here, unless the plan has slow answers, so all that are on their way at one instant may take effect in any order; time moves on
//! when nobody has anything left to do at the instant. A request that lands late does so when its caller's retries run.
//!
//! [`Scenario::explore`] does it alone; a [`Search`] comes in parts, to be gone through by threads.

mod been;
mod chooser;
mod estimate;
mod node;
mod part;
mod path;
mod race;
mod search;

use serde::Serialize;

use crate::rule::Violation;
use crate::scenario::Scenario;
pub(crate) use chooser::Follow;
pub use part::{Gone, Part};
pub use search::Search;

/// How far an exploration goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// How often somebody else may go although the one who went last could go on; as often as they like when there is
    /// no bound.
    pub preemptions: Option<u32>,
    /// Whether each order is tried in which an attempt can hear the answers to requests that it sent together.
    pub order_of_answers: OrderOfAnswers,
    /// How many executions to make at the most.
    pub executions: Option<u64>,
    /// Whether to stop at the first violation.
    pub first_only: bool,
    /// Whether to try each order by itself, also those that nobody can tell from others: slow, and good for checking the
    /// explorer itself.
    pub every_order: bool,
}

/// Whether an attempt cares in which order it hears the answers to requests that it sent together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderOfAnswers {
    /// It may: it goes on at the first, say.
    #[default]
    Matters,
    /// It does not: it waits for all of them, as with `join_all`.
    IsAllTheSame,
}

/// What came of an exploration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explored {
    /// How many executions were made to their end.
    pub executions: u64,
    /// How many were left half-way, because another order of the same had been seen.
    pub redundant: u64,
    /// Whether that was all of them.
    pub complete: bool,
    /// The share of all executions that this was, at a guess, if there is anything to guess from; 1
    /// when it was all.
    pub covered: Option<f64>,
    /// How many executions broke an invariant.
    pub violations: u64,
    /// The first of those.
    pub first: Option<Counterexample>,
}

/// An execution that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counterexample {
    /// Which execution it was, from 1.
    pub execution: u64,
    /// What was broken.
    pub violations: Vec<Violation>,
    /// The choices that lead to it, for [`Scenario::follow`].
    pub tape: Vec<u16>,
}

/// How far an exploration has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// How many executions were made.
    pub executions: u64,
    /// The share of all executions that lies behind, at a guess, if there is anything to guess
    /// from. It never falls.
    pub share: Option<f64>,
}

impl Scenario {
    /// Runs every execution within the bounds, unless `go_on` says to stop.
    ///
    /// # Examples
    ///
    /// A function that never tells anybody, whose event is delivered twice: there is nothing to order, and nothing breaks.
    ///
    /// ```
    /// use caretaker_cloud_sim::Scenario;
    /// use caretaker_cloud_sim::explore::Bounds;
    /// use caretaker_cloud_sim::kernel::{Footprint, Handler, Op};
    /// use futures::FutureExt;
    /// use jiff::SignedDuration;
    ///
    /// let look: Handler = std::sync::Arc::new(|invocation| {
    ///     async move {
    ///         let (describe, reads) = (Op::new("ec2", "DescribeInstances"), Footprint::NONE.reads("instances", ""));
    ///         let caller = invocation.caller();
    ///         let count = caller.request(describe, reads, |_| vec![], |cloud, _| Ok(cloud.ec2.machines().count()));
    ///         Ok(count.await?.into())
    ///     }
    ///     .boxed()
    /// });
    /// let explored = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap())
    ///     .function("look", SignedDuration::from_secs(30), look)
    ///     .delivers("look", b"{}", 2)
    ///     .explore(Bounds::default(), |_| true);
    /// // Two reads do not get in each other's way, so one of their two orders is enough.
    /// assert_eq!((explored.executions, explored.complete), (1, true));
    /// ```
    ///
    /// Executions in which nothing goes wrong come first, then those in which one thing does, and so on up to what the
    /// plan of faults allows: so the first counterexample is one of the plainest.
    pub fn explore(&self, bounds: Bounds, mut go_on: impl FnMut(Progress) -> bool) -> Explored {
        let mut search = Search::new(self, bounds);
        let mut executions = 0;
        while let Some(part) = search.part() {
            let (before, share) = (executions, search.share());
            search.take_back(part.go_through(|made| {
                executions = before + made;
                go_on(Progress { executions, share })
            }));
        }
        search.explored()
    }
}
