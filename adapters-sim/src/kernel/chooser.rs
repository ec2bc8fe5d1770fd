use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64;

/// Decides whatever a run leaves open: who goes next, how long something takes, what fails.
///
/// Every such act asks exactly once, and 0 is always the boring answer, so that a run of nothing but zeros is the one
/// in which everything goes well and in order.
pub trait Chooser: Send {
    /// Chooses one of `0..n` at a site; `n` is at least 1.
    fn choose(&mut self, site: &'static str, n: u32) -> u32;
}

/// Chooses at random from a seed, with a stream of its own for each site: a further draw at one site leaves the others
/// as they were.
///
/// # Examples
///
/// ```
/// use adapters_sim::kernel::{Chooser, Seeded};
///
/// let draw = |chooser: &mut Seeded| (0..5).map(|_| chooser.choose("latency", 100)).collect::<Vec<_>>();
/// let (mut plain, mut busy) = (Seeded::new(7), Seeded::new(7));
/// busy.choose("fault", 10);
/// assert_eq!(draw(&mut plain), draw(&mut busy));
/// ```
#[derive(Debug)]
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
