use std::collections::BTreeMap;
use std::ops::Range;

use super::estimate::Estimate;
use super::node::{Onward, Root};
use super::part::{Found, Gone, Lane, Part, Ticket};
use super::path::Path;
use super::{Bounds, Counterexample, Explored};
use crate::scenario::Scenario;

/// An exploration in parts, to be gone through by whoever has time, in any order and by as many
/// threads as one likes: what comes of it is the same.
///
/// The trunk are the executions in which nothing goes wrong; each fault that is possible in one of
/// them is the root of a part. Parts depend on nothing but their roots, and what they say is heard
/// in the order of a search that is made by one alone, depth first, so they add up to exactly that
/// search.
///
/// Where it is remembered where one has been, a part has every root at which the same goes wrong
/// first with the same request, as what went wrong belongs to a place: so no two parts ever come to
/// the same place.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::Scenario;
/// use caretaker_cloud_sim::explore::{Bounds, Search};
///
/// let scenario = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap());
/// let mut search = Search::new(&scenario, Bounds::default());
/// while let Some(part) = search.part() {
///     // A thread could do this while others do the same with other parts.
///     let gone = part.go_through(|_| true);
///     search.take_back(gone);
/// }
/// assert!(search.explored().complete);
/// ```
pub struct Search {
    scenario: Scenario,
    bounds: Bounds,
    /// How many things may go wrong in the executions at hand.
    faults: Option<u32>,
    /// The trunk, while it waits for parts.
    trunk: Option<Path>,
    /// The parts that nobody has taken; the last one is what the trunk waits for first.
    parts: Vec<Part>,
    /// The next ticket.
    tickets: Ticket,
    /// The tickets of parts that nobody but the end waits for.
    lanes: Range<u64>,
    /// How many parts have to be back before the trunk hears of any: those of its first run, to
    /// tell the size of all from.
    sample: usize,
    /// The parts that came back before it was their turn.
    back: BTreeMap<Ticket, Gone>,
    explored: Explored,
    /// How many executions there were before the pass at hand.
    before: u64,
    estimate: Estimate,
    is_over: bool,
    /// Whether it is over because somebody said so.
    is_stopped: bool,
}

impl Search {
    /// An exploration of which nothing is done.
    pub fn new(scenario: &Scenario, bounds: Bounds) -> Self {
        let mut search = Self {
            scenario: scenario.clone(),
            bounds,
            faults: scenario.budget().map(|_| 0),
            trunk: None,
            parts: Vec::new(),
            tickets: Ticket(0),
            lanes: 0..0,
            sample: 0,
            back: BTreeMap::new(),
            explored: Explored::default(),
            before: 0,
            estimate: Estimate::default(),
            is_over: false,
            is_stopped: false,
        };
        search.go_along(Path::trunk(bounds, search.faults));
        search
    }

    /// A part that nobody has taken. `None` while all that is left waits for parts that are not
    /// back, and when it is over.
    pub fn part(&mut self) -> Option<Part> {
        if self.is_over { None } else { self.parts.pop() }
    }

    /// Whether there is nothing left to do.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Hears what came of a part.
    pub fn take_back(&mut self, gone: Gone) {
        if self.is_over && !self.is_stopped {
            return;
        }
        let is_stopped = self.is_stopped || gone.found.is_stopped;
        if let Some(ticket) = gone.ticket {
            self.estimate.came_back(gone.depth, gone.found.executions);
            self.back.insert(ticket, gone);
        } else {
            self.branch_off(gone);
        }
        self.guess();
        if is_stopped {
            self.stop();
        } else {
            self.settle();
        }
    }

    /// Guesses which share of all lies behind. Only the last pass counts, as each has many times as
    /// many executions as the one before.
    fn guess(&mut self) {
        const NEARLY_ALL: f64 = 0.99;
        if self.faults == self.scenario.budget()
            && let Some(of_all) = self.estimate.share(self.before)
        {
            let share = of_all.min(NEARLY_ALL);
            self.explored.covered = Some(self.explored.covered.map_or(share, |before| before.max(share)));
        }
    }

    /// The share of all executions that lies behind, at a guess, if there is anything to guess
    /// from. It never falls.
    pub fn share(&self) -> Option<f64> {
        self.explored.covered
    }

    /// What came of the exploration so far.
    pub fn explored(self) -> Explored {
        self.explored
    }

    fn go_along(&mut self, trunk: Path) {
        let scenario = self.scenario.clone();
        self.parts.push(Part { scenario, path: trunk, roots: Vec::new().into_iter(), ticket: None });
    }

    fn branch(&mut self, ticket: Ticket, roots: Vec<Root>) {
        self.estimate.knows(roots.first().map_or(0, Root::depth));
        let path = Path::branch(self.bounds, self.faults);
        let (scenario, roots) = (self.scenario.clone(), roots.into_iter());
        self.parts.push(Part { scenario, path, roots, ticket: Some(ticket) });
    }

