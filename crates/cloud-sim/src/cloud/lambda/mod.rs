//! Functions and the queue in front of them
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).

mod destination;
mod function;
mod invoke;
mod measure;
mod record;

pub use destination::Outcome;
pub use function::Function;

use std::collections::BTreeMap;

use aws_vocabulary::time;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cloudwatch::Measured;
use super::{Fact, Happening};
use crate::kernel::{Context, FunctionError, InvocationId};
use crate::rule::Sometimes;
use destination::Letter;
use record::{Condition, Over, record, throttled};

/// The functions of the account.
#[derive(Clone, Debug, Default)]
pub struct Lambda {
    functions: BTreeMap<String, Function>,
    requests: BTreeMap<String, Request>,
    running: BTreeMap<InvocationId, Attempt>,
    measured: Vec<Measured>,
    last: u64,
    /// What functions answered, the latest for each function.
    pub answers: BTreeMap<String, Result<Value, FunctionError>>,
    /// The records of requests that were given up, by destination.
    pub failures: BTreeMap<String, Vec<String>>,
    /// How many invocations left no log, because the function's role does not let it write any.
    pub unlogged: BTreeMap<String, u64>,
    /// The events that went to dead-letter queues, by queue.
    pub dead_letters: BTreeMap<String, Vec<Bytes>>,
    /// How much the account has of everything.
    pub account: Account,
}

/// How much of Lambda an account has
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// How many attempts may run at once, of all functions.
    pub concurrency: usize,
    /// The longest event, in bytes.
    pub longest_event: usize,
    /// Whether retries of one event are told other request ids. That they are told the same is only known from secondary
    /// sources, and so unverified.
    pub new_id_on_retry: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self { concurrency: 1000, longest_event: 1 << 20, new_id_on_retry: false }
    }
}

/// An event on its way into a function's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The function.
    pub function: String,
    /// The event: JSON, or whatever a test sends instead.
    pub payload: Vec<u8>,
}

/// An attempt that runs.
#[derive(Clone, Debug)]
struct Attempt {
    function: String,
    request: String,
    began: Timestamp,
}

#[derive(Clone, Debug)]
struct Request {
    function: String,
    payload: Bytes,
    attempts: u32,
    throttles: u32,
    accepted_at: Timestamp,
}

/// An attempt that is to begin.
#[derive(Clone, Debug)]
pub struct Start {
    /// The function.
    pub function: String,
    /// Its ARN.
    pub arn: String,
    /// The request's id.
    pub request: String,
    /// The request's id as the function is told it.
    pub told: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The event.
    pub payload: Bytes,
    /// How long it may run.
    pub timeout: SignedDuration,
}

/// The error of an attempt that ran into its deadline.
const TIMED_OUT: &str = "Sandbox.Timedout";
/// The error of an attempt whose process died.
const CRASHED: &str = "Runtime.ExitError";

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The function answered.
    Answered(Result<Value, FunctionError>),
    /// The runtime ended it at its deadline.
    TimedOut,
    /// It died.
    Crashed,
}

impl Ended {
    /// Whether it was the runtime that ended an attempt, by the error that it left.
    pub fn is_the_runtimes(error: &str) -> bool {
        error.starts_with(TIMED_OUT) || error.starts_with(CRASHED)
    }

    fn answer(&self) -> Result<Value, FunctionError> {
        let error = |error_type: &str, message: &str| {
            Err(FunctionError { error_type: error_type.to_owned(), message: message.to_owned() })
        };
        match self {
            Self::Answered(answer) => answer.clone(),
            Self::TimedOut => error(TIMED_OUT, "Task timed out"),
            Self::Crashed => error(CRASHED, "RequestId: Error: Runtime exited"),
        }
    }
}

impl Lambda {
    /// Adds a function.
    pub fn add_function(&mut self, name: &str, function: Function) {
        self.functions.insert(name.to_owned(), function);
    }

    /// Takes a function away; what is delivered to it is dropped.
    pub fn forget_function(&mut self, name: &str) {
        self.functions.remove(name);
    }

