//! A planted bug, and the hunt for it.

use std::sync::Arc;

use cloud_sim::explore::{Bounds, OrderOfAnswers};
use cloud_sim::kernel::{Handler, Pct, Timing, Trace};
use cloud_sim::replay::Replay;
use cloud_sim::rule::{Invariant, Violation};
use cloud_sim::{Run, Scenario};
use simulation::stack::FunctionName;

use crate::part::only_reports;

/// A wrong handler, the story in which it shows, and who tells.
pub(crate) struct Planted {
    pub(crate) bug: &'static str,
    /// With the real handlers.
    pub(crate) story: Scenario,
    /// What takes the place of a real handler.
    pub(crate) wrong: (FunctionName, Handler),
    pub(crate) search: Search,
    pub(crate) caught_by: &'static str,
    /// How many executions it may take.
    pub(crate) budget: u64,
}

/// Which executions of a story are looked at, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Search {
    /// The one in which nothing unusual happens.
    Boring,
    /// Every order and every fault, with so many preemptions at the most.
    Every { preemptions: u32 },
    /// Those of the first so many seeds.
    Seeds(u64),
    /// Those of the first so many seeds, ordered by priorities that change so often less one.
    Pct { seeds: u64, depth: u32 },
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Hunted {
    pub(crate) executions: u64,
    /// The first execution that broke a rule.
    pub(crate) found: Option<Found>,
}

/// An execution that broke a rule.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) violations: Vec<Violation>,
    /// The line that makes it happen again; priorities have none.
    pub(crate) replay: Option<Replay>,
}

impl Planted {
    /// The story with the wrong handler in it. Nights are only reported, so that nobody makes up for what it does.
    pub(crate) fn planted(&self) -> Scenario {
        let (function, handler) = self.wrong.clone();
        self.story.clone().set_up(move |sim| {
            sim.install(FunctionName::NightlyMaintenance.as_str(), only_reports());
            sim.install(function.as_str(), Arc::clone(&handler));
            // The roles would stop most of what is wrong here, and it is the rules that are to find it.
            sim.cloud(|cloud| cloud.iam.forget_roles());
        })
    }

    /// Catches the bug, within its budget and by the rule it breaks.
    pub(crate) fn caught(&self) -> Hunted {
        let hunted = self.search.run(&self.planted(), Some(self.budget));
        let Some(found) = &hunted.found else { panic!("not caught in {} executions", hunted.executions) };
        assert!(hunted.executions <= self.budget, "{} executions", hunted.executions);
        assert_eq!(found.violations[0].invariant, self.caught_by, "{:#?}", found.violations);
        hunted
    }

    /// Catches the bug, and looks for the same in the real handler: all that the search has.
    pub(crate) fn check(&self) {
        self.caught();
        let real = self.search.run(&self.story, None).found;
        assert!(real.is_none(), "the real handler: {real:#?}");
    }
}

impl Search {
    pub(crate) fn run(self, story: &Scenario, most: Option<u64>) -> Hunted {
        match self {
            Self::Boring => one_by_one(1, |_| (story.follow(Vec::new()), Some(Replay::Path(Vec::new())))),
            Self::Seeds(seeds) => one_by_one(seeds, |seed| (story.seed(seed), Some(Replay::Seed(seed)))),
            Self::Pct { seeds, depth } => one_by_one(seeds, |seed| (by_priorities(story, seed, depth), None)),
            Self::Every { preemptions } => every(story, preemptions, most),
        }
    }

    pub(crate) fn told(self) -> String {
        match self {
            Self::Boring => "boring run".to_owned(),
            Self::Seeds(seeds) => format!("{seeds} seeds"),
            Self::Every { preemptions } => format!("every fault, {preemptions} preemptions"),
            Self::Pct { seeds, depth } => format!("{seeds} priorities of depth {depth}"),
        }
    }
}

/// About how many requests the stories here have: the priorities change somewhere among those.
const LENGTH: u32 = 12;

fn by_priorities(story: &Scenario, seed: u64, depth: u32) -> Run {
    story.run_with(Box::new(Pct::new(seed, depth, LENGTH)), Timing::Instant, Trace::default())
}

fn one_by_one(most: u64, run: impl Fn(u64) -> (Run, Option<Replay>)) -> Hunted {
    for n in 0..most {
        let (Run { violations, .. }, replay) = run(n);
        if !violations.is_empty() {
            return Hunted { executions: n + 1, found: Some(Found { violations, replay }) };
        }
    }
    Hunted { executions: most, found: None }
}

fn every(story: &Scenario, preemptions: u32, most: Option<u64>) -> Hunted {
    let bounds = Bounds {
        preemptions: Some(preemptions),
        order_of_answers: OrderOfAnswers::IsAllTheSame,
        executions: most,
        first_only: true,
        every_order: false,
    };
    let explored = story.explore(bounds, |_| true);
    let found = explored
        .first
        .map(|first| Found { violations: first.violations, replay: Some(Replay::Path(first.tape)) });
    assert!(found.is_some() || explored.complete || most.is_some(), "the search is not complete");
    Hunted { executions: explored.executions, found }
}

/// The rule that an invariant is about.
pub(crate) fn rule(invariant: &impl Invariant) -> &'static str {
    invariant.name()
}
