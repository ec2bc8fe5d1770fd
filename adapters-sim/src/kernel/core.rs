use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use ports::time;

use super::agenda::{Agenda, Item};
use super::call::{CallId, Pending};
use super::chooser::{Chooser, Seeded};
use super::context::Context;
use super::function::{FunctionError, Handler, Invocation, InvocationId};
use super::task::{TaskId, Tasks, Work};
use super::trace::{Actor, Entry, Event, Phase, Trace};
use crate::cloud::{Cloud, Ended, Happening, Start};
use crate::fault::Faults;
use crate::invariant::Watch;
use crate::port::SimPorts;

/// A simulated cloud and the executor that runs it.
///
/// # Examples
///
/// ```
/// use adapters_sim::Sim;
/// use jiff::{SignedDuration, Timestamp};
/// use ports::Clock;
///
/// let sim = Sim::new("2026-11-23T00:00:00Z".parse().unwrap(), 1);
/// let ports = sim.ports();
/// let woke = sim.block_on(async move {
///     ports.sleep(SignedDuration::from_hours(24)).await;
///     ports.now()
/// });
/// assert_eq!(woke, Some("2026-11-24T00:00:00Z".parse::<Timestamp>().unwrap()));
/// ```
pub struct Sim {
    handle: Handle,
}

/// A way into a running simulation.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Mutex<Core>>);

struct Core {
    now: Timestamp,
    agenda: Agenda,
    tasks: Tasks,
    chooser: Box<dyn Chooser>,
    cloud: Cloud,
    trace: Trace,
    watch: Watch,
    faults: Faults,
    calls: BTreeMap<CallId, Pending>,
    handlers: BTreeMap<String, Handler>,
    running: BTreeMap<InvocationId, TaskId>,
    sent: u64,
    started: u64,
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
                now: start,
                agenda: Agenda::default(),
                tasks: Tasks::default(),
                chooser,
                cloud: Cloud::default(),
                trace,
                watch: Watch::default(),
                faults: Faults::default(),
                calls: BTreeMap::new(),
                handlers: BTreeMap::new(),
                running: BTreeMap::new(),
                sent: 0,
                started: 0,
            }))),
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.handle.lock().now
    }

    /// The cloud as a person sees it.
    pub fn ports(&self) -> SimPorts {
        SimPorts::new(self.handle.clone(), Actor::Person)
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

    /// What was seen so far that must not be, and what there was to count.
    pub fn watch<T>(&self, look: impl FnOnce(&mut Watch) -> T) -> T {
        look(&mut self.handle.lock().watch)
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

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Sends a request. It takes effect and is answered later, even if its caller is gone by then.
    pub(super) fn send(&self, pending: Pending) {
        let mut core = self.lock();
        core.sent += 1;
        let call = CallId(core.sent);
        core.trace_call(call, &pending, Phase::Sent, None);
        core.calls.insert(call, pending);
        let at = time::later(core.now, core.latency("latency/request"));
        core.agenda.put(at, Item::Apply(call));
    }

    /// Wakes the task after a while.
    pub(crate) fn sleep(&self, span: SignedDuration) -> Sleep {
        let until = time::later(self.now(), span.max(SignedDuration::ZERO));
        Sleep { handle: self.clone(), until, waker: None }
    }

    fn spawn(&self, work: impl FnOnce(TaskId) -> Work) -> TaskId {
        self.lock().tasks.add(work)
    }

    /// Does the next thing that is due at `until` or before; tells whether there was one.
    fn step(&self, until: Timestamp) -> bool {
        if self.poll_one() {
            return true;
        }
        let mut core = self.lock();
        if core.agenda.next_time().is_none_or(|at| until < at) {
            return false;
        }
        let ties = u32::try_from(core.agenda.ties()).unwrap_or(u32::MAX);
        let nth = if ties <= 1 { 0 } else { core.chooser.choose("next", ties) };
        let Some((at, item)) = core.agenda.take(usize::try_from(nth).unwrap_or(0)) else { return false };
        core.now = at;
        let (starts, dead) = core.fire(item);
        drop(core);
        drop(dead);
        self.start(starts);
        true
    }

    /// Lets one task go on that can; tells whether there was one.
    fn poll_one(&self) -> bool {
        let Some((id, mut work, waker)) = self.lock().tasks.take_ready() else { return false };
        let polled =
            catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut TaskContext::from_waker(&waker))));
        match polled {
            Ok(Poll::Pending) => self.lock().tasks.put_back(id, work, waker),
            Ok(Poll::Ready(())) => {}
            Err(panic) => self.panicked(id, panic),
        }
        true
    }

    /// An invocation's panic is a finding; anything else's is the test's own.
    fn panicked(&self, task: TaskId, panic: Box<dyn Any + Send>) {
        let found = self.lock().running.iter().find(|(_, t)| **t == task).map(|(id, _)| *id);
        let Some(id) = found else { resume_unwind(panic) };
        let said = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = said.or_else(|| panic.downcast_ref::<String>().cloned());
        let error = FunctionError {
            error_type: "Panic".to_owned(),
            message: message.unwrap_or_else(|| "the handler panicked".to_owned()),
        };
        self.end(id, &Ended::Answered(Err(error)));
    }

    fn start(&self, starts: Vec<Start>) {
        for start in starts {
            self.invoke(start);
        }
    }

    fn invoke(&self, start: Start) {
        let mut core = self.lock();
        core.started += 1;
        let id = InvocationId(core.started);
        let deadline = time::later(core.now, start.timeout);
        let handler = core.handlers.get(&start.function).cloned();
        core.cloud.lambda.begun(id, &start);
        core.agenda.put(deadline, Item::Kill(id));
        drop(core);
        let invocation = Invocation {
            id,
            request: start.request,
            function: start.function,
            arn: start.arn,
            attempt: start.attempt,
            payload: start.payload,
            deadline,
            handle: self.clone(),
        };
        let handle = self.clone();
        let task = self.spawn(move |_| {
            Box::pin(async move {
                let answer = match handler {
                    Some(handler) => handler(invocation).await,
                    None => Err(missing(&invocation.function)),
                };
                handle.end(id, &Ended::Answered(answer));
            })
        });
        self.lock().running.insert(id, task);
    }

    fn end(&self, id: InvocationId, ended: &Ended) {
        let mut core = self.lock();
        core.running.remove(&id);
        let ((), starts) = core
            .with_context(Actor::Invocation(id), |cloud, context| cloud.invocation_ended(id, ended, context));
        drop(core);
        self.start(starts);
    }
}

