use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll};

use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

use super::agenda::{Agenda, Item};
use super::call::{CallId, Op, Pending};
use super::chooser::{Candidate, Chooser};
use super::context::Context;
use super::function::{FunctionError, Handler, InvocationId};
use super::sleep::Sleep;
use super::task::{TaskId, Tasks, Work};
use super::trace::{Actor, Entry, Event, Phase, Trace};
use crate::cloud::{Cloud, Ended, Start};
use crate::fault::Faults;
use crate::rule::{Seen, Watch};

/// A way into a running simulation.
#[derive(Clone)]
pub(crate) struct Handle(pub(super) Arc<Mutex<Core>>);

/// How long requests and answers take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// A few milliseconds each, as the chooser likes.
    #[default]
    Natural,
    /// No time at all: every request of an instant may go before every other, which is what an enumeration wants.
    Instant,
}

pub(super) struct Core {
    pub(super) begin: Timestamp,
    pub(super) now: Timestamp,
    pub(super) timing: Timing,
    pub(super) agenda: Agenda,
    pub(super) tasks: Tasks,
    pub(super) chooser: Box<dyn Chooser>,
    pub(super) cloud: Cloud,
    pub(super) trace: Trace,
    pub(super) watch: Watch,
    /// Kept to be filled again.
    pub(super) noted: Vec<Entry>,
    pub(super) faults: Faults,
    pub(super) calls: BTreeMap<CallId, Tracked>,
    /// Kept to be filled again.
    pub(super) ready: Vec<Candidate>,
    /// Whether the request at hand changed nothing.
    pub(super) unchanged: bool,
    pub(super) handlers: BTreeMap<String, Handler>,
    pub(super) running: BTreeMap<InvocationId, Running>,
    pub(super) sent: u64,
    pub(super) started: u64,
}

/// A request on its way, and who it is whatever the order of things.
pub(super) struct Tracked {
    pub(super) pending: Pending,
    pub(super) identity: (u64, u64),
    /// When it takes effect late: the request of its caller, and which attempt that was.
    pub(super) late: Option<(String, u32)>,
    /// The error code that its caller sees.
    pub(super) answer: Option<&'static str>,
}

/// An attempt that runs.
pub(super) struct Running {
    pub(super) task: TaskId,
    pub(super) identity: u64,
    pub(super) sent: u64,
    pub(super) skew: SignedDuration,
    pub(super) throttled: Option<Op>,
}

/// What firing an item leaves to do once the lock is gone.
#[derive(Default)]
pub(super) struct Fired {
    pub(super) starts: Vec<Start>,
    pub(super) dead: Option<Work>,
}

