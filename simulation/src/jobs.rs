//! Work that several threads share. What comes of it is the same for any number of them.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZero;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use cloud_sim::Scenario;
use cloud_sim::explore::{Bounds, Explored, Progress, Search};

/// How many threads work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs(NonZero<u16>);

impl Jobs {
    /// One thread.
    pub const ONE: Self = Self(NonZero::<u16>::MIN);

    /// Explores a scenario, unless `go_on` says to stop.
    ///
    /// # Examples
    ///
    /// ```
    /// use cloud_sim::explore::Bounds;
    /// use caretaker_simulation::jobs::Jobs;
    /// use caretaker_simulation::stack::FunctionName;
    /// use caretaker_simulation::story::story;
    ///
    /// let story = story(FunctionName::AutoRemediation, 1, 1);
    /// let alone = story.explore(Bounds::default(), |_| true);
    /// let together = "3".parse::<Jobs>()?.explore(&story, Bounds::default(), |_| true);
    /// assert_eq!(alone, together);
    /// # Ok::<(), String>(())
    /// ```
    pub fn explore(
        self,
        scenario: &Scenario,
        bounds: Bounds,
        go_on: impl Fn(Progress) -> bool + Sync,
    ) -> Explored {
        let search = Shared { search: Mutex::new(Search::new(scenario, bounds)), came_back: Condvar::new() };
        let executions = AtomicU64::new(0);
        let told = |made, share| {
            let executions = made + executions.fetch_add(made, Ordering::Relaxed);
            go_on(Progress { executions, share })
        };
        self.all(|| search.work(told));
        search.search.into_inner().unwrap_or_else(PoisonError::into_inner).explored()
    }

    /// Does each of so many pieces of work, and takes what comes of them in their order.
    ///
    /// # Examples
    ///
    /// ```
    /// use caretaker_simulation::jobs::Jobs;
    ///
    /// let mut squares = Vec::new();
    /// "3".parse::<Jobs>()?.in_order(4, |nth| nth * nth, |square| squares.push(square));
    /// assert_eq!(squares, [0, 1, 4, 9]);
    /// # Ok::<(), String>(())
    /// ```
    pub fn in_order<T: Send>(
        self,
        pieces: u64,
        work: impl Fn(u64) -> T + Sync,
        mut take: impl FnMut(T) + Send,
    ) {
        let begun = AtomicU64::new(0);
        let done = Mutex::new((0, BTreeMap::new(), &mut take));
        self.all(|| {
            loop {
                let nth = begun.fetch_add(1, Ordering::Relaxed);
                if pieces <= nth {
                    break;
                }
                let result = work(nth);
                let (taken, waiting, take) = &mut *done.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.insert(nth, result);
                while let Some(result) = waiting.remove(taken) {
                    take(result);
                    *taken += 1;
                }
            }
        });
    }

    /// Lets all threads do something, and waits for them.
    fn all(self, work: impl Fn() + Sync) {
        thread::scope(|scope| {
            for _ in 0..self.0.get() {
                scope.spawn(&work);
            }
        });
    }
}

impl Default for Jobs {
    /// As many as the machine has cores for.
    fn default() -> Self {
        let cores = thread::available_parallelism().ok().and_then(|cores| u16::try_from(cores.get()).ok());
        Self(cores.and_then(NonZero::new).unwrap_or(NonZero::<u16>::MIN))
    }
}

impl fmt::Display for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Jobs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// More threads than any machine has cores are a typing error.
        const MOST: u16 = 1024;
        let jobs = text.parse().ok().filter(|jobs: &NonZero<u16>| jobs.get() <= MOST);
        jobs.map(Self).ok_or_else(|| format!("expected a whole number of threads from 1 to {MOST}"))
    }
}

/// A search that several threads share.
struct Shared {
    search: Mutex<Search>,
    came_back: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Search> {
        self.search.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes through parts of the search until it is over. `go_on` hears how many executions were
    /// made since it was asked last, and the share of all that lies behind.
    fn work(&self, go_on: impl Fn(u64, Option<f64>) -> bool) {
        let _ends = Ends(self);
        let mut search = self.lock();
        while !search.is_over() {
            let Some(part) = search.part() else {
                search = self.came_back.wait(search).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let share = search.share();
            drop(search);
            let mut told = 0;
            let gone = part.go_through(|made| {
                let news = made - told;
                told = made;
                go_on(news, share)
            });
            search = self.lock();
            search.take_back(gone);
            self.came_back.notify_all();
        }
    }
}

/// A part that a panic took away never comes back: whoever waits for it need not.
struct Ends<'a>(&'a Shared);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().stop();
            self.0.came_back.notify_all();
        }
    }
}
