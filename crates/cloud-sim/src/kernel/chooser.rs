use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64;

use super::footprint::Footprint;

/// Decides whatever a run leaves open: who goes next, how long something takes, what fails.
///
/// Every such act asks exactly once, and 0 is always the boring answer, so that a run of nothing but zeros is the one
/// in which everything goes well and in order.
pub trait Chooser: Send {
    /// Chooses one of `0..n` at a site; `n` is at least 2.
    fn choose(&mut self, site: &'static str, n: u32) -> u32;

    /// Chooses which of the requests that are due at one instant takes effect first; often there is only one.
    fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        if ready.len() < 2 {
            return 0;
        }
        let n = u32::try_from(ready.len()).unwrap_or(u32::MAX);
        usize::try_from(self.choose("next", n)).unwrap_or(0)
    }

    /// Hears what a request that was chosen touched in the end; less than it might have, when it changed nothing.
    fn took_effect(&mut self, _request: u64, _touched: Footprint) {}

    /// Hears that time goes on: nobody has anything left to do at the instant that was.
    fn time_passes(&mut self) {}

    /// Whether the rest of this run is of no interest.
    fn is_over(&self) -> bool {
        false
    }
}

/// A request that could take effect now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who sent it: the same number for every request of one attempt of a function, whatever the order of things.
    pub actor: u64,
    /// Which request it is: the same number whatever the order of things.
    pub request: u64,
    /// What it touches.
    pub footprint: Footprint,
}

/// Chooses at random from a seed, with a stream of its own for each site: a further draw at one site leaves the others
/// as they were.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::kernel::{Chooser, Seeded};
///
/// let draw = |chooser: &mut Seeded| (0..5).map(|_| chooser.choose("latency", 100)).collect::<Vec<_>>();
/// let (mut plain, mut busy) = (Seeded::new(7), Seeded::new(7));
/// busy.choose("fault", 10);
/// assert_eq!(draw(&mut plain), draw(&mut busy));
/// ```
#[derive(Clone, Debug)]
pub struct Seeded {
    seed: u64,
    streams: BTreeMap<&'static str, ChaCha8Rng>,
}

impl Seeded {
    /// A chooser of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, streams: BTreeMap::new() }
    }
}

impl Chooser for Seeded {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        let seed = self.seed;
        let stream = self
            .streams
            .entry(site)
            .or_insert_with(|| ChaCha8Rng::seed_from_u64(seed ^ xxh3_64(site.as_bytes())));
        // A multiplication instead of a division: without bias worth speaking of for the small `n` used here.
        let scaled = (u64::from(stream.next_u32()) * u64::from(n.max(1))) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }
}

/// Chooses what a list says, in order; where the list ends, the boring answer.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::kernel::{Chooser, Tape};
///
/// let mut tape = Tape::new(vec![1, 9]);
/// assert_eq!((tape.choose("a", 3), tape.choose("b", 3), tape.choose("c", 3)), (1, 0, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Tape {
    choices: std::vec::IntoIter<u16>,
}

impl Tape {
    /// A chooser of these choices. A choice that is out of range where it is made wraps around.
    pub fn new(choices: Vec<u16>) -> Self {
        Self { choices: choices.into_iter() }
    }
}

impl Chooser for Tape {
    fn choose(&mut self, _: &'static str, n: u32) -> u32 {
        self.choices.next().map_or(0, |choice| u32::from(choice) % n.max(1))
    }
}

/// A choice that was not the boring one: the nth at a site, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation {
    /// The site.
    pub site: String,
    /// Which choice at that site.
    pub nth: u32,
    /// What was chosen.
    pub choice: u32,
}

/// Whether a site is about something going wrong, and not about how things usually are.
pub fn is_trouble(site: &str) -> bool {
    site.starts_with("fault") || site.starts_with("trouble")
}

/// Chooses trouble from a list of deviations only, or at random while writing the list; all else from a seed.
///
/// What goes wrong in a run is so named apart from the ordinary noise of it, and can be taken away piece by piece.
#[derive(Clone, Debug)]
pub struct Recorder {
    seeded: Seeded,
    script: Option<BTreeMap<(String, u32), u32>>,
    counts: BTreeMap<&'static str, u32>,
    deviations: Deviations,
}

/// What went wrong in a run, once it is over.
#[derive(Clone, Debug, Default)]
pub struct Deviations(Arc<Mutex<Vec<Deviation>>>);

impl Deviations {
    /// Takes the list.
    pub fn take(&self) -> Vec<Deviation> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Deviation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder {
    /// Chooses everything from a seed and writes down what went wrong.
    pub fn record(seed: u64) -> Self {
        Self {
            seeded: Seeded::new(seed),
            script: None,
            counts: BTreeMap::new(),
            deviations: Deviations::default(),
        }
    }

    /// Chooses everything from a seed, except that only these things go wrong.
    pub fn replay(seed: u64, deviations: &[Deviation]) -> Self {
        let script = deviations.iter().map(|d| ((d.site.clone(), d.nth), d.choice)).collect();
        Self { script: Some(script), ..Self::record(seed) }
    }

    /// Where the list is written to.
    pub fn deviations(&self) -> Deviations {
        self.deviations.clone()
    }
}

impl Chooser for Recorder {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        if !is_trouble(site) {
            return self.seeded.choose(site, n);
        }
        let count = self.counts.entry(site).or_default();
        let nth = *count;
        *count += 1;
        let choice = match &self.script {
            Some(script) => {
                script.get(&(site.to_owned(), nth)).copied().unwrap_or(0).min(n.saturating_sub(1))
            }
            None => self.seeded.choose(site, n),
        };
        if choice != 0 {
            let deviation = Deviation { site: site.to_owned(), nth, choice };
            self.deviations.lock().push(deviation);
        }
        choice
    }
}

/// Lets one request go before another by priorities that change at a few random points: probabilistic concurrency testing
/// (Burckhardt and others, 2010), which finds a bug that needs `depth` ordered steps with a known probability.
#[derive(Clone, Debug)]
pub struct Pct {
    seeded: Seeded,
    priorities: BTreeMap<u64, i64>,
    changes: Vec<u32>,
    steps: u32,
    lowest: i64,
}

impl Pct {
    /// Priorities from a seed; `depth - 1` changes among the first `length` steps.
    pub fn new(seed: u64, depth: u32, length: u32) -> Self {
        let mut seeded = Seeded::new(seed);
        let changes = (1..depth).map(|_| seeded.choose("pct/change", length.max(1))).collect();
        Self { seeded, priorities: BTreeMap::new(), changes, steps: 0, lowest: 0 }
    }
}

impl Chooser for Pct {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        self.seeded.choose(site, n)
    }

    fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        for candidate in ready {
            let seeded = &mut self.seeded;
            let priority = || i64::from(seeded.choose("pct/priority", 1 << 30));
            self.priorities.entry(candidate.actor).or_insert_with(priority);
        }
        let priority = |candidate: &Candidate| self.priorities.get(&candidate.actor).copied().unwrap_or(0);
        let highest = ready.iter().enumerate().max_by_key(|(n, c)| (priority(c), std::cmp::Reverse(*n)));
        let (nth, actor) = highest.map_or((0, 0), |(n, c)| (n, c.actor));
        if self.changes.contains(&self.steps) {
            self.lowest -= 1;
            self.priorities.insert(actor, self.lowest);
        }
        self.steps += 1;
        nth
    }
}