    /// Whether there is a function of that name.
    pub fn has(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// A function's configuration, to change it.
    pub fn function(&mut self, name: &str) -> Option<&mut Function> {
        self.functions.get_mut(name)
    }

    /// Lets a failed request of a function be given up at once.
    pub fn never_retry(&mut self, name: &str) {
        if let Some(function) = self.functions.get_mut(name) {
            function.retries = 0;
        }
    }

    /// The function of an attempt, and a stream of its logs, if somebody cares for those.
    pub(super) fn log_of(&self, invocation: InvocationId) -> Option<(String, String)> {
        let name = &self.running.get(&invocation)?.function;
        Some((name.clone(), self.functions.get(name)?.log_arn()?))
    }

    /// How many requests are waiting, running or to be tried again.
    pub fn outstanding(&self) -> usize {
        self.requests.len()
    }

    /// The request that an attempt belongs to, and how many attempts it has had.
    pub(crate) fn request_of(&self, invocation: InvocationId) -> Option<(String, u32)> {
        let id = &self.running.get(&invocation)?.request;
        Some((id.clone(), self.attempts_of(id)))
    }

    /// How many attempts a request has had; 0 once it is over.
    pub(crate) fn attempts_of(&self, request: &str) -> u32 {
        self.requests.get(request).map_or(0, |request| request.attempts)
    }

    /// An event reaches the queue: the first attempt begins at once.
    pub(super) fn deliver(&mut self, delivery: Delivery, context: &mut Context<'_>) {
        self.last += 1;
        let id = format!("c6af9ac6-7b61-11e6-9a41-{:012x}", self.last);
        let request = Request {
            function: delivery.function,
            payload: Bytes::from(delivery.payload),
            attempts: 0,
            throttles: 0,
            accepted_at: context.now,
        };
        self.requests.insert(id.clone(), request);
        self.attempt(&id, context);
    }

    /// An attempt of a request begins, if the function may run once more.
    pub(super) fn attempt(&mut self, id: &str, context: &mut Context<'_>) {
        let Some(request) = self.requests.get(id) else { return };
        let Some(function) = self.functions.get(&request.function) else {
            self.requests.remove(id);
            return;
        };
        if function.concurrency == Some(0) {
            let error = throttled();
            self.give_up(id, Condition::RetriesExhausted, &error, context);
        } else if !self.has_room(&request.function, function) {
            let name = request.function.clone();
            self.measure_throttle(&name, context.now);
            self.put_back(id, context);
        } else if fails(context) {
            self.put_back(id, context);
        } else {
            self.begin(id, context);
        }
    }

    /// Whether one more attempt may run: what is reserved for a function is for it alone, and it has no more
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>).
    fn has_room(&self, name: &str, function: &Function) -> bool {
        let reserved = |name: &str| self.functions.get(name).and_then(|function| function.concurrency);
        if let Some(most) = function.concurrency {
            return self.running.values().filter(|running| running.function == name).count() < most;
        }
        let set_aside: usize = self.functions.values().filter_map(|function| function.concurrency).sum();
        let shared = self.running.values().filter(|running| reserved(&running.function).is_none()).count();
        shared + set_aside < self.account.concurrency
    }

    fn begin(&mut self, id: &str, context: &mut Context<'_>) {
        let Some(request) = self.requests.get_mut(id) else { return };
        let Some(function) = self.functions.get(&request.function) else { return };
        request.attempts += 1;
        let start = Start {
            function: request.function.clone(),
            arn: function.arn.clone(),
            request: id.to_owned(),
            told: if self.account.new_id_on_retry {
                format!("{id}-{}", request.attempts)
            } else {
                id.to_owned()
            },
            attempt: request.attempts,
            payload: request.payload.clone(),
            timeout: function.timeout,
        };
        let twin = |Attempt { function, request: other, .. }: &Attempt| {
            *function == start.function
                && other != id
                && self.requests.get(other).is_some_and(|other| other.payload == start.payload)
        };
        if self.running.values().any(twin) {
            context.sometimes(Sometimes::OverlappingDuplicate);
        }
        context.start(start);
    }

    /// What is throttled, or what Lambda itself failed at, goes back to the queue: after a second, then ever longer, up to
    /// five minutes. Of an overloaded queue events may be dropped without a word.
    fn put_back(&mut self, id: &str, context: &mut Context<'_>) {
        if context.happens("trouble/dropped", context.plan().queue_drops)
            && let Some(Request { function, .. }) = self.requests.remove(id)
        {
            return context.note(Fact::Lost { function });
        }
        let Some(request) = self.requests.get_mut(id) else { return };
        let wait =
            SignedDuration::from_secs(1_i64 << request.throttles.min(9)).min(SignedDuration::from_mins(5));
        request.throttles += 1;
        let again = time::later(context.now, wait);
        let max_age = self.functions.get(&request.function).map(|function| function.max_age);
        if max_age.is_some_and(|age| time::later(request.accepted_at, age) < again) {
            let error = throttled();
            self.give_up(id, Condition::EventAgeExceeded, &error, context);
        } else {
            context.at(again, Happening::Retry { request: id.to_owned() });
        }
    }

