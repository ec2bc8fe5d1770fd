use std::sync::{Arc, Mutex, PoisonError};

use super::chooser::Along;
use super::node::{Onward, Root};
use super::path::Path;
use super::race::Race;
use super::{Bounds, Counterexample};
use crate::kernel::{Timing, Trace};
use crate::rule::Violation;
use crate::scenario::Scenario;

/// The number of a part that others wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(pub(super) u64);

/// A part of a search, which can be gone through on a thread of its own.
pub struct Part {
    pub(super) scenario: Scenario,
    pub(super) path: Path,
    /// Where it begins, in turn; nowhere when it is the trunk, which goes on where it stands.
    pub(super) roots: std::vec::IntoIter<Root>,
    /// None when it is the trunk.
    pub(super) ticket: Option<Ticket>,
}

/// A part that was gone through, for [`Search::take_back`](super::Search::take_back).
pub struct Gone {
    pub(super) ticket: Option<Ticket>,
    /// How deep its first root was.
    pub(super) depth: usize,
    pub(super) found: Found,
    /// What others have to look at for it.
    pub(super) wanted: Vec<Race>,
    /// Where the trunk stands; that of another part is gone, with all that it remembered.
    pub(super) trunk: Option<Path>,
    /// What the trunk left to other parts.
    pub(super) left: Vec<(Lane, Root)>,
}

/// What a part has in common with all that come to the same places: the request after which
/// something went wrong first, and what did.
pub(super) type Lane = (u64, u32);

/// What was found in a part.
#[derive(Default)]
pub(super) struct Found {
    pub(super) executions: u64,
    pub(super) redundant: u64,
    /// Which of the executions broke an invariant, from 1.
    pub(super) violations: Vec<u64>,
    pub(super) first: Option<Counterexample>,
    /// Whether it was left because somebody said so.
    pub(super) is_stopped: bool,
}

impl Part {
    /// Goes through it, unless `go_on` says to stop, which hears how many executions were made.
    pub fn go_through(self, mut go_on: impl FnMut(u64) -> bool) -> Gone {
        let Self { scenario, path, mut roots, ticket } = self;
        let (mut found, mut left, bounds) = (Found::default(), Vec::new(), path.bounds);
        let depth = roots.as_slice().first().map_or(0, Root::depth);
        let path = Arc::new(Mutex::new(path));
        let lock = || path.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(root) = roots.next() {
            lock().plant(root);
        }
        loop {
            lock().begin();
            let along = Along(Arc::clone(&path));
            let run = scenario.run_with(Box::new(along), Timing::Instant, Trace::unread());
            let mut path = lock();
            if path.is_redundant {
                found.redundant += 1;
            } else {
                found.note(run.violations, || path.tape());
            }
            path.learn();
            found.is_stopped = !go_on(found.executions);
            let is_left = path.goes_on(&mut roots, &mut left);
            if !is_left || found.is_stopped || found.is_enough(bounds) {
                break;
            }
        }
        let mut path = std::mem::take(&mut *lock());
        let wanted = std::mem::take(&mut path.wanted.races);
        let trunk = ticket.is_none().then_some(path);
        Gone { ticket, depth, found, wanted, trunk, left }
    }
}

impl Path {
    /// Goes on to where the next run of a part branches off; `false` when there is none, or not
    /// before other parts are back.
    fn goes_on(&mut self, roots: &mut impl Iterator<Item = Root>, left: &mut Vec<(Lane, Root)>) -> bool {
        loop {
            match self.advance() {
                Onward::Run => return true,
                // Which of its own ways are worth a look is for the parts to say.
                Onward::Part if self.only_races() => return false,
                Onward::Part => {
                    left.extend(self.next_root());
                    self.skip();
                }
                Onward::Over => {
                    let Some(root) = roots.next() else { return false };
                    self.plant(root);
                    return true;
                }
            }
        }
    }
}

impl Found {
    fn note(&mut self, violations: Vec<Violation>, tape: impl FnOnce() -> Vec<u16>) {
        self.executions += 1;
        if violations.is_empty() {
            return;
        }
        let execution = self.executions;
        self.violations.push(execution);
        self.first.get_or_insert_with(|| Counterexample { execution, violations, tape: tape() });
    }

    fn is_enough(&self, bounds: Bounds) -> bool {
        (bounds.first_only && self.first.is_some())
            || bounds.executions.is_some_and(|most| most <= self.executions)
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gone").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
