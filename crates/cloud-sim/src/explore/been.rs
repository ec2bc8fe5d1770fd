use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::OrderOfAnswers;
use super::race::Step;

/// Where an exploration has been.
///
/// Everything in a run follows from which requests took effect, in which order as far as the order matters, and from what
/// was chosen on the way. So two runs that agree in these stand at the same place, however they came there, and what can
/// follow is the same: happens-before caching (Musuvathi and Qadeer, "Partial-order reduction for context-bounded state
/// exploration", 2007).
#[derive(Default)]
pub(super) struct Been {
    /// The places, with the fewest preemptions on a way there.
    places: BTreeMap<u128, u32>,
    /// A hash of each step of the run at hand: of the step, and of all that had to come before it.
    steps: Vec<u128>,
    /// What was chosen since the latest step.
    chosen: Vec<u32>,
    /// What was chosen before the first.
    at_first: Vec<u32>,
}

impl Been {
    pub(super) fn begin(&mut self) {
        self.steps.clear();
        self.chosen.clear();
        self.at_first.clear();
    }

    /// Hears what was chosen at a point that is not about who goes next.
    pub(super) fn chose(&mut self, choice: u32) {
        self.chosen.push(choice);
    }

    /// Hears that the latest step is over, so that all it touched is known.
    pub(super) fn took(&mut self, steps: &[Step], order_of_answers: OrderOfAnswers) {
        let Some((latest, earlier)) = steps.split_last() else {
            self.at_first.append(&mut self.chosen);
            return;
        };
        let hashes = earlier.iter().zip(&self.steps);
        let needed =
            hashes.filter(|(step, _)| latest.comes_after(step, order_of_answers)).map(|(_, hash)| hash);
        let mut told: Vec<u8> = latest.what.request.to_le_bytes().to_vec();
        told.extend(needed.fold(0_u128, |sum, hash| sum.wrapping_add(*hash)).to_le_bytes());
        told.extend(self.chosen.drain(..).flat_map(u32::to_le_bytes));
        self.steps.push(xxh3_128(&told));
    }

    /// Whether the run stands where one has been with no more preemptions behind it; remembers that it has been there.
    pub(super) fn before(&mut self, last: Option<u64>, instant: u32, preemptions: u32) -> bool {
        let mut told: Vec<u8> = last.unwrap_or_default().to_le_bytes().to_vec();
        told.extend(instant.to_le_bytes());
        told.extend(self.steps.iter().fold(0_u128, |sum, hash| sum.wrapping_add(*hash)).to_le_bytes());
        told.extend(self.at_first.iter().copied().flat_map(u32::to_le_bytes));
        let fewest = self.places.entry(xxh3_128(&told)).or_insert(u32::MAX);
        let is_known = *fewest <= preemptions;
        *fewest = (*fewest).min(preemptions);
        is_known
    }
}
