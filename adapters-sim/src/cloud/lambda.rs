//! Functions and the queue in front of them
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Fact, Happening, Place};
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
}

/// How a function is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its ARN.
    pub arn: String,
    /// How long it may run, at most 900 s.
    pub timeout: SignedDuration,
    /// How often a failed request is tried again, at most 2.
    pub retries: u32,
    /// Where the record of a request that was given up goes.
    pub on_failure: Option<String>,
}

impl Function {
    /// A function with Lambda's own defaults but for its timeout.
    pub fn new(place: &Place, name: &str, timeout: SignedDuration) -> Self {
        Self { arn: place.arn("lambda", &format!("function:{name}")), timeout, retries: 2, on_failure: None }
    }

    /// The same function with a failure destination.
    #[must_use]
    pub fn on_failure(self, destination: &str) -> Self {
        Self { on_failure: Some(destination.to_owned()), ..self }
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

#[derive(Clone, Debug)]
struct Request {
    function: String,
    payload: Bytes,
    attempts: u32,
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

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The function answered.
    Answered(Result<Value, FunctionError>),
    /// The runtime ended it at its deadline.
    TimedOut,
}

impl Lambda {
    /// Adds a function.
    pub fn add_function(&mut self, name: &str, function: Function) {
        self.functions.insert(name.to_owned(), function);
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

    /// An event reaches the queue: the first attempt begins at once.
    pub(super) fn deliver(&mut self, delivery: Delivery, context: &mut Context<'_>) {
        self.last += 1;
        let id = format!("c6af9ac6-7b61-11e6-9a41-{:012x}", self.last);
        let payload = Bytes::from(delivery.payload);
        self.requests.insert(id.clone(), Request { function: delivery.function, payload, attempts: 0 });
        self.attempt(&id, context);
    }

    /// An attempt of a request begins.
    pub(super) fn attempt(&mut self, id: &str, context: &mut Context<'_>) {
        let Some(request) = self.requests.get_mut(id) else { return };
        let Some(function) = self.functions.get(&request.function) else {
            self.requests.remove(id);
            return;
        };
        request.attempts += 1;
        let (name, attempt) = (request.function.clone(), request.attempts);
        context.note(Fact::Invoked { function: name.clone(), request: id.to_owned(), attempt });
        context.start(Start {
            function: name,
            arn: function.arn.clone(),
            request: id.to_owned(),
            attempt,
            payload: request.payload.clone(),
            timeout: function.timeout,
        });
    }

    pub(crate) fn begun(&mut self, invocation: InvocationId, start: &Start) {
        self.running.insert(invocation, (start.function.clone(), start.request.clone()));
    }

    pub(super) fn ended(&mut self, invocation: InvocationId, ended: &Ended, context: &mut Context<'_>) {
        let Some((name, id)) = self.running.remove(&invocation) else { return };
        let answer = match ended {
            Ended::Answered(answer) => answer.clone(),
            Ended::TimedOut => Err(FunctionError {
                error_type: "Sandbox.Timedout".to_owned(),
                message: "Task timed out".to_owned(),
            }),
        };
        let error = answer.as_ref().err().map(|error| format!("{}: {}", error.error_type, error.message));
        context.note(Fact::Ended { function: name.clone(), invocation, error });
        self.answers.insert(name.clone(), answer.clone());
        match answer {
            Ok(_) => {
                self.requests.remove(&id);
            }
            Err(error) => self.try_again(&name, &id, &error, context),
        }
    }

    /// Lambda waits one minute before the first retry and two before the second.
    fn try_again(&mut self, name: &str, id: &str, error: &FunctionError, context: &mut Context<'_>) {
        let Some((function, request)) = self.functions.get(name).zip(self.requests.get(id)) else { return };
        if request.attempts <= function.retries {
            let wait = SignedDuration::from_mins(i64::from(request.attempts));
            context.later(wait, Happening::Retry { request: id.to_owned() });
            return;
        }
        let destination = function.on_failure.clone();
        if let Some(queue) = &destination {
            let record = failure_record(function, request, id, error, context.now);
            self.failures.entry(queue.clone()).or_default().push(record);
        }
        self.requests.remove(id);
        context.note(Fact::Exhausted { function: name.to_owned(), request: id.to_owned(), destination });
    }
}

/// Puts an event on its way into a function's queue.
pub(super) fn hand_over(function: &str, payload: String, context: &mut Context<'_>) {
    let delay = SignedDuration::from_millis(50 + i64::from(context.choose("delivery", 1000)));
    context.later(
        delay,
        Happening::Deliver(Delivery { function: function.to_owned(), payload: payload.into_bytes() }),
    );
}

/// The record that an on-failure destination gets
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
fn failure_record(
    function: &Function,
    request: &Request,
    id: &str,
    error: &FunctionError,
    now: Timestamp,
) -> String {
    let payload: Value = serde_json::from_slice(&request.payload).unwrap_or(Value::Null);
    json!({
        "version": "1.0",
        "timestamp": now.to_string(),
        "requestContext": {
            "requestId": id,
            "functionArn": format!("{}:$LATEST", function.arn),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": request.attempts,
        },
        "requestPayload": payload,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": error.message, "errorType": error.error_type },
    })
    .to_string()
}
