use std::collections::BTreeMap;
use std::sync::Arc;

use super::Bounds;
use super::been::Been;
use super::node::{Choice, Made, Next, Node, Onward, Root};
use super::part::Ticket;
use super::race::{Race, Step, Wanted, depends, races};
use crate::kernel::{Candidate, Footprint};

/// The way from the beginning of a run to where it stands, with what is left to try on the way.
#[derive(Default)]
pub(super) struct Path {
    pub(super) bounds: Bounds,
    /// How many things may go wrong in a run; as many as the plan of faults has when there is no number.
    faults: Option<u32>,
    /// Whether everything that begins with a fault is left to parts of the search.
    is_trunk: bool,
    /// How many parts could begin how deep, if one more thing might go wrong.
    pub(super) census: BTreeMap<usize, u64>,
    /// The choices that were made before this part of the search.
    made: Vec<Made>,
    /// The requests that need no look after those.
    asleep_at_root: Arc<[Candidate]>,
    /// What other parts have to look at for this one, at choices that were made before it.
    pub(super) wanted: Wanted,
    /// The choices since.
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
    /// The path of everything but what begins with a fault.
    pub(super) fn trunk(bounds: Bounds, faults: Option<u32>) -> Self {
        Self { bounds, faults, is_trunk: true, ..Self::default() }
    }

    /// The path of a part that goes on where the choices of a trunk have led.
    pub(super) fn branch(bounds: Bounds, faults: Option<u32>) -> Self {
        Self { bounds, faults, ..Self::default() }
    }

