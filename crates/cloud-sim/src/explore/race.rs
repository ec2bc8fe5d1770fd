use std::collections::BTreeSet;

use super::OrderOfAnswers;
use crate::kernel::Candidate;

/// A request that took effect in a run.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Which, and what it touched in the end.
    pub(super) what: Candidate,
    /// The node at which it was chosen.
    pub(super) node: usize,
    /// The requests that were on their way with it.
    pub(super) ready: Vec<Candidate>,
    /// The number of its instant: steps of different instants cannot change places.
    pub(super) instant: u32,
}

/// Whether the order of two requests can matter: to the cloud, or, if that counts, to the attempt that sent them both.
pub(super) fn depends(a: &Candidate, b: &Candidate, order_of_answers: OrderOfAnswers) -> bool {
    let to_the_attempt = order_of_answers == OrderOfAnswers::Matters && a.actor == b.actor;
    to_the_attempt || a.footprint.conflicts(&b.footprint)
}

impl Step {
    fn had_ready(&self, request: u64) -> bool {
        self.ready.iter().any(|candidate| candidate.request == request)
    }

    /// Whether an earlier step certainly comes before this one.
    pub(super) fn comes_after(&self, earlier: &Self, order_of_answers: OrderOfAnswers) -> bool {
        earlier.instant != self.instant
            || earlier.causes(self)
            || depends(&earlier.what, &self.what, order_of_answers)
    }

    /// Whether a later step could only be sent because this one was answered.
    fn causes(&self, later: &Self) -> bool {
        self.what.actor == later.what.actor && !self.had_ready(later.what.request)
    }
}

/// Two steps that could change places, so that it matters: at this node one of these requests has to be looked at first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Race {
    pub(super) node: usize,
    /// Any one of them will do.
    pub(super) any_of: Vec<u64>,
}

/// Races, each once, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Wanted {
    known: BTreeSet<Race>,
    pub(super) races: Vec<Race>,
}

impl Wanted {
    /// Adds a race. To hear of it once more makes no difference: what it wants is looked at by
    /// then.
    pub(super) fn add(&mut self, race: Race) {
        if self.known.insert(race.clone()) {
            self.races.push(race);
        }
    }
}

/// Which steps of a run certainly come before which.
#[derive(Default)]
struct Before(Vec<Vec<bool>>);

impl Before {
    fn is(&self, earlier: usize, later: usize) -> bool {
        self.0.get(later).and_then(|known| known.get(earlier)).copied().unwrap_or(false)
    }

    /// Adds that one comes before the latest, and what follows from it.
    fn add(&mut self, earlier: usize) {
        let Some((latest, all)) = self.0.split_last_mut() else { return };
        let through = all.get(earlier).into_iter().flatten();
        latest.iter_mut().zip(through).for_each(|(place, is_before)| *place |= is_before);
        if let Some(place) = latest.get_mut(earlier) {
            *place = true;
        }
    }
}

/// The races of a run that end in one of the steps from `fresh` on. What has to be looked at for each of them are source
/// sets (Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction", 2014).
pub(super) fn races(steps: &[Step], fresh: usize, order_of_answers: OrderOfAnswers) -> Vec<Race> {
    let mut before = Before::default();
    let mut races = Vec::new();
    for (j, later) in steps.iter().enumerate() {
        before.0.push(vec![false; j]);
        for (i, earlier) in steps.iter().enumerate().take(j).rev() {
            if earlier.instant != later.instant {
                break;
            }
            let causes = earlier.causes(later);
            let is_ordered = causes || depends(&earlier.what, &later.what, order_of_answers);
            if before.is(i, j) || !is_ordered {
                continue;
            }
            if fresh <= j && !causes {
                races.push(Race { node: earlier.node, any_of: initials(steps, &before, i, j) });
            }
            before.add(i);
        }
    }
    races
}

/// What can go first, instead of the earlier step of a race, on the way to its later one: of what came after the earlier
/// one without needing it, and of the later one, those that need none of the others.
fn initials(steps: &[Step], before: &Before, i: usize, j: usize) -> Vec<u64> {
    let way: Vec<usize> = (i + 1..j).filter(|k| !before.is(i, *k)).chain([j]).collect();
    let is_initial = |k: &&usize| !way.iter().any(|other| before.is(*other, **k));
    way.iter().filter(is_initial).filter_map(|k| steps.get(*k)).map(|step| step.what.request).collect()
}
