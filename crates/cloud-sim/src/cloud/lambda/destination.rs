use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::delivery::Target;
use crate::cloud::eventbridge::lambda_result;
use crate::cloud::s3::Object;
use crate::cloud::{Cloud, Fact, Happening};
use crate::kernel::{Context, FunctionError};

use super::Delivery;

/// What a request that is over leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    function: String,
    request: String,
    record: Option<(String, String)>,
    pub(super) letter: Option<Letter>,
}

/// An event for a dead-letter queue: as it came, and why
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    queue: String,
    event: Vec<u8>,
    code: String,
    message: String,
}

impl Letter {
    pub(super) fn new(queue: &str, event: &[u8], error: &FunctionError) -> Self {
        let code = if error.error_type.starts_with("TooManyRequests") { "429" } else { "200" };
        let message = format!("{}: {}", error.error_type, error.message).chars().take(1024).collect();
        Self { queue: queue.to_owned(), event: event.to_vec(), code: code.to_owned(), message }
    }
}

/// The most that SNS takes (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
const LONGEST_MESSAGE: usize = 262_144;

impl Outcome {
    pub(super) fn new(function: String, request: &str) -> Self {
        Self { function, request: request.to_owned(), record: None, letter: None }
    }

    pub(super) fn record(self, destination: &str, record: String) -> Self {
        Self { record: Some((destination.to_owned(), record)), ..self }
    }

    pub(super) fn send(self, context: &mut Context<'_>) {
        if self.record.is_some() || self.letter.is_some() {
            context.later(SignedDuration::ZERO, Happening::Outcome(Box::new(self)));
        }
    }
}

impl Cloud {
    /// Sends what a request left behind to where it is to go. What cannot be sent is gone: only a metric tells of it
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
    pub(in crate::cloud) fn leave_behind(&mut self, outcome: Outcome, context: &mut Context<'_>) {
        let Outcome { function, request, record, letter } = outcome;
        if let Some(letter) = letter {
            let queue = letter.queue.clone();
            if self.send_letter(letter, &request, context) {
                context.note(Fact::DeadLetter { queue, function: function.clone() });
            } else {
                self.not_sent(&function, ("DeadLetterErrors", &queue), context);
            }
        }
        if let Some((destination, record)) = record {
            // The function's role writes the record.
            let queue = match To::of(&destination) {
                To::Queue(_) => Some(destination.clone()),
                To::Name => Some(self.place.arn("sqs", &destination)),
                To::Topic | To::Function(_) | To::Bus | To::Bucket(_) => None,
            };
            let may = queue.is_none_or(|queue| self.iam.lets_send(&function, &queue));
            if may && self.send_record(&destination, &record, (&function, &request), context) {
                self.lambda.failures.entry(destination).or_default().push(record);
            } else {
                self.not_sent(&function, ("DestinationDeliveryFailures", &destination), context);
            }
        }
    }

    fn not_sent(&mut self, function: &str, (metric, to): (&'static str, &str), context: &mut Context<'_>) {
        context.note(Fact::Undelivered { to: to.to_owned(), why: metric, action: None });
        self.lambda.measure(function, (metric, 1.0), context.now);
    }

    fn send_letter(&mut self, letter: Letter, request: &str, context: &mut Context<'_>) -> bool {
        let Letter { queue, event, code, message } = letter;
        let body = String::from_utf8_lossy(&event).into_owned();
        let sent = match To::of(&queue) {
            To::Topic => self.send_to_topic(&queue, &body, context),
            To::Name if !self.sqs.has(&queue) => true,
            To::Queue(_) | To::Name => {
                let name = queue.rsplit(':').next().unwrap_or(&queue);
                let attributes = [("RequestID", request), ("ErrorCode", &code), ("ErrorMessage", &message)];
                let attributes = attributes.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
                self.send_to_queue(name, (&body, attributes.collect()), context)
            }
            To::Function(_) | To::Bus | To::Bucket(_) => false,
        };
        if sent {
            self.lambda.dead_letters.entry(queue).or_default().push(Bytes::from(event));
        }
        sent
    }

    fn send_record(
        &mut self,
        destination: &str,
        record: &str,
        (function, request): (&str, &str),
        context: &mut Context<'_>,
    ) -> bool {
        match To::of(destination) {
            To::Queue(name) => self.send_to_queue(name, (record, BTreeMap::new()), context),
            To::Name if self.sqs.has(destination) => {
                self.send_to_queue(destination, (record, BTreeMap::new()), context)
            }
            To::Name => true,
            To::Topic if record.len() <= LONGEST_MESSAGE => self.send_to_topic(destination, record, context),
            To::Topic => self.send_to_topic(destination, &without_payload(record), context),
            To::Function(name) => {
                let there = self.lambda.has(name);
                if there {
                    let payload = record.as_bytes().to_vec();
                    self.lambda.deliver(Delivery { function: name.to_owned(), payload }, context);
                }
                there
            }
            To::Bus => {
                lambda_result(self, function, record, context);
                true
            }
            To::Bucket(name) => {
                let day = context.now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S");
                let key = format!("aws/lambda/async/{function}/{day}-{request}").parse();
                let object = Object {
                    bytes: Bytes::from(record.to_owned()),
                    content_type: "application/json".to_owned(),
                };
                match (self.s3.bucket(name), key) {
                    (Ok(bucket), Ok(key)) => {
                        // A record that is there already is as good.
                        let _ = bucket.put_new(&key, object, context);
                        true
                    }
                    (Ok(_) | Err(_), _) => false,
                }
            }
        }
    }

    fn send_to_queue(
        &mut self,
        name: &str,
        message: (&str, BTreeMap<String, String>),
        context: &mut Context<'_>,
    ) -> bool {
        let is_blocked = self.blocked.contains_key(&Target::Queue(name.to_owned()));
        !is_blocked && self.send_message(name, message, context).is_ok()
    }

    fn send_to_topic(&mut self, topic: &str, text: &str, context: &mut Context<'_>) -> bool {
        let fits = self.sns.has_topic(topic) && text.len() <= LONGEST_MESSAGE;
        if fits {
            self.publish_unasked(topic, ("", text), context);
        }
        fits
    }
}

/// What a destination's name says of it.
enum To<'a> {
    Queue(&'a str),
    Topic,
    Function(&'a str),
    Bus,
    Bucket(&'a str),
    Name,
}

impl<'a> To<'a> {
    fn of(destination: &'a str) -> Self {
        let parts: Vec<&str> = destination.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "sqs", _, _, name] => Self::Queue(name),
            ["arn", _, "sns", ..] => Self::Topic,
            ["arn", _, "lambda", _, _, name] => {
                Self::Function(name.strip_prefix("function:").unwrap_or(name))
            }
            ["arn", _, "events", ..] => Self::Bus,
            ["arn", _, "s3", _, _, name] => Self::Bucket(name),
            _ => Self::Name,
        }
    }
}

/// The same record without the event: what is too long for a topic is told without it. Unverified: what is left of it.
fn without_payload(record: &str) -> String {
    let mut record: Value = serde_json::from_str(record).unwrap_or_default();
    if let Some(members) = record.as_object_mut() {
        members.remove("requestPayload");
        members.remove("responsePayload");
    }
    record.to_string()
}