    /// Goes on from another point, and remembers where it has been.
    pub(super) fn plant(&mut self, root: Root) {
        self.made = root.made.iter().copied().chain(root.last).collect();
        self.asleep_at_root = root.asleep;
        self.nodes.clear();
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

    /// Learns from the run that has just been made which others are worth a look.
    pub(super) fn learn(&mut self) {
        if self.only_races() {
            for race in races(&self.steps, self.shared, self.bounds.order_of_answers) {
                self.hear(race);
            }
        }
    }

    /// Hears of a race that this or another part has seen.
    pub(super) fn hear(&mut self, race: Race) {
        let Some(nth) = race.node.checked_sub(self.made.len()) else { return self.wanted.add(race) };
        if let Some(Node::Next(next)) = self.nodes.get_mut(nth) {
            next.is_worth_a_look(&race.any_of);
        }
    }

    /// Goes back to the latest point at which there is something left to try.
    pub(super) fn advance(&mut self) -> Onward {
        while let Some(node) = self.nodes.last_mut() {
            let onward = node.advance();
            if onward != Onward::Over {
                return onward;
            }
            self.nodes.pop();
        }
        Onward::Over
    }

    /// The answer that is left to a part of the search, where the path stands.
    fn at_hand(&mut self) -> Option<&mut Choice> {
        match self.nodes.last_mut() {
            Some(Node::Choice(choice)) => Some(choice),
            Some(Node::Next(_)) | None => None,
        }
    }

    /// The ticket of the part that has the next answer.
    pub(super) fn awaited(&mut self) -> Option<Ticket> {
        self.at_hand()?.awaited()
    }

    /// Leaves the next answer behind, as a part has it or had it.
    pub(super) fn skip(&mut self) {
        if let Some(choice) = self.at_hand() {
            choice.at += 1;
        }
    }

    /// The root of the part that has the next answer, and what tells its places from those of most
    /// others: the request after which something goes wrong first, and what.
    pub(super) fn next_root(&mut self) -> Option<((u64, u32), Root)> {
        let choice = self.at_hand()?;
        let (lane, last) = ((choice.after, choice.at + 1), Made::answer(choice.at + 1));
        let made: Vec<Made> = self.nodes.split_last()?.1.iter().map(Node::made).collect();
        Some((lane, Root { made: made.into(), last: Some(last), asleep: Arc::default() }))
    }

    /// The roots of the parts that the choices of the latest run leave to others, each with its
    /// ticket, from the last one that is waited for to the first; tickets are numbered on from the
    /// one given.
    pub(super) fn split(&mut self, Ticket(tickets): &mut Ticket) -> Vec<(Ticket, Root)> {
        let made: Vec<Made> = self.nodes.iter().map(Node::made).collect();
        let mut asleep: Arc<[Candidate]> = Arc::default();
        let mut roots = Vec::new();
        for (before, node) in self.nodes.iter_mut().enumerate() {
            let choice = match node {
                Node::Next(next) => {
                    asleep = next.asleep_after().collect();
                    continue;
                }
                Node::Choice(choice) if choice.is_split && choice.tickets.is_none() => choice,
                Node::Choice(_) => continue,
            };
            choice.tickets = Some(Ticket(*tickets));
            let made: Arc<[Made]> = made.iter().take(before).copied().collect();
            for way in (1..choice.n).rev() {
                let last = Some(Made::answer(way));
                let root = Root { made: Arc::clone(&made), last, asleep: Arc::clone(&asleep) };
                roots.push((Ticket(*tickets + u64::from(way - 1)), root));
            }
            *tickets += u64::from(choice.n.saturating_sub(1));
        }
        roots
    }

    /// The choices of the run that has just been made.
    pub(super) fn tape(&self) -> Vec<u16> {
        let made = self.made.iter().copied().chain(self.nodes.iter().map(Node::made));
        let mut tape: Vec<u16> = made.filter_map(Made::on_tape).collect();
        while tape.last() == Some(&0) {
            tape.pop();
        }
        tape
    }

    /// One of `0..n`; when that is about something going wrong, anything but 0 counts.
    pub(super) fn choose(&mut self, n: u32, is_fault: bool) -> u32 {
        if self.is_at_end() {
            let is_enough = is_fault && self.faults.is_some_and(|most| most <= self.wrong);
            let after = self.steps.last().map_or(0, |step| step.what.request);
            if is_fault && self.is_trunk {
                *self.census.entry(self.depth).or_default() += u64::from(n.saturating_sub(1));
            }
            self.nodes.push(Node::Choice(Choice {
                n: if is_enough { 1 } else { n },
                at: 0,
                is_split: is_fault && self.is_trunk,
                after,
                tickets: None,
            }));
        }
        let choice = u32::try_from(self.way().unwrap_or(0)).unwrap_or(0);
        self.wrong += u32::from(is_fault && choice != 0);
        if self.remembers() {
            self.been.chose(choice);
        }
        self.depth += 1;
        choice
    }

    /// Whether the run has come to the end of what is known.
    fn is_at_end(&self) -> bool {
        self.made.len() + self.nodes.len() <= self.depth
    }

    fn node(&self) -> Option<&Node> {
        self.nodes.get(self.depth.checked_sub(self.made.len())?)
    }

    /// The way that is known where the run stands.
    fn way(&self) -> Option<usize> {
        self.made.get(self.depth).map(|made| made.way).or_else(|| self.node().map(Node::way))
    }

    pub(super) fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        if let Some(latest) = self.steps.last() {
            let matters = self.bounds.order_of_answers;
            self.asleep.retain(|other| !depends(other, &latest.what, matters));
        }
        if self.remembers() {
            self.been.took(&self.steps, self.bounds.order_of_answers);
        }
        if self.is_at_end() {
            let next = if self.is_nothing_new() { None } else { self.next(ready) };
            let Some(next) = next else {
                self.is_redundant = true;
                return 0;
            };
            self.nodes.push(Node::Next(next));
        } else {
            self.shared = self.steps.len();
        }
        let Some(way) = self.way() else { return 0 };
        let Some(chosen) = ready.get(way).copied() else { return 0 };
        self.fall_asleep();
        if self.preempts(&chosen, ready) {
            self.preemptions += 1;
        }
        // Until it is known to have touched anything, it has not.
        let what = Candidate { footprint: Footprint::NONE, ..chosen };
        let step = Step { what, node: self.depth, ready: ready.to_vec(), instant: self.instant };
        self.steps.push(step);
        self.depth += 1;
        way
    }

    /// Lets those sleep that need no look once the one at hand has gone.
    fn fall_asleep(&mut self) {
        let mut asleep = std::mem::take(&mut self.asleep);
        asleep.clear();
        match self.node() {
            Some(Node::Next(next)) if self.only_races() => asleep.extend(next.asleep_after()),
            Some(_) => {}
            // Only what is said at the last of the choices made before has a meaning.
            None => asleep.extend_from_slice(&self.asleep_at_root),
        }
        self.asleep = asleep;
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
    pub(super) fn only_races(&self) -> bool {
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
        let Some(nth) = step.node.checked_sub(self.made.len()) else { return };
        if let Some(Node::Next(next)) = self.nodes.get_mut(nth) {
            next.learn(touched);
        }
    }

    pub(super) fn time_passes(&mut self) {
        self.instant += 1;
    }
}