fn missing(function: &str) -> FunctionError {
    FunctionError {
        error_type: "Runtime.NoHandler".to_owned(),
        message: format!("no handler is installed for `{function}`"),
    }
}

impl Core {
    fn fire(&mut self, item: Item) -> (Vec<Start>, Option<Work>) {
        match item {
            Item::Wake(waker) => {
                waker.wake();
                (Vec::new(), None)
            }
            Item::Apply(call) => (self.apply(call), None),
            Item::Reply(call) => {
                self.reply(call);
                (Vec::new(), None)
            }
            Item::Happen(what) => {
                let ((), starts) =
                    self.with_context(Actor::Cloud, |cloud, context| cloud.happen(what, context));
                (starts, None)
            }
            Item::Kill(id) => self.kill(id),
        }
    }

    fn apply(&mut self, call: CallId) -> Vec<Start> {
        let Some(mut pending) = self.calls.remove(&call) else { return Vec::new() };
        let chooser = &mut self.chooser;
        let fault = self.faults.pick(pending.op, self.now, |n| chooser.choose("fault", n));
        let (code, starts) = match pending.apply.take() {
            Some(apply) => self.with_context(pending.actor, |cloud, context| apply(cloud, context, fault)),
            None => (None, Vec::new()),
        };
        self.trace_call(call, &pending, Phase::Applied, code);
        let at = time::later(self.now, self.latency("latency/reply"));
        self.agenda.put(at, Item::Reply(call));
        self.calls.insert(call, pending);
        starts
    }

    fn reply(&mut self, call: CallId) {
        if let Some(pending) = self.calls.remove(&call) {
            self.trace_call(call, &pending, Phase::Replied, None);
            (pending.arrive)();
        }
    }

    /// Ends an invocation that runs too long: its code stops, its requests on their way do not.
    fn kill(&mut self, id: InvocationId) -> (Vec<Start>, Option<Work>) {
        let Some(task) = self.running.remove(&id) else { return (Vec::new(), None) };
        let dead = self.tasks.remove(task);
        let ((), starts) = self.with_context(Actor::Invocation(id), |cloud, context| {
            cloud.invocation_ended(id, &Ended::TimedOut, context);
        });
        (starts, dead)
    }

    /// How long a request or an answer takes: between 5 and 45 ms.
    fn latency(&mut self, site: &'static str) -> SignedDuration {
        SignedDuration::from_millis(5 + i64::from(self.chooser.choose(site, 41)))
    }

    fn trace_call(&mut self, call: CallId, pending: &Pending, phase: Phase, error: Option<&'static str>) {
        let event = Event::Call { call, op: pending.op.name, phase, error };
        self.trace.add(Entry { at: self.now, actor: pending.actor, event });
    }

    fn with_context<T>(
        &mut self,
        actor: Actor,
        act: impl FnOnce(&mut Cloud, &mut Context<'_>) -> T,
    ) -> (T, Vec<Start>) {
        let mut starts = Vec::new();
        let mut context = Context {
            now: self.now,
            actor,
            chooser: self.chooser.as_mut(),
            agenda: &mut self.agenda,
            trace: &mut self.trace,
            watch: &mut self.watch,
            starts: &mut starts,
        };
        let result = act(&mut self.cloud, &mut context);
        (result, starts)
    }
}

/// Waits until an instant of virtual time.
pub(crate) struct Sleep {
    handle: Handle,
    until: Timestamp,
    waker: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<()> {
        let mut core = self.handle.lock();
        if self.until <= core.now {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            core.agenda.put(self.until, Item::Wake(waker.clone()));
            drop(core);
            self.waker = Some(waker.clone());
        }
        Poll::Pending
    }
}
