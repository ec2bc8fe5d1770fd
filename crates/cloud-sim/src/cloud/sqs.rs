//! Standard queues
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html>).

use std::collections::BTreeMap;

use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

use super::cloudwatch::{Measured, Metric};
use super::{ApiError, Cloud, Happening};
use crate::kernel::Context;

/// The queues of the account.
#[derive(Clone, Debug, Default)]
pub struct Sqs {
    queues: BTreeMap<String, Queue>,
    last: u64,
}

/// A standard queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// For how long nobody else gets a message that somebody received
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>).
    pub visibility: SignedDuration,
    /// How long a message stays that nobody deletes.
    pub retention: SignedDuration,
    /// Where a message goes that was received so often and never deleted.
    pub redrive: Option<Redrive>,
    /// The longest message in bytes, attributes included. Unverified: it was 256 KiB for years, and is 1 MiB by now.
    pub longest: usize,
    messages: BTreeMap<u64, Stored>,
    /// How many messages were sent to it since it was last measured.
    sent: u32,
    /// The minute of the next measurement, where one is put down.
    measures: Option<Timestamp>,
    /// Until when it counts as active.
    active_until: Timestamp,
}

/// A redrive policy
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The dead-letter queue.
    pub dead_letters: String,
    /// How often a message is received before it goes there.
    pub max_receives: u32,
}

#[derive(Clone, Debug)]
struct Stored {
    message: QueueMessage,
    visible_from: Timestamp,
    receipt: u64,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// Its id.
    pub id: String,
    /// Its body.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How often it was received.
    pub receives: u32,
}

/// A message that somebody received, with what it takes to delete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message.
    pub message: QueueMessage,
    /// The handle to delete it by; a later one of the same message makes it void.
    pub receipt: String,
}

/// How many messages of a queue somebody could receive now, and how many somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// `ApproximateNumberOfMessagesVisible`.
    pub visible: u32,
    /// `ApproximateNumberOfMessagesNotVisible`.
    pub not_visible: u32,
}

/// For how long a queue is active after it was last used, or had a message; the metrics of one that was not are up to
/// [`LATE`] late when it wakes
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html>).
const ACTIVE: SignedDuration = SignedDuration::from_hours(6);
/// Always as late as may be; that they then come with the time that they are of is unverified.
const LATE: SignedDuration = SignedDuration::from_mins(15);

impl Default for Queue {
    fn default() -> Self {
        Self {
            visibility: SignedDuration::from_secs(30),
            retention: SignedDuration::from_hours(4 * 24),
            redrive: None,
            longest: 1 << 20,
            messages: BTreeMap::new(),
            sent: 0,
            measures: None,
            active_until: Timestamp::MIN,
        }
    }
}

impl Queue {
    /// The same queue, whose messages go to another once they were received so often.
    #[must_use]
    pub fn redrives_to(self, dead_letters: &str, max_receives: u32) -> Self {
        Self { redrive: Some(Redrive { dead_letters: dead_letters.to_owned(), max_receives }), ..self }
    }

    /// The same queue, which keeps messages so long: from a minute to 14 days.
    #[must_use]
    pub fn retains(self, retention: SignedDuration) -> Self {
        Self { retention, ..self }
    }

    fn forget(&mut self, now: Timestamp) {
        let retention = self.retention;
        self.messages.retain(|_, stored| now < time::later(stored.message.sent_at, retention));
    }

    fn depth(&self, now: Timestamp) -> Depth {
        let mut depth = Depth::default();
        for stored in self.messages.values() {
            let count = if stored.visible_from <= now { &mut depth.visible } else { &mut depth.not_visible };
            *count += 1;
        }
        depth
    }
}

/// The error of a queue that is not there.
fn no_queue() -> ApiError {
    ApiError::not_found("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
}

impl Sqs {
    /// Adds a queue.
    pub fn add_queue(&mut self, name: &str, queue: Queue) {
        self.queues.insert(name.to_owned(), queue);
    }

    /// Takes a queue away, and all that is in it.
    pub fn forget_queue(&mut self, name: &str) {
        self.queues.remove(name);
    }

    /// Whether there is a queue of that name.
    pub fn has(&self, name: &str) -> bool {
        self.queues.contains_key(name)
    }

    /// What is in a queue, visible or not, in the order of its arrival.
    pub fn messages(&self, name: &str) -> Vec<&QueueMessage> {
        let queue = self.queues.get(name);
        queue.into_iter().flat_map(|queue| queue.messages.values().map(|stored| &stored.message)).collect()
    }

    /// How full a queue is.
    pub fn depth(&self, name: &str, now: Timestamp) -> Depth {
        self.queues.get(name).map(|queue| queue.depth(now)).unwrap_or_default()
    }

    fn queue(&mut self, name: &str) -> Result<&mut Queue, ApiError> {
        self.queues.get_mut(name).ok_or_else(no_queue)
    }

    fn put(
        &mut self,
        name: &str,
        (body, attributes): (&str, BTreeMap<String, String>),
        now: Timestamp,
    ) -> Result<String, ApiError> {
        self.last += 1;
        let number = self.last;
        let queue = self.queue(name)?;
        let size = body.len() + attributes.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        if queue.longest < size {
            let message = format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                queue.longest
            );
            return Err(ApiError::rejected("InvalidParameterValue", message));
        }
        let id = format!("5fea7756-0ea4-451a-a703-{number:012x}");
        let message =
            QueueMessage { id: id.clone(), body: body.to_owned(), attributes, sent_at: now, receives: 0 };
        queue.messages.insert(number, Stored { message, visible_from: now, receipt: 0 });
        Ok(id)
    }

    /// Moves what was received too often to the dead-letter queue, where it keeps its age.
    fn redrive(&mut self, name: &str, now: Timestamp) {
        let Some(Queue { redrive: Some(redrive), messages, .. }) = self.queues.get_mut(name) else { return };
        let is_dead = |_: &u64, stored: &mut Stored| {
            stored.visible_from <= now && redrive.max_receives <= stored.message.receives
        };
        let dead: Vec<(u64, Stored)> = messages.extract_if(.., is_dead).collect();
        let to = redrive.dead_letters.clone();
        if let Some(queue) = self.queues.get_mut(&to) {
            queue.messages.extend(dead);
        }
    }
}

