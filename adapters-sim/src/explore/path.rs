use super::Bounds;
use super::been::Been;
use super::node::{Next, Node};
use super::race::{Step, depends, races};
use crate::kernel::{Candidate, Footprint};

/// The way from the beginning of a run to where it stands, with what is left to try on the way.
#[derive(Default)]
pub(super) struct Path {
    pub(super) bounds: Bounds,
    /// How many things may go wrong in a run; as many as the plan of faults has when there is no number.
    faults: Option<u32>,
    nodes: Vec<Node>,
    /// How far the run at hand has come.
    depth: usize,
    /// The steps it took.
    steps: Vec<Step>,
    /// How many of those it shares with the run before.
    shared: usize,
    /// Those that need no look after the latest step, unless it touches what they do.
    asleep: Vec<Candidate>,
    been: Been,
    instant: u32,
    preemptions: u32,
    /// How many things went wrong in the run at hand.
    wrong: u32,
    pub(super) is_redundant: bool,
}

impl Path {
    pub(super) fn new(bounds: Bounds, faults: Option<u32>) -> Self {
        Self { bounds, faults, ..Self::default() }
    }

    pub(super) fn begin(&mut self) {
        self.depth = 0;
        self.steps.clear();
        self.shared = 0;
        self.asleep.clear();
        self.been.begin();
        self.instant = 0;
        self.preemptions = 0;
        self.wrong = 0;
        self.is_redundant = false;
    }

    /// Learns from the run that has just been made, and goes back to the latest point at which there is something left
    /// to try; `false` when there is none.
    pub(super) fn advance(&mut self) -> bool {
        if self.only_races() {
            for race in races(&self.steps, self.shared, self.bounds.order_of_answers) {
                if let Some(Node::Next(next)) = self.nodes.get_mut(race.node) {
                    worth_a_look(next, &race.any_of);
                }
            }
        }
        while let Some(node) = self.nodes.last_mut() {
            if node.advance() {
                return true;
            }
            self.nodes.pop();
        }
        false
    }

    /// The choices of the run that has just been made.
    pub(super) fn tape(&self) -> Vec<u16> {
        let mut tape: Vec<u16> = self.nodes.iter().filter_map(Node::on_tape).collect();
        while tape.last() == Some(&0) {
            tape.pop();
        }
        tape
    }

    /// The share of all runs that lies behind, if the rest is like it.
    pub(super) fn share(&self) -> f64 {
        let mut width = 1.0;
        let mut share = 0.0;
        for node in &self.nodes {
            let (behind, of) = node.place();
            width /= f64::from(of);
            share += width * f64::from(behind);
        }
        share
    }

    /// One of `0..n`; when that is about something going wrong, anything but 0 counts.
    pub(super) fn choose(&mut self, n: u32, is_fault: bool) -> u32 {
        if self.depth == self.nodes.len() {
            let is_enough = is_fault && self.faults.is_some_and(|most| most <= self.wrong);
            self.nodes.push(Node::Choice { n: if is_enough { 1 } else { n }, at: 0 });
        }
        let choice = self.nodes.get(self.depth).map_or(0, Node::way);
        let choice = u32::try_from(choice).unwrap_or(0);
        self.wrong += u32::from(is_fault && choice != 0);
        if self.remembers() {
            self.been.chose(choice);
        }
        self.depth += 1;
        choice
    }

    pub(super) fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        if let Some(latest) = self.steps.last() {
            let matters = self.bounds.order_of_answers;
            self.asleep.retain(|other| !depends(other, &latest.what, matters));
        }
        if self.remembers() {
            self.been.took(&self.steps, self.bounds.order_of_answers);
        }
        if self.depth < self.nodes.len() {
            self.shared = self.steps.len();
        } else {
            let next = if self.is_nothing_new() { None } else { self.next(ready) };
            let Some(next) = next else {
                self.is_redundant = true;
                return 0;
            };
            self.nodes.push(Node::Next(next));
        }
        let Some(Node::Next(next)) = self.nodes.get(self.depth) else { return 0 };
        let Some(chosen) = next.chosen() else { return 0 };
        let tried = next.tried.split_last().map(|(_, before)| before).unwrap_or_default();
        self.asleep.clear();
        if self.only_races() {
            self.asleep.extend(next.asleep.iter().chain(tried));
        }
        if self.preempts(&chosen, ready) {
            self.preemptions += 1;
        }
        // Until it is known to have touched anything, it has not.
        let what = Candidate { footprint: Footprint::NONE, ..chosen };
        let step = Step { what, node: self.depth, ready: ready.to_vec(), instant: self.instant };
        self.steps.push(step);
        self.depth += 1;
        next.at
    }

    /// A point at which one of these goes first: the one who went last, if that one can go on. `None` when each of them
    /// needs no look.
    fn next(&self, ready: &[Candidate]) -> Option<Next> {
        let last = self.steps.last().map(|step| step.what.actor);
        let mut todo: Vec<usize> = (0..ready.len()).filter(|nth| self.is_awake(ready, *nth)).collect();
        todo.sort_by_key(|nth| ready.get(*nth).map(|candidate| candidate.actor) != last);
        if self.only_races() {
            // Others are worth a look once they are seen to race.
            todo.truncate(1);
        }
        Next::new(ready, &self.asleep, todo)
    }

    /// Whether only those are tried that race with what was tried, and none that is asleep. With a bound on preemptions
    /// that would lose some: the order that stands for the others may be the one that has too many.
    fn only_races(&self) -> bool {
        self.bounds.preemptions.is_none() && !self.bounds.every_order
    }

    /// Whether it is remembered where the runs have been.
    fn remembers(&self) -> bool {
        self.bounds.preemptions.is_some() && !self.bounds.every_order
    }

    /// Whether the run has come to where one has been before that could go on at least as freely.
    fn is_nothing_new(&mut self) -> bool {
        if !self.remembers() {
            return false;
        }
        let last = self.steps.last().map(|step| step.what.actor);
        self.been.before(last, self.instant, self.preemptions)
    }

    fn is_awake(&self, ready: &[Candidate], nth: usize) -> bool {
        let Some(candidate) = ready.get(nth) else { return false };
        match self.bounds.preemptions {
            Some(most) => self.preemptions < most || !self.preempts(candidate, ready),
            None => self.asleep.iter().all(|other| other.request != candidate.request),
        }
    }

    /// Whether somebody else goes although the one who went last could go on.
    fn preempts(&self, chosen: &Candidate, ready: &[Candidate]) -> bool {
        let Some(last) = self.steps.last().map(|step| step.what.actor) else { return false };
        chosen.actor != last && ready.iter().any(|candidate| candidate.actor == last)
    }

    pub(super) fn took_effect(&mut self, request: u64, touched: Footprint) {
        let Some(step) = self.steps.last_mut().filter(|step| step.what.request == request) else { return };
        step.what.footprint = touched;
        if let Some(Node::Next(next)) = self.nodes.get_mut(step.node) {
            next.learn(touched);
        }
    }

    pub(super) fn time_passes(&mut self) {
        self.instant += 1;
    }
}

/// Adds to what is worth a look at a point: one of these, unless one of them is already.
fn worth_a_look(next: &mut Next, any_of: &[u64]) {
    let is_one =
        |nth: &usize| next.ready.get(*nth).is_some_and(|candidate| any_of.contains(&candidate.request));
    let places: Vec<usize> = (0..next.ready.len()).filter(is_one).collect();
    if !places.iter().any(|nth| next.todo.contains(nth)) {
        next.todo.extend(places.first());
    }
}
