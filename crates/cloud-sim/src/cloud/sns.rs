//! Topics and their subscribers
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use std::collections::BTreeMap;

use aws_vocabulary::MessageId;
use jiff::{SignedDuration, Timestamp};

pub use super::delivery::Target as Subscriber;
use super::delivery::{Dispatch, hand_over};
use super::{ApiError, Cloud, Fact, Place, iam, known};
use crate::kernel::Context;
use crate::payload;

/// The topics of the account, and what people and queues received from them.
#[derive(Clone, Debug, Default)]
pub struct Sns {
    topics: BTreeMap<String, Vec<Subscription>>,
    delivered: Vec<Delivered>,
    /// How many deliveries are remembered; all, unless memory is to stay flat.
    pub remember: Option<usize>,
    last: u64,
}

/// A subscription to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Who gets what is published.
    pub to: Subscriber,
    /// The queue for what did not reach them
    /// (<https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html>).
    pub dead_letters: Option<String>,
    /// Whether a queue gets the bare message, without SNS's envelope
    /// (<https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html>).
    pub raw: bool,
}

impl Subscription {
    /// One with nothing special about it.
    pub fn of(to: Subscriber) -> Self {
        Self { to, dead_letters: None, raw: false }
    }
}

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub to: Subscriber,
    /// Its subject.
    pub subject: String,
    /// Its text, in the form that this subscriber gets.
    pub body: String,
    /// What it is about.
    pub key: String,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its subject, legal or not, if it has one.
    pub subject: Option<String>,
    /// The body that people get.
    pub text: String,
    /// The body that queues and functions get.
    pub json: String,
    /// What it is about, for those who watch: the value of its first attribute, or else its subject.
    pub key: String,
    /// How many bytes it has in the request, in all its forms.
    pub bytes: usize,
}

/// What SNS accepts in all.
const LONGEST_MESSAGE: usize = 262_144;

impl Sns {
    /// Adds a topic.
    pub fn add_topic(&mut self, arn: &str) {
        self.topics.entry(arn.to_owned()).or_default();
    }

    /// Subscribes to a topic.
    pub fn subscribe(&mut self, arn: &str, subscriber: Subscriber) {
        self.add_subscription(arn, Subscription::of(subscriber));
    }

    /// Subscribes to a topic in a way of one's own.
    pub fn add_subscription(&mut self, arn: &str, subscription: Subscription) {
        self.topics.entry(arn.to_owned()).or_default().push(subscription);
    }

    /// Whether there is a topic of that ARN.
    pub fn has_topic(&self, arn: &str) -> bool {
        self.topics.contains_key(arn)
    }

    /// The ARNs of all topics.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.keys().map(String::as_str)
    }

    /// How many subscribed to a topic; `None` when there is no such topic.
    pub fn subscribers(&self, arn: &str) -> Option<usize> {
        self.topics.get(arn).map(Vec::len)
    }

    /// Whether people get what is published to a topic.
    pub fn tells_people(&self, arn: &str) -> bool {
        let mut to = self.topics.get(arn).into_iter().flatten().map(|subscription| &subscription.to);
        to.any(|to| matches!(to, Subscriber::Mail(_)))
    }

    /// What arrived, in the order of its arrival.
    pub fn delivered(&self) -> &[Delivered] {
        &self.delivered
    }

    /// The mails that arrived.
    pub fn mails(&self) -> impl Iterator<Item = &Delivered> {
        self.delivered.iter().filter(|d| matches!(d.to, Subscriber::Mail(_)))
    }

    fn next_id(&mut self) -> String {
        self.last += 1;
        format!("95df01b4-ee98-5cb9-9903-{:012x}", self.last)
    }

    pub(super) fn deliver(&mut self, delivered: Delivered) {
        self.delivered.push(delivered);
        if let Some(most) = self.remember {
            let surplus = self.delivered.len().saturating_sub(most);
            self.delivered.drain(..surplus);
        }
    }
}

