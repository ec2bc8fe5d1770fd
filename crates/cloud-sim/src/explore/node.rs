use std::sync::Arc;

use super::part::Ticket;
use crate::kernel::{Candidate, Footprint};

/// Something that could go on in more than one way.
pub(super) enum Node {
    /// Which of several requests takes effect first.
    Next(Next),
    /// Which of so many answers.
    Choice(Choice),
}

/// A choice of the request that takes effect first.
pub(super) struct Next {
    /// All that could.
    pub(super) ready: Vec<Candidate>,
    /// Those that need no look: another order of the same has been seen.
    pub(super) asleep: Vec<Candidate>,
    /// Those that are worth a look, by their places among the ready ones.
    pub(super) todo: Vec<usize>,
    /// Those that were looked at, with what they touched; the last one is at hand.
    pub(super) tried: Vec<Candidate>,
    /// The place of the one at hand.
    pub(super) at: usize,
    /// Whether it is known what the one at hand touches.
    is_known: bool,
}

/// A choice of an answer.
pub(super) struct Choice {
    /// How many there are.
    pub(super) n: u32,
    /// The one at hand.
    pub(super) at: u32,
    /// Whether each answer but the first is left to a part of the search.
    pub(super) is_split: bool,
    /// The request after which it came up.
    pub(super) after: u64,
    /// The ticket of the part that has the second answer, once there is one; those of the others
    /// follow.
    pub(super) tickets: Option<Ticket>,
}

/// What is left at a node, and then on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    /// There is a way that has not been gone.
    Run,
    /// The next way is left to a part of the search.
    Part,
    /// Nothing.
    Over,
}

/// A choice that a part of the search found made, and cannot change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) way: usize,
    is_on_tape: bool,
}

/// Where a part of the search begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Root {
    /// The choices on the way there.
    pub(super) made: Arc<[Made]>,
    /// The last of them.
    pub(super) last: Option<Made>,
    /// The requests that need no look after that, unless one that depends on them goes before.
    pub(super) asleep: Arc<[Candidate]>,
}

impl Node {
    /// Goes on to the next way, if there is one left that is not another part's.
    pub(super) fn advance(&mut self) -> Onward {
        match self {
            Self::Next(next) => next.advance(),
            Self::Choice(choice) => choice.advance(),
        }
    }

    /// The way at hand.
    pub(super) fn way(&self) -> usize {
        match self {
            Self::Next(next) => next.at,
            Self::Choice(choice) => usize::try_from(choice.at).unwrap_or(0),
        }
    }

    /// The way at hand, as a part finds it.
    pub(super) fn made(&self) -> Made {
        // Where there was only one request there was nothing to choose.
        let alone = matches!(self, Self::Next(next) if next.ready.len() < 2);
        Made { way: self.way(), is_on_tape: !alone }
    }
}

impl Root {
    /// How many choices are made on the way there.
    pub(super) fn depth(&self) -> usize {
        self.made.len()
    }
}

impl Made {
    pub(super) fn answer(way: u32) -> Self {
        Self { way: usize::try_from(way).unwrap_or(0), is_on_tape: true }
    }

    /// The choice as a tape has it.
    pub(super) fn on_tape(self) -> Option<u16> {
        self.is_on_tape.then(|| u16::try_from(self.way).unwrap_or(u16::MAX))
    }
}

impl Choice {
    fn advance(&mut self) -> Onward {
        if self.n <= self.at + 1 {
            return Onward::Over;
        }
        if self.is_split {
            return Onward::Part;
        }
        self.at += 1;
        Onward::Run
    }

    /// The ticket of the part that has the next answer.
    pub(super) fn awaited(&self) -> Option<Ticket> {
        self.tickets.map(|Ticket(first)| Ticket(first + u64::from(self.at)))
    }
}

impl Next {
    /// A point at which the first of `todo` is tried; `None` when there is none.
    pub(super) fn new(ready: &[Candidate], asleep: &[Candidate], todo: Vec<usize>) -> Option<Self> {
        let at = *todo.first()?;
        let tried = ready.get(at).copied().into_iter().collect();
        Some(Self { ready: ready.to_vec(), asleep: asleep.to_vec(), todo, tried, at, is_known: false })
    }

    /// Learns what the request at hand touched. The first time counts: that is when nothing went wrong with it, and then it
    /// touches the most.
    pub(super) fn learn(&mut self, touched: Footprint) {
        if !self.is_known
            && let Some(at_hand) = self.tried.last_mut()
        {
            at_hand.footprint = touched;
            self.is_known = true;
        }
    }

    /// Those that need no look once the request at hand has gone, unless it touches what they do.
    pub(super) fn asleep_after(&self) -> impl Iterator<Item = Candidate> {
        let tried = self.tried.split_last().map(|(_, before)| before).unwrap_or_default();
        self.asleep.iter().chain(tried).copied()
    }

    /// Adds to what is worth a look: one of these, unless one of them is already.
    pub(super) fn is_worth_a_look(&mut self, any_of: &[u64]) {
        let is_one =
            |nth: &usize| self.ready.get(*nth).is_some_and(|candidate| any_of.contains(&candidate.request));
        let places: Vec<usize> = (0..self.ready.len()).filter(is_one).collect();
        if !places.iter().any(|nth| self.todo.contains(nth)) {
            self.todo.extend(places.first());
        }
    }

    fn advance(&mut self) -> Onward {
        let is_left = |nth: &&usize| {
            let known = self.asleep.iter().chain(&self.tried);
            let request = self.ready.get(**nth).map(|candidate| candidate.request);
            known.clone().all(|known| Some(known.request) != request)
        };
        let Some(nth) = self.todo.iter().find(is_left).copied() else { return Onward::Over };
        self.at = nth;
        self.is_known = false;
        self.tried.extend(self.ready.get(nth));
        Onward::Run
    }
}
