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

    /// Whether a later step could only be sent because this one was answered.
    fn causes(&self, later: &Self) -> bool {
        self.what.actor == later.what.actor && !self.had_ready(later.what.request)
    }
}

/// Two steps that could change places, so that it matters: at this node one of these requests is worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Race {
    pub(super) node: usize,
    /// Those of which any one will do: they lead to the later step. All of the ready ones, when none does.
    pub(super) any_of: Vec<u64>,
}

/// The races of a run that end in one of the steps from `fresh` on (Flanagan and Godefroid, 2005).
pub(super) fn races(steps: &[Step], fresh: usize, order_of_answers: OrderOfAnswers) -> Vec<Race> {
    let mut before: Vec<Vec<bool>> = Vec::with_capacity(steps.len());
    let mut races = Vec::new();
    for (j, later) in steps.iter().enumerate() {
        // What certainly comes before the later step.
        let mut known = vec![false; j];
        for i in (0..j).rev() {
            let Some(earlier) = steps.get(i).filter(|earlier| earlier.instant == later.instant) else {
                break;
            };
            let causes = earlier.causes(later);
            let is_ordered = causes || depends(&earlier.what, &later.what, order_of_answers);
            if known.get(i).copied().unwrap_or(true) || !is_ordered {
                continue;
            }
            if fresh <= j && !causes {
                races.push(race(steps, &before, i, j));
            }
            for (place, is_before) in known.iter_mut().zip(before.get(i).into_iter().flatten()) {
                *place |= *is_before;
            }
            if let Some(place) = known.get_mut(i) {
                *place = true;
            }
        }
        before.push(known);
    }
    races
}

/// The race of two steps: what was ready at the earlier one and leads to the later one.
fn race(steps: &[Step], before: &[Vec<bool>], i: usize, j: usize) -> Race {
    let (Some(earlier), Some(later)) = (steps.get(i), steps.get(j)) else {
        return Race { node: 0, any_of: Vec::new() };
    };
    let leads = |candidate: &&Candidate| {
        let between = steps.iter().enumerate().take(j).skip(i + 1);
        let own = between.filter(|(_, step)| step.what.request == candidate.request);
        candidate.request == later.what.request
            || own.into_iter().any(|(k, step)| step.what.actor == later.what.actor || is_before(before, k, j))
    };
    let any_of: Vec<u64> = earlier.ready.iter().filter(leads).map(|candidate| candidate.request).collect();
    Race { node: earlier.node, any_of }
}

fn is_before(before: &[Vec<bool>], k: usize, j: usize) -> bool {
    before.get(j).and_then(|known| known.get(k)).copied().unwrap_or(false)
}
