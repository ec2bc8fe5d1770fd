//! Functions and the queue in front of them
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).

mod function;

pub use function::Function;

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use ports::time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cloudwatch::Metric;
use super::iam::Iam;
use super::{Fact, Happening};
use crate::invariant::Sometimes;
use crate::kernel::{Context, FunctionError, InvocationId};

/// The functions of the account.
#[derive(Clone, Debug, Default)]
pub struct Lambda {
    functions: BTreeMap<String, Function>,
    requests: BTreeMap<String, Request>,
    running: BTreeMap<InvocationId, (String, String)>,
    last: u64,
    /// What functions answered, the latest for each function.
    pub answers: BTreeMap<String, Result<Value, FunctionError>>,
    /// The records of requests that were given up, by destination.
    pub failures: BTreeMap<String, Vec<String>>,
    /// How many invocations left no log, because the function's role does not let it write any.
    pub unlogged: BTreeMap<String, u64>,
    /// The events that went to dead-letter queues, by queue.
    pub dead_letters: BTreeMap<String, Vec<Bytes>>,
}

/// An event on its way into a function's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The function.
    pub function: String,
    /// The event: JSON, or whatever a test sends instead.
    pub payload: Vec<u8>,
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
    pub(crate) fn is_the_runtimes(error: &str) -> bool {
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

/// Why a request was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    RetriesExhausted,
    EventAgeExceeded,
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

    /// How many requests are waiting, running or to be tried again.
    pub fn outstanding(&self) -> usize {
        self.requests.len()
    }

    /// The request that an attempt belongs to, and how many attempts it has had.
    pub(crate) fn request_of(&self, invocation: InvocationId) -> Option<(String, u32)> {
        let (_, id) = self.running.get(&invocation)?;
        Some((id.clone(), self.attempts_of(id)))
    }

    /// How many attempts a request has had; 0 once it is over.
    pub(crate) fn attempts_of(&self, request: &str) -> u32 {
        self.requests.get(request).map_or(0, |request| request.attempts)
    }

    /// An event reaches the queue: the first attempt begins at once.
    pub(super) fn deliver(&mut self, delivery: Delivery, iam: &mut Iam, context: &mut Context<'_>) {
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
        self.attempt(&id, iam, context);
    }

    /// An attempt of a request begins, if the function may run once more.
    pub(super) fn attempt(&mut self, id: &str, iam: &mut Iam, context: &mut Context<'_>) {
        let Some(request) = self.requests.get(id) else { return };
        let Some(function) = self.functions.get(&request.function) else {
            self.requests.remove(id);
            return;
        };
        let at_once = self.running.values().filter(|(name, _)| *name == request.function).count();
        if function.concurrency == Some(0) {
            self.give_up(id, (Condition::RetriesExhausted, &throttled()), iam, context);
        } else if function.concurrency.is_some_and(|most| most <= at_once) {
            self.put_back(id, iam, context);
        } else {
            self.begin(id, context);
        }
    }

    fn begin(&mut self, id: &str, context: &mut Context<'_>) {
        let Some(request) = self.requests.get_mut(id) else { return };
        let Some(function) = self.functions.get(&request.function) else { return };
        request.attempts += 1;
        let start = Start {
            function: request.function.clone(),
            arn: function.arn.clone(),
            request: id.to_owned(),
            attempt: request.attempts,
            payload: request.payload.clone(),
            timeout: function.timeout,
        };
        let twin = |(name, other): &(String, String)| {
            *name == start.function
                && other != id
                && self.requests.get(other).is_some_and(|other| other.payload == start.payload)
        };
        if self.running.values().any(twin) {
            context.sometimes(Sometimes::OverlappingDuplicate);
        }
        context.start(start);
    }

    /// A throttled request goes back to the queue: after a second, then ever longer, up to five minutes.
    fn put_back(&mut self, id: &str, iam: &mut Iam, context: &mut Context<'_>) {
        let Some(request) = self.requests.get_mut(id) else { return };
        let wait =
            SignedDuration::from_secs(1_i64 << request.throttles.min(9)).min(SignedDuration::from_mins(5));
        request.throttles += 1;
        let again = time::later(context.now, wait);
        let max_age = self.functions.get(&request.function).map(|function| function.max_age);
        if max_age.is_some_and(|age| time::later(request.accepted_at, age) < again) {
            self.give_up(id, (Condition::EventAgeExceeded, &throttled()), iam, context);
        } else {
            context.at(again, Happening::Retry { request: id.to_owned() });
        }
    }

    pub(crate) fn begun(&mut self, invocation: InvocationId, start: &Start, context: &mut Context<'_>) {
        let Start { function, request, attempt, .. } = start.clone();
        self.running.insert(invocation, (function.clone(), request.clone()));
        context.note(Fact::Invoked { function, request, attempt });
    }

    pub(super) fn ended(
        &mut self,
        invocation: InvocationId,
        ended: &Ended,
        iam: &mut Iam,
        context: &mut Context<'_>,
    ) {
        let Some((name, id)) = self.running.remove(&invocation) else { return };
        let group = self.functions.get(&name).and_then(Function::log_arn);
        if group.is_some_and(|group| !iam.lets_log(&name, &group)) {
            *self.unlogged.entry(name.clone()).or_default() += 1;
        }
        let answer = ended.answer();
        let error = answer.as_ref().err().map(|error| format!("{}: {}", error.error_type, error.message));
        context.note(Fact::Ended { function: name.clone(), invocation, error });
        self.answers.insert(name.clone(), answer.clone());
        match answer {
            // The queue is eventually consistent: a request that succeeded may be delivered again.
            Ok(_) if is_redelivered(context) => {
                context.later(SignedDuration::from_mins(1), Happening::Retry { request: id });
            }
            Ok(_) => {
                self.requests.remove(&id);
            }
            Err(error) => self.try_again((&name, &id), &error, iam, context),
        }
    }

    /// Lambda waits one minute before the first retry and two before the second.
    fn try_again(
        &mut self,
        (name, id): (&str, &str),
        error: &FunctionError,
        iam: &mut Iam,
        context: &mut Context<'_>,
    ) {
        let Some((function, request)) = self.functions.get(name).zip(self.requests.get(id)) else { return };
        let wait = SignedDuration::from_mins(i64::from(request.attempts.min(2)));
        let too_old = time::later(request.accepted_at, function.max_age) < time::later(context.now, wait);
        if function.retries < request.attempts {
            self.give_up(id, (Condition::RetriesExhausted, error), iam, context);
        } else if too_old {
            self.give_up(id, (Condition::EventAgeExceeded, error), iam, context);
        } else {
            context.later(wait, Happening::Retry { request: id.to_owned() });
        }
    }

    fn give_up(
        &mut self,
        id: &str,
        why: (Condition, &FunctionError),
        iam: &mut Iam,
        context: &mut Context<'_>,
    ) {
        let Some(request) = self.requests.remove(id) else { return };
        let Some(function) = self.functions.get(&request.function) else { return };
        context.sometimes(Sometimes::RetriesExhausted);
        if let Some(queue) = &function.dead_letters {
            self.dead_letters.entry(queue.clone()).or_default().push(request.payload.clone());
            context.note(Fact::DeadLetter { queue: queue.clone(), function: request.function.clone() });
        }
        let mut destination = function.on_failure.clone();
        // The function's role writes the record. What it may not write is lost, and counted
        // (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>).
        if let Some(queue) = &destination
            && !iam.lets_send(&request.function, &function.beside("sqs", queue))
        {
            let metric = Metric::new("AWS/Lambda", "DestinationDeliveryFailures");
            let metric = metric.with("FunctionName", &request.function);
            context.later(SignedDuration::ZERO, Happening::Datapoint { metric, value: 1.0 });
            destination = None;
        }
        if let Some(queue) = &destination {
            let record = failure_record(function, &request, id, why, context.now);
            self.failures.entry(queue.clone()).or_default().push(record);
        }
        let payload = String::from_utf8_lossy(&request.payload).into_owned();
        context.note(Fact::Exhausted {
            function: request.function,
            request: id.to_owned(),
            destination,
            payload,
        });
    }
}

