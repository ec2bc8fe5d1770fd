use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

use super::agenda::{Agenda, Item};
use super::caller::Caller;
use super::chooser::{Chooser, Seeded};
use super::context::Context;
use super::core::{Core, Handle, Timing};
use super::function::Handler;
use super::task::Tasks;
use super::trace::{Actor, Trace};
use crate::cloud::{Cloud, Happening};
use crate::fault::{FaultPlan, Faults};
use crate::rule::{Invariant, Rules, Violation, Watch};

/// A simulated cloud and the executor that runs it.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::Sim;
/// use jiff::{SignedDuration, Timestamp};
///
/// let sim = Sim::new("2026-11-23T00:00:00Z".parse().unwrap(), 1);
/// let caller = sim.caller();
/// let woke = sim.block_on(async move {
///     caller.sleep(SignedDuration::from_hours(24)).await;
///     caller.now()
/// });
/// assert_eq!(woke, Some("2026-11-24T00:00:00Z".parse::<Timestamp>().unwrap()));
/// ```
pub struct Sim {
    handle: Handle,
}

impl Sim {
    /// An empty cloud at an instant, in which everything left open is decided by a seed.
    pub fn new(start: Timestamp, seed: u64) -> Self {
        Self::with(start, Box::new(Seeded::new(seed)), Trace::default())
    }

    /// An empty cloud with a chooser and a trace of one's own.
    pub fn with(start: Timestamp, chooser: Box<dyn Chooser>, trace: Trace) -> Self {
        Self {
            handle: Handle(Arc::new(Mutex::new(Core {
                begin: start,
                now: start,
                timing: Timing::default(),
                agenda: Agenda::default(),
                tasks: Tasks::default(),
                chooser,
                cloud: Cloud::default(),
                trace,
                watch: Watch::default(),
                noted: Vec::new(),
                faults: Faults::default(),
                calls: BTreeMap::new(),
                ready: Vec::new(),
                unchanged: false,
                handlers: BTreeMap::new(),
                running: BTreeMap::new(),
                sent: 0,
                started: 0,
            }))),
        }
    }

    /// Sets how long requests and answers take.
    pub fn timing(&self, timing: Timing) {
        self.handle.lock().timing = timing;
    }

    /// Puts a plan of faults in force, and makes the cloud's limits small if the plan says so.
    pub fn fault_plan(&self, plan: FaultPlan) {
        let mut core = self.handle.lock();
        if plan.small_limits {
            core.cloud.make_limits_small();
        }
        core.faults = Faults::new(plan);
    }

    /// When it began.
    pub fn begin(&self) -> Timestamp {
        self.handle.lock().begin
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.handle.lock().now
    }

    /// Who sends a person's requests.
    pub fn caller(&self) -> Caller {
        Caller::new(self.handle.clone(), Actor::Person)
    }

    /// The cloud as a person's AWS client sees it.
    #[cfg(feature = "wire")]
    pub fn wire(&self) -> crate::wire::Face {
        crate::wire::Face::new(self.caller())
    }

    /// Looks at the cloud, or changes it as if by magic: without a request, an event or a trace.
    pub fn cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        look(&mut self.handle.lock().cloud)
    }

    /// Makes something happen now, as a person would.
    pub fn act<T>(&self, act: impl FnOnce(&mut Cloud, &mut Context<'_>) -> T) -> T {
        let (result, starts) = self.handle.lock().with_context(Actor::Person, act);
        self.handle.start(starts);
        result
    }

    /// Makes something happen at a later instant.
    pub fn at(&self, at: Timestamp, what: Happening) {
        let mut core = self.handle.lock();
        let at = at.max(core.now);
        core.agenda.put(at, Item::Happen(what));
    }

    /// Gives a function its code; its configuration belongs to [`Cloud`].
    pub fn install(&self, function: &str, handler: Handler) {
        self.handle.lock().handlers.insert(function.to_owned(), handler);
    }

    /// Lets everything happen that is due until an instant, and goes there.
    pub fn run_until(&self, until: Timestamp) {
        while self.handle.step(until) {}
        let mut core = self.handle.lock();
        core.now = core.now.max(until);
    }

    /// Lets so much time pass.
    pub fn run_for(&self, span: SignedDuration) {
        let until = time::later(self.now(), span);
        self.run_until(until);
    }

    /// Runs a future to its end; `None` when it waits for something that never happens.
    pub fn block_on<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let done = Arc::new(Mutex::new(None));
        let result = Arc::clone(&done);
        self.handle.spawn(move |_| {
            Box::pin(async move {
                let value = work.await;
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            })
        });
        loop {
            if let Some(value) = done.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Some(value);
            }
            if !self.handle.step(Timestamp::MAX) {
                return done.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        }
    }

    /// The rules by which requests fail, to change them.
    pub fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut self.handle.lock().faults)
    }

    /// What happened so far.
    pub fn trace(&self) -> Trace {
        self.handle.lock().trace.clone()
    }

    /// A number that two runs share exactly when all the same things happened in them.
    pub fn trace_hash(&self) -> u64 {
        self.handle.lock().trace.hash()
    }

    /// What was seen so far that must not be, and what there was to count.
    pub fn watch<T>(&self, look: impl FnOnce(&Watch) -> T) -> T {
        look(&self.handle.lock().watch)
    }

    /// Whether the chooser has no interest in the rest of the run.
    pub fn is_over(&self) -> bool {
        self.handle.lock().chooser.is_over()
    }

    /// Lets go of the rules so far.
    pub fn forget_rules(&self) {
        self.handle.lock().watch.forget_rules();
    }

    /// Watches for one more rule; it takes the place of one of the same name.
    pub fn expect(&self, rule: impl Invariant + 'static) {
        self.handle.lock().watch.expect(Box::new(rule));
    }

    /// Watches for more rules, also where there are some of the same names: another stack's.
    pub fn watch_for(&self, rules: Rules) {
        self.handle.lock().watch.watch_for(rules);
    }

    /// Looks, when everything has come to rest, for what should have come to be as well; gives all that was broken.
    pub fn at_rest(&self) -> Vec<Violation> {
        let mut core = self.handle.lock();
        let Core { watch, cloud, now, .. } = &mut *core;
        watch.at_rest(*now, cloud);
        watch.violations().to_vec()
    }
}

impl Drop for Sim {
    /// Tasks hold the simulation and the simulation holds its tasks: somebody has to let go.
    fn drop(&mut self) {
        let works = self.handle.lock().tasks.take_all();
        drop(works);
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("now", &self.now()).finish_non_exhaustive()
    }
}
