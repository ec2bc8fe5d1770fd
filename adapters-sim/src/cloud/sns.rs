//! Topics and their subscribers
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{MessageId, Notice};

use super::lambda::hand_over;
use super::{ApiError, Cloud, Fact, Place, iam, known};
use crate::kernel::Context;
use crate::payload;

/// The topics of the account, and what people and queues received from them.
#[derive(Clone, Debug, Default)]
pub struct Sns {
    topics: BTreeMap<String, Vec<Subscriber>>,
    delivered: Vec<Delivered>,
    /// How many deliveries are remembered; all, unless memory is to stay flat.
    pub remember: Option<usize>,
    last: u64,
}

/// Who gets what is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscriber {
    /// A person, by mail.
    Mail(String),
    /// A queue.
    Queue(String),
    /// A function.
    Function(String),
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
    /// Its subject, legal or not.
    pub subject: String,
    /// The body that people get.
    pub text: String,
    /// The body that queues and functions get.
    pub json: String,
    /// What it is about, for those who watch.
    pub key: String,
}

impl From<&Notice> for Message {
    fn from(notice: &Notice) -> Self {
        Self {
            subject: notice.subject().as_str().to_owned(),
            text: notice.text().to_owned(),
            json: notice.json().to_owned(),
            key: notice.key().to_owned(),
        }
    }
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
        self.topics.entry(arn.to_owned()).or_default().push(subscriber);
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

    fn deliver(&mut self, delivered: Delivered) {
        self.delivered.push(delivered);
        if let Some(most) = self.remember {
            let surplus = self.delivered.len().saturating_sub(most);
            self.delivered.drain(..surplus);
        }
    }
}

/// What SNS would not take of a message.
fn illegal(message: &Message) -> Option<&'static str> {
    let subject = &message.subject;
    if !(1..100).contains(&subject.chars().count()) || subject.chars().any(char::is_control) {
        Some("Invalid parameter: Subject")
    } else if LONGEST_MESSAGE < message.text.len() + 2 * message.json.len() {
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
        let Message { subject, text, json, key } = message;
        let subscribers = self
            .sns
            .topics
            .get(topic)
            .cloned()
            .ok_or_else(|| ApiError::not_found("NotFound", "Topic does not exist"))?;
        let id = self.sns.next_id();
        context.note(Fact::Published {
            topic: topic.to_owned(),
            subject: subject.clone(),
            key: key.clone(),
            json: json.clone(),
        });
        for to in subscribers {
            let (body, function) = match &to {
                Subscriber::Mail(_) => (text, None),
                Subscriber::Queue(_) => (json, None),
                Subscriber::Function(name) => (json, Some(name.clone())),
            };
            if let Some(function) = function {
                let message = payload::Sns { topic, id: &id, subject, message: body, at: context.now };
                hand_over(&function, payload::sns(&message), false, context);
            }
            let (subject, body, key) = (subject.clone(), body.clone(), key.clone());
            self.sns.deliver(Delivered { at: context.now, to, subject, body, key });
        }
        Ok(known(&id))
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
        let request = iam::Request::new("sns:Publish", topic).knowing(iam::Keys::of_source(&source, place));
        if !self.iam.allows_service("cloudwatch.amazonaws.com", &request) {
            context.note(Fact::NoticeRefused { topic: topic.to_owned(), why: "not authorized" });
            return;
        }
        let subscribers = self.sns.topics.get(topic).cloned().unwrap_or_default();
        let id = self.sns.next_id();
        for to in subscribers {
            if let Subscriber::Function(function) = &to {
                let message = payload::Sns { topic, id: &id, subject, message, at: context.now };
                hand_over(function, payload::sns(&message), false, context);
                continue;
            }
            let (subject, body) = (subject.to_owned(), message.to_owned());
            self.sns.deliver(Delivered { at: context.now, to, subject, body, key: alarm.to_owned() });
        }
    }
}