/// What SNS would not take of a message.
fn illegal(message: &Message) -> Option<&'static str> {
    let is_legal = |subject: &String| {
        (1..100).contains(&subject.chars().count()) && !subject.chars().any(char::is_control)
    };
    if !message.subject.as_ref().is_none_or(is_legal) {
        Some("Invalid parameter: Subject")
    } else if LONGEST_MESSAGE < message.bytes {
        Some("Invalid parameter: Message too long")
    } else {
        None
    }
}

impl Cloud {
    /// `Publish` of a message in both its forms.
    ///
    /// # Errors
    ///
    /// When there is no such topic, or SNS would not take subject or message.
    pub fn publish(
        &mut self,
        topic: &str,
        message: &Message,
        context: &mut Context<'_>,
    ) -> Result<MessageId, ApiError> {
        if let Some(why) = illegal(message) {
            context.note(Fact::NoticeRefused { topic: topic.to_owned(), why });
            return Err(ApiError::rejected("InvalidParameter", why));
        }
        let Message { json, key, .. } = message;
        let subscribers = self
            .sns
            .topics
            .get(topic)
            .cloned()
            .ok_or_else(|| ApiError::not_found("NotFound", "Topic does not exist"))?;
        let id = self.sns.next_id();
        context.note(Fact::Published {
            topic: topic.to_owned(),
            subject: message.subject.clone().unwrap_or_default(),
            key: key.clone(),
            json: json.clone(),
        });
        self.fan_out((topic, &id), &subscribers, message, context);
        Ok(known(&id))
    }

    /// Puts a message on its way to everybody who subscribed. A queue that is only a name gets it as a person does: at once,
    /// and bare.
    fn fan_out(
        &mut self,
        (topic, id): (&str, &str),
        subscribers: &[Subscription],
        message: &Message,
        context: &mut Context<'_>,
    ) {
        let Message { text, json, .. } = message;
        let subject = message.subject.as_deref().unwrap_or_default();
        for Subscription { to, dead_letters, raw } in subscribers {
            let told = payload::Sns { topic, id, subject, message: json, at: context.now };
            let (payload, at_once) = match to {
                Subscriber::Mail(_) => (text.clone(), true),
                Subscriber::Queue(name) if !self.sqs.has(name) => (json.clone(), true),
                Subscriber::Queue(_) if *raw => (json.clone(), false),
                Subscriber::Queue(_) => (payload::sns_to_queue(&told), false),
                Subscriber::Function(_) => (payload::sns(&told), false),
            };
            let to = (to, payload.as_str(), dead_letters.as_deref());
            let dispatch = Dispatch::of_topic(topic, to, message, context.now);
            if at_once {
                self.dispatch(dispatch, context);
            } else {
                hand_over(&dispatch, (false, SignedDuration::ZERO), context);
            }
        }
    }

    /// Sends an alarm's own message to a topic, if the topic's policy lets CloudWatch do that for this alarm
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>).
    pub(super) fn publish_alarm(
        &mut self,
        topic: &str,
        (subject, message): (&str, &str),
        (place, alarm): (&Place, &str),
        context: &mut Context<'_>,
    ) {
        let source = place.arn("cloudwatch", &format!("alarm:{alarm}"));
        let request = iam_policy::Request::new("sns:Publish", topic).knowing(iam::of_source(&source, place));
        if !self.iam.allows_service("cloudwatch.amazonaws.com", &request) {
            context.note(Fact::NoticeRefused { topic: topic.to_owned(), why: "not authorized" });
            return;
        }
        self.publish_unasked(topic, (subject, message), context);
    }

    /// Sends a message of a service's own to a topic.
    pub(super) fn publish_unasked(
        &mut self,
        topic: &str,
        (subject, message): (&str, &str),
        context: &mut Context<'_>,
    ) {
        let subscribers = self.sns.topics.get(topic).cloned().unwrap_or_default();
        let id = self.sns.next_id();
        let (key, bytes, message) = (subject.to_owned(), message.len(), message.to_owned());
        let subject = Some(subject.to_owned());
        let message = Message { subject, text: message.clone(), json: message, key, bytes };
        self.fan_out((topic, &id), &subscribers, &message, context);
    }
}