    pub(crate) fn begun(&mut self, invocation: InvocationId, start: &Start, context: &mut Context<'_>) {
        let Start { function, request, attempt, .. } = start.clone();
        let running = Attempt { function: function.clone(), request: request.clone(), began: context.now };
        self.running.insert(invocation, running);
        context.note(Fact::Invoked { function, request, attempt });
    }

    pub(super) fn ended(&mut self, invocation: InvocationId, ended: &Ended, context: &mut Context<'_>) {
        let Some(Attempt { function: name, request: id, began }) = self.running.remove(&invocation) else {
            return;
        };
        let answer = ended.answer();
        self.measure_attempt(&name, answer.is_err(), began);
        let error = answer.as_ref().err().map(|error| format!("{}: {}", error.error_type, error.message));
        context.note(Fact::Ended { function: name.clone(), invocation, error });
        self.answers.insert(name.clone(), answer.clone());
        match answer {
            // The queue is eventually consistent: a request that succeeded may be delivered again.
            Ok(_) if is_redelivered(context) => {
                context.later(SignedDuration::from_mins(1), Happening::Retry { request: id });
            }
            Ok(answer) => self.succeeded(&id, &answer, context),
            Err(error) => self.try_again(&name, &id, &error, context),
        }
    }

    /// Lambda waits one minute before the first retry and two before the second.
    fn try_again(&mut self, name: &str, id: &str, error: &FunctionError, context: &mut Context<'_>) {
        let Some((function, request)) = self.functions.get(name).zip(self.requests.get(id)) else { return };
        let wait = SignedDuration::from_mins(i64::from(request.attempts.min(2)));
        let too_old = time::later(request.accepted_at, function.max_age) < time::later(context.now, wait);
        if function.retries < request.attempts {
            self.give_up(id, Condition::RetriesExhausted, error, context);
        } else if too_old {
            self.give_up(id, Condition::EventAgeExceeded, error, context);
        } else {
            context.later(wait, Happening::Retry { request: id.to_owned() });
        }
    }

    fn succeeded(&mut self, id: &str, answer: &Value, context: &mut Context<'_>) {
        let Some(request) = self.requests.remove(id) else { return };
        let Some(function) = self.functions.get(&request.function) else { return };
        if let Some(destination) = &function.on_success {
            let record = record(&request.over(function, id, (Condition::Success, Ok(answer))), context.now);
            Outcome::new(request.function, id).record(destination, record).send(context);
        }
    }

    fn give_up(&mut self, id: &str, condition: Condition, error: &FunctionError, context: &mut Context<'_>) {
        let Some(request) = self.requests.remove(id) else { return };
        let Some(function) = self.functions.get(&request.function) else { return };
        context.sometimes(Sometimes::RetriesExhausted);
        let mut outcome = Outcome::new(request.function.clone(), id);
        if let Some(queue) = &function.dead_letters {
            outcome.letter = Some(Letter::new(queue, &request.payload, error));
        }
        let destination = function.on_failure.clone();
        if let Some(destination) = &destination {
            let over = request.over(function, id, (condition, Err(error)));
            outcome = outcome.record(destination, record(&over, context.now));
        }
        outcome.send(context);
        let payload = String::from_utf8_lossy(&request.payload).into_owned();
        context.note(Fact::Exhausted {
            function: request.function,
            request: id.to_owned(),
            destination,
            payload,
        });
    }
}

impl Request {
    fn over<'a>(
        &'a self,
        function: &'a Function,
        id: &'a str,
        (condition, answer): (Condition, Result<&'a Value, &'a FunctionError>),
    ) -> Over<'a> {
        let (arn, payload) = (function.arn.as_str(), self.payload.as_ref());
        Over { arn, id, payload, attempts: self.attempts, condition, answer }
    }
}

/// Whether Lambda itself fails to begin an attempt.
fn fails(context: &mut Context<'_>) -> bool {
    let rate = context.plan().system_errors;
    context.happens("trouble/lambda", rate)
}

fn is_redelivered(context: &mut Context<'_>) -> bool {
    let rate = context.plan().redelivered;
    context.happens("trouble/redelivered", rate) || context.wants_fault("fault/redelivered")
}
