//! Topics and their subscribers
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{MessageId, Notice};

use super::lambda::hand_over;
use super::{ApiError, Cloud, Fact, known};
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
    /// Its subject, legal or not, if it has one.
    pub subject: Option<String>,
    /// The body that people get.
    pub text: String,
    /// The body that queues and functions get.
    pub json: String,
    /// What it is about, for those who watch.
    pub key: String,
    /// How many bytes it has in the request, in all its forms.
    pub bytes: usize,
}

impl From<&Notice> for Message {
    fn from(notice: &Notice) -> Self {
        Self {
            subject: Some(notice.subject().as_str().to_owned()),
            bytes: notice.text().len() + 2 * notice.json().len(),
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

    /// The ARNs of all topics.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.keys().map(String::as_str)
    }

    /// How many subscribed to a topic; `None` when there is no such topic.
    pub fn subscribers(&self, arn: &str) -> Option<usize> {
        self.topics.get(arn).map(Vec::len)
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
        let Message { text, json, key, .. } = message;
        let subject = message.subject.clone().unwrap_or_default();
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
                let message =
                    payload::Sns { topic, id: &id, subject: &subject, message: body, at: context.now };
                hand_over(&function, payload::sns(&message), false, context);
            }
            let (subject, body, key) = (subject.clone(), body.clone(), key.clone());
            self.sns.deliver(Delivered { at: context.now, to, subject, body, key });
        }
        Ok(known(&id))
    }

    /// Sends an alarm's own message to a topic.
    pub(super) fn publish_alarm(
        &mut self,
        topic: &str,
        subject: &str,
        message: &str,
        context: &mut Context<'_>,
    ) {
        let subscribers = self.sns.topics.get(topic).cloned().unwrap_or_default();
        let id = self.sns.next_id();
        for subscriber in subscribers {
            if let Subscriber::Function(function) = subscriber {
                let message = payload::Sns { topic, id: &id, subject, message, at: context.now };
                hand_over(&function, payload::sns(&message), false, context);
            }
        }
    }
}