    /// Makes parts of what the trunk left to them.
    fn branch_off(&mut self, gone: Gone) {
        let Gone { trunk: Some(mut path), found, left, .. } = gone else { return };
        let is_first = self.estimate.trunk == 0;
        self.estimate.trunk_grew(found.executions);
        self.add(found);
        if path.only_races() {
            for (ticket, root) in path.split(&mut self.tickets) {
                self.branch(ticket, vec![root]);
            }
        } else {
            let Ticket(first) = self.tickets;
            let lanes: Vec<(u64, Vec<Root>)> = (first..).zip(by_lane(left)).collect();
            self.tickets = Ticket(lanes.last().map_or(first, |(ticket, _)| ticket + 1));
            self.lanes = first..self.tickets.0;
            self.estimate.knows_all();
            for (ticket, roots) in lanes.into_iter().rev() {
                self.branch(Ticket(ticket), roots);
            }
        }
        self.trunk = Some(path);
        // Who does not want all of it wants what comes first.
        if is_first && !self.bounds.first_only && self.bounds.executions.is_none() {
            self.parts.sort_by_key(|part| std::cmp::Reverse(part.ticket.map(scattered)));
            self.sample = if self.lanes.is_empty() { self.parts.len() } else { 0 };
        }
    }

    /// Hears what parts have to say, in order, as far as they are back, and lets the trunk go on.
    fn settle(&mut self) {
        if self.back.len() < self.sample {
            return;
        }
        self.sample = 0;
        while let Some(mut trunk) = self.trunk.take().filter(|_| !self.is_over) {
            let onward = trunk.advance();
            let awaited = match onward {
                Onward::Part => trunk.awaited(),
                Onward::Over if !self.lanes.is_empty() => Some(Ticket(self.lanes.start)),
                Onward::Over => return self.next_pass(&trunk),
                Onward::Run => None,
            };
            if self.is_enough() {
                return self.leave();
            }
            let Some(awaited) = awaited else { return self.go_along(trunk) };
            if let Some(gone) = self.back.remove(&awaited) {
                match onward {
                    Onward::Part => trunk.skip(),
                    Onward::Over | Onward::Run => self.lanes.start += 1,
                }
                for race in gone.wanted {
                    trunk.hear(race);
                }
                self.add(gone.found);
                self.trunk = Some(trunk);
            } else {
                self.trunk = Some(trunk);
                return;
            }
        }
    }

    /// Lets one more thing go wrong, if the plan has one more.
    fn next_pass(&mut self, trunk: &Path) {
        let most = self.scenario.budget();
        if self.faults < most {
            self.faults = self.faults.map(|faults| faults + 1);
            self.before = self.explored.executions;
            self.estimate = self.estimate.next(&trunk.census);
            self.go_along(Path::trunk(self.bounds, self.faults));
        } else {
            self.explored.complete = true;
            self.explored.covered = Some(1.0);
            self.is_over = true;
        }
    }

    /// Whether no more executions are to be made.
    fn is_enough(&self) -> bool {
        (self.bounds.first_only && self.explored.first.is_some())
            || self.bounds.executions.is_some_and(|most| most <= self.explored.executions)
    }

    /// Adds what was found, as far as the number of executions is not used up.
    fn add(&mut self, found: Found) {
        let explored = &mut self.explored;
        let left = self.bounds.executions.map_or(u64::MAX, |most| most.saturating_sub(explored.executions));
        let violations = found.violations.iter().filter(|nth| **nth <= left).count();
        let first = found.first.filter(|first| first.execution <= left && explored.first.is_none());
        if let Some(first) = first {
            let execution = explored.executions + first.execution;
            explored.first = Some(Counterexample { execution, ..first });
        }
        explored.violations += u64::try_from(violations).unwrap_or(u64::MAX);
        explored.executions += found.executions.min(left);
        explored.redundant += found.redundant;
        if left < found.executions {
            self.leave();
        }
    }

    /// Leaves the rest. How much of it others have gone through meanwhile is chance, so nothing is
    /// told of it.
    fn leave(&mut self) {
        self.is_over = true;
        self.explored.covered = None;
    }

    /// Ends it where it is, with all that is back.
    pub fn stop(&mut self) {
        (self.is_over, self.is_stopped) = (true, true);
        for gone in std::mem::take(&mut self.back).into_values() {
            self.add(gone.found);
        }
    }
}

/// A place in an order in which those that come first are spread evenly over all: van der Corput's.
fn scattered(Ticket(nth): Ticket) -> u64 {
    nth.reverse_bits()
}

/// Puts together what has a lane in common, in the order in which lanes first come up.
fn by_lane(left: Vec<(Lane, Root)>) -> Vec<Vec<Root>> {
    let mut places: BTreeMap<Lane, usize> = BTreeMap::new();
    let mut lanes: Vec<Vec<Root>> = Vec::new();
    for (lane, root) in left {
        let place = *places.entry(lane).or_insert(lanes.len());
        match lanes.get_mut(place) {
            Some(roots) => roots.push(root),
            None => lanes.push(vec![root]),
        }
    }
    lanes
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").field("explored", &self.explored).finish_non_exhaustive()
    }
}