fn is_redelivered(context: &mut Context<'_>) -> bool {
    let rate = context.plan().redelivered;
    context.happens("trouble/redelivered", rate) || context.wants_fault("fault/redelivered")
}

fn throttled() -> FunctionError {
    FunctionError { error_type: "TooManyRequestsException".to_owned(), message: "Rate Exceeded.".to_owned() }
}

/// Puts an event on its way into a function's queue. A best-effort source may lose it; any may tell it twice, or late.
pub(super) fn hand_over(function: &str, payload: String, best_effort: bool, context: &mut Context<'_>) {
    let plan = context.plan().delivery.clone();
    if best_effort && (context.happens("trouble/lost", plan.lost) || context.wants_fault("fault/lost")) {
        context.note(Fact::Lost { function: function.to_owned() });
        return;
    }
    let copies = if context.happens("trouble/doubled", plan.doubled) { 2 } else { 1 };
    let payload = payload.into_bytes();
    for _ in 0..copies {
        let mut delay = SignedDuration::from_millis(50 + i64::from(context.choose("delivery", 1000)));
        if context.happens("trouble/late", plan.late) {
            delay +=
                context.choose_between("trouble/late-time", SignedDuration::from_secs(1), plan.longest());
        }
        let delivery = Delivery { function: function.to_owned(), payload: payload.clone() };
        context.later(delay, Happening::Deliver(delivery));
    }
}

/// The record that an on-failure destination gets
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
fn failure_record(
    function: &Function,
    request: &Request,
    id: &str,
    (condition, error): (Condition, &FunctionError),
    now: Timestamp,
) -> String {
    let payload: Value = serde_json::from_slice(&request.payload).unwrap_or(Value::Null);
    json!({
        "version": "1.0",
        "timestamp": now.to_string(),
        "requestContext": {
            "requestId": id,
            "functionArn": format!("{}:$LATEST", function.arn),
            "condition": format!("{condition:?}"),
            "approximateInvokeCount": request.attempts,
        },
        "requestPayload": payload,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": error.message, "errorType": error.error_type },
    })
    .to_string()
}
