//! One call for a test: it runs or explores a scenario and, when a rule is broken, fails with the shortest story of how
//! that comes about and the line that makes it happen again.

use std::fmt;
use std::ops::Range;

use crate::explore::Explored;
use crate::kernel::{Deviation, Recorder, Timing, Trace};
use crate::replay::Replay;
use crate::rule::Violation;
use crate::scenario::{Run, Scenario};
use crate::shrink::shortest;
use crate::view;

/// A run that broke a rule, as short as it can be told.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{story}\nBROKEN at {}: {}: {}\nagain: {replay}", .violation.at, .violation.invariant, .violation.detail)]
pub struct Failure {
    /// What was broken.
    pub violation: Violation,
    /// What happened, one line each.
    pub story: String,
    /// The execution, for [`Scenario::replay`].
    pub replay: Replay,
}

/// As it is displayed, so that `unwrap` in a test tells the story.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        fmt::Display::fmt(self, f)
    }
}

impl Scenario {
    /// Runs it by each of these seeds.
    ///
    /// # Errors
    ///
    /// The first run that breaks a rule, with everything taken away that did not have to go wrong for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use caretaker_cloud_sim::Scenario;
    /// use caretaker_cloud_sim::fault::{FaultPlan, Level};
    /// use caretaker_cloud_sim::kernel::Handler;
    /// use caretaker_cloud_sim::rule::generic;
    /// use futures::FutureExt;
    /// use jiff::SignedDuration;
    ///
    /// let panics: Handler = std::sync::Arc::new(|_| async { panic!("oh") }.boxed());
    /// let scenario = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap())
    ///     .function("panics", SignedDuration::from_secs(30), panics)
    ///     .delivers("panics", b"{}", 1)
    ///     .watches(generic);
    /// let failure = scenario.check(0..500).unwrap_err();
    /// assert_eq!(failure.violation.invariant, "a function never panics");
    /// assert!(failure.to_string().contains("`panics` failed: Panic: oh"), "{failure}");
    /// assert!(failure.to_string().ends_with("again: seed=0:only="), "{failure}");
    /// ```
    pub fn check(&self, seeds: Range<u64>) -> Result<(), Failure> {
        for seed in seeds {
            let recorder = Recorder::record(seed);
            let wrong = recorder.deviations();
            let run = self.run_with(Box::new(recorder), Timing::Natural, Trace::default());
            if let Some(violation) = run.violations.first() {
                return Err(self.shortened(seed, &wrong.take(), violation));
            }
        }
        Ok(())
    }

    /// The failure of a seed without what it does not need.
    fn shortened(&self, seed: u64, wrong: &[Deviation], violation: &Violation) -> Failure {
        let again = |wrong: &[Deviation], trace| {
            self.run_with(Box::new(Recorder::replay(seed, wrong)), Timing::Natural, trace)
        };
        let same = |run: &Run| run.violations.iter().find(|v| v.invariant == violation.invariant).cloned();
        let wrong = shortest(wrong, |wrong| same(&again(wrong, Trace::default())).is_some());
        let run = again(&wrong, Trace::kept());
        Failure {
            violation: same(&run).unwrap_or_else(|| violation.clone()),
            story: view::timeline(&run.sim.trace()),
            replay: Replay::Only(seed, wrong),
        }
    }
}

/// An exploration that did not show what it was to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It was not gone through to its end.
    #[error("not complete after {executions} executions: raise the bounds, or take less apart")]
    Incomplete {
        /// How many executions were made.
        executions: u64,
    },
    /// An execution broke a rule.
    #[error(transparent)]
    Broken(Box<Failure>),
}

impl Explored {
    /// Whether this exploration of a scenario shows that no execution breaks a rule: it was complete, and none did.
    ///
    /// # Errors
    ///
    /// The first execution that broke a rule, as a story, or that it was not complete.
    ///
    /// # Examples
    ///
    /// ```
    /// use caretaker_cloud_sim::Scenario;
    /// use caretaker_cloud_sim::explore::Bounds;
    ///
    /// let nothing = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap());
    /// nothing.explore(Bounds::default(), |_| true).complete_and_clean(&nothing)?;
    /// # Ok::<(), caretaker_cloud_sim::check::Unproven>(())
    /// ```
    pub fn complete_and_clean(&self, scenario: &Scenario) -> Result<(), Unproven> {
        if let Some(first) = &self.first {
            let run = scenario.follow(first.tape.clone());
            let violation = run.violations.first().or(first.violations.first());
            if let Some(violation) = violation {
                return Err(Unproven::Broken(Box::new(Failure {
                    violation: violation.clone(),
                    story: view::timeline(&run.sim.trace()),
                    replay: Replay::Path(first.tape.clone()),
                })));
            }
        }
        if self.complete { Ok(()) } else { Err(Unproven::Incomplete { executions: self.executions }) }
    }
}