impl From<Vec<Start>> for Fired {
    fn from(starts: Vec<Start>) -> Self {
        Self { starts, dead: None }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    pub(super) fn lock(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present, by the clock of whoever asks.
    pub(crate) fn now(&self, actor: Actor) -> Timestamp {
        let core = self.lock();
        let skew = match actor {
            Actor::Invocation(id) => core.running.get(&id).map(|running| running.skew),
            Actor::Cloud | Actor::Person => None,
        };
        time::later(core.now, skew.unwrap_or(SignedDuration::ZERO))
    }

    /// Sends a request. It takes effect and is answered later, even if its caller is gone by then.
    pub(super) fn send(&self, pending: Pending) {
        let mut core = self.lock();
        core.sent += 1;
        let call = CallId(core.sent);
        core.trace_call(call, &pending, Phase::Sent, None);
        let identity = core.identify(pending.actor);
        core.calls.insert(call, Tracked { pending, identity, late: None, answer: None });
        let at = time::later(core.now, core.latency("latency/request"));
        core.agenda.put(at, Item::Apply(call));
    }

    /// Wakes the task after a while.
    pub(crate) fn sleep(&self, span: SignedDuration) -> Sleep {
        let until = time::later(self.lock().now, span.max(SignedDuration::ZERO));
        Sleep::new(self.clone(), until)
    }

    pub(super) fn spawn(&self, work: impl FnOnce(TaskId) -> Work) -> TaskId {
        self.lock().tasks.add(work)
    }

    /// Does the next thing that is due at `until` or before; tells whether there was one.
    pub(super) fn step(&self, until: Timestamp) -> bool {
        if self.poll_one() {
            return true;
        }
        let mut core = self.lock();
        if core.chooser.is_over() || core.agenda.next_time().is_none_or(|at| until < at) {
            return false;
        }
        let Some((at, item)) = core.take_next() else { return false };
        core.now = at;
        let fired = core.fire(item);
        drop(core);
        drop(fired.dead);
        self.start(fired.starts);
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
        let found = self.lock().running.iter().find(|(_, r)| r.task == task).map(|(id, _)| *id);
        let Some(id) = found else { resume_unwind(panic) };
        let said = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = said.or_else(|| panic.downcast_ref::<String>().cloned());
        let error = FunctionError {
            error_type: "Panic".to_owned(),
            message: message.unwrap_or_else(|| "the handler panicked".to_owned()),
        };
        self.end(id, &Ended::Answered(Err(error)));
    }

    pub(super) fn end(&self, id: InvocationId, ended: &Ended) {
        let mut core = self.lock();
        core.running.remove(&id);
        let ((), starts) = core
            .with_context(Actor::Invocation(id), |cloud, context| cloud.invocation_ended(id, ended, context));
        drop(core);
        self.start(starts);
    }
}

impl Core {
    /// Takes what is due next. Of several requests, the chooser says which.
    fn take_next(&mut self) -> Option<(Timestamp, Item)> {
        if self.agenda.next_time().is_some_and(|at| self.now < at) {
            self.chooser.time_passes();
        }
        if let Some(first) = self.agenda.take_first() {
            return Some(first);
        }
        let candidate = |call: CallId| {
            let tracked = self.calls.get(&call);
            let (actor, request) = tracked.map_or((0, call.0), |tracked| tracked.identity);
            let footprint = tracked.map(|tracked| tracked.pending.footprint).unwrap_or_default();
            Candidate { actor, request, footprint }
        };
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        ready.extend(self.agenda.requests().map(candidate));
        let nth = self.chooser.choose_next(&ready);
        self.ready = ready;
        if self.chooser.is_over() { None } else { self.agenda.take_request(nth) }
    }

    fn fire(&mut self, item: Item) -> Fired {
        match item {
            Item::Wake(waker) => {
                waker.wake();
                Fired::default()
            }
            Item::Apply(call) => self.apply(call),
            Item::Reply(call) => {
                self.reply(call);
                Fired::default()
            }
            Item::Happen(what) => {
                let ((), starts) =
                    self.with_context(Actor::Cloud, |cloud, context| cloud.happen(what, context));
                starts.into()
            }
            Item::Kill(id) => self.stop(id, &Ended::TimedOut),
        }
    }

    /// Stops an invocation where it stands: its code ends, its requests on their way do not.
    pub(super) fn stop(&mut self, id: InvocationId, ended: &Ended) -> Fired {
        let Some(running) = self.running.remove(&id) else { return Fired::default() };
        let dead = self.tasks.remove(running.task);
        let ((), starts) = self
            .with_context(Actor::Invocation(id), |cloud, context| cloud.invocation_ended(id, ended, context));
        Fired { starts, dead }
    }

    pub(super) fn with_context<T>(
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
            noted: &mut self.noted,
            faults: &mut self.faults,
            starts: &mut starts,
            unchanged: &mut self.unchanged,
        };
        let result = act(&mut self.cloud, &mut context);
        for Entry { at, actor, event } in self.noted.drain(..) {
            if let Event::Fact(fact) = event {
                self.watch.see(Seen { at, actor, fact: &fact, cloud: &self.cloud });
            }
        }
        (result, starts)
    }
}