impl Cloud {
    /// `SendMessage`.
    ///
    /// # Errors
    ///
    /// When there is no such queue, or the message is too long.
    pub fn send_message(
        &mut self,
        queue: &str,
        message: (&str, BTreeMap<String, String>),
        context: &mut Context<'_>,
    ) -> Result<String, ApiError> {
        let id = self.sqs.put(queue, message, context.now)?;
        self.measure_queue(queue, context);
        let queue = self.sqs.queue(queue)?;
        queue.sent += 1;
        queue.active_until = time::later(context.now, ACTIVE);
        Ok(id)
    }

    /// `ReceiveMessage` of up to 10 messages, in no promised order. A standard queue delivers at least once: one that was
    /// received, or deleted, may come again
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html>).
    ///
    /// # Errors
    ///
    /// When there is no such queue, or more than 10 are wanted.
    pub fn receive_messages(
        &mut self,
        name: &str,
        most: usize,
        context: &mut Context<'_>,
    ) -> Result<Vec<Received>, ApiError> {
        if !(1..=10).contains(&most) {
            let message = format!(
                "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            );
            return Err(ApiError::rejected("InvalidParameterValue", message));
        }
        let now = context.now;
        self.sqs.queue(name)?.forget(now);
        self.sqs.redrive(name, now);
        let queue = self.sqs.queue(name)?;
        let is_visible = |(_, stored): &(&u64, &Stored)| stored.visible_from <= now;
        let mut visible: Vec<u64> =
            queue.messages.iter().filter(is_visible).map(|(number, _)| *number).collect();
        let mut received = Vec::new();
        while received.len() < most && !visible.is_empty() {
            let count = u32::try_from(visible.len()).unwrap_or(u32::MAX);
            let nth = usize::try_from(context.choose("queue/order", count)).unwrap_or(0);
            let number = visible.remove(nth.min(visible.len() - 1));
            let Some(stored) = queue.messages.get_mut(&number) else { continue };
            let again = context.happens("trouble/received-again", context.plan().delivery.received_again);
            if !again {
                stored.visible_from = time::later(now, queue.visibility);
            }
            stored.message.receives += 1;
            stored.receipt += 1;
            let receipt = format!("{number}-{}", stored.receipt);
            received.push(Received { message: stored.message.clone(), receipt });
        }
        Ok(received)
    }

    /// `DeleteMessage`. An old handle deletes nothing once the message was received again; unverified: that nothing is said
    /// about it.
    ///
    /// # Errors
    ///
    /// When there is no such queue, or the handle is none.
    pub fn delete_message(&mut self, name: &str, receipt: &str) -> Result<(), ApiError> {
        let parsed =
            receipt.split_once('-').and_then(|(n, r)| Some((n.parse().ok()?, r.parse::<u64>().ok()?)));
        let (number, receipt) = parsed.ok_or_else(|| {
            let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
            ApiError::rejected("ReceiptHandleIsInvalid", message)
        })?;
        let queue = self.sqs.queue(name)?;
        if queue.messages.get(&number).is_some_and(|stored| stored.receipt == receipt) {
            queue.messages.remove(&number);
        }
        Ok(())
    }

    /// Puts the next measurement of a queue down, if an alarm waits for one and it is not put down already.
    pub(super) fn measure_queue(&mut self, name: &str, context: &mut Context<'_>) {
        let watched = self.cloudwatch.alarms().any(|(_, alarm)| is_of(&alarm.metric, name));
        let Ok(queue) = self.sqs.queue(name) else { return };
        if watched && queue.measures.is_none() {
            // Metrics of SQS come each minute (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>).
            let wait = SignedDuration::from_mins(1);
            queue.measures = Some(time::later(context.now, wait));
            let is_active = context.now < queue.active_until;
            let wait = if is_active { wait } else { LATE };
            context.later(wait, Happening::Measure { queue: name.to_owned() });
        }
    }

    /// Measures a queue, and goes on as long as there is something in it. What SQS itself moves to a dead-letter queue is not sent
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>).
    pub(super) fn measured(&mut self, name: &str, context: &mut Context<'_>) {
        let Ok(queue) = self.sqs.queue(name) else { return };
        queue.forget(context.now);
        let at = queue.measures.take().unwrap_or(context.now);
        let (depth, is_empty) = (queue.depth(context.now), queue.messages.is_empty());
        let sent = std::mem::take(&mut queue.sent);
        if !is_empty {
            queue.active_until = time::later(context.now, ACTIVE);
        }
        for (metric, value) in [
            ("ApproximateNumberOfMessagesVisible", depth.visible),
            ("ApproximateNumberOfMessagesNotVisible", depth.not_visible),
            ("NumberOfMessagesSent", sent),
        ] {
            let metric = Metric::new("AWS/SQS", metric).with("QueueName", name);
            self.put_measured(Measured { metric, value: f64::from(value), at }, context);
        }
        if !is_empty {
            self.measure_queue(name, context);
        }
    }
}

fn is_of(metric: &Metric, queue: &str) -> bool {
    metric.namespace == "AWS/SQS" && metric.dimensions.get("QueueName").is_some_and(|name| name == queue)
}
