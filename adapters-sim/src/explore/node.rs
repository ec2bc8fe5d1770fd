use crate::kernel::{Candidate, Footprint};

/// Something that could go on in more than one way.
pub(super) enum Node {
    /// Which of several requests takes effect first.
    Next(Next),
    /// Which of so many answers.
    Choice {
        /// How many.
        n: u32,
        /// The one at hand.
        at: u32,
    },
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

impl Node {
    /// Goes on to the next way; `false` when there is none left.
    pub(super) fn advance(&mut self) -> bool {
        match self {
            Self::Next(next) => next.advance(),
            Self::Choice { n, at } => {
                *at += 1;
                *at < *n
            }
        }
    }

    /// The way at hand.
    pub(super) fn way(&self) -> usize {
        match self {
            Self::Next(next) => next.at,
            Self::Choice { at, .. } => usize::try_from(*at).unwrap_or(0),
        }
    }

    /// How many ways lie behind, and how many there are as far as is known.
    pub(super) fn place(&self) -> (u32, u32) {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        match self {
            Self::Next(next) => (small(next.tried.len().saturating_sub(1)), small(next.todo.len()).max(1)),
            Self::Choice { n, at } => (*at, *n),
        }
    }

    /// The choice as a tape has it; none where there was only one request.
    pub(super) fn on_tape(&self) -> Option<u16> {
        let alone = matches!(self, Self::Next(next) if next.ready.len() < 2);
        (!alone).then(|| u16::try_from(self.way()).unwrap_or(u16::MAX))
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

    /// The request at hand.
    pub(super) fn chosen(&self) -> Option<Candidate> {
        self.ready.get(self.at).copied()
    }

    fn advance(&mut self) -> bool {
        let is_left = |nth: &&usize| {
            let known = self.asleep.iter().chain(&self.tried);
            let request = self.ready.get(**nth).map(|candidate| candidate.request);
            known.clone().all(|known| Some(known.request) != request)
        };
        let Some(nth) = self.todo.iter().find(is_left).copied() else { return false };
        self.at = nth;
        self.is_known = false;
        self.tried.extend(self.ready.get(nth));
        true
    }
}
