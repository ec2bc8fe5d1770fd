use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll};

use jiff::{SignedDuration, Timestamp};
use ports::time;

use super::agenda::{Agenda, Item};
use super::call::{CallId, Pending};
use super::chooser::Chooser;
use super::context::Context;
use super::function::{FunctionError, Handler, Invocation, InvocationId};
use super::sleep::Sleep;
use super::task::{TaskId, Tasks, Work};
use super::trace::{Actor, Entry, Event, Phase, Trace};
use crate::cloud::{Cloud, Ended, Start};
use crate::fault::Faults;
use crate::invariant::Watch;

/// A way into a running simulation.
#[derive(Clone)]
pub(crate) struct Handle(pub(super) Arc<Mutex<Core>>);

pub(super) struct Core {
    pub(super) now: Timestamp,
    pub(super) agenda: Agenda,
    pub(super) tasks: Tasks,
    pub(super) chooser: Box<dyn Chooser>,
    pub(super) cloud: Cloud,
    pub(super) trace: Trace,
    pub(super) watch: Watch,
    pub(super) faults: Faults,
    pub(super) calls: BTreeMap<CallId, Pending>,
    pub(super) handlers: BTreeMap<String, Handler>,
    pub(super) running: BTreeMap<InvocationId, TaskId>,
    pub(super) sent: u64,
    pub(super) started: u64,
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

    pub(super) fn start(&self, starts: Vec<Start>) {
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
            starts: &mut starts,
        };
        let result = act(&mut self.cloud, &mut context);
        (result, starts)
    }
}
