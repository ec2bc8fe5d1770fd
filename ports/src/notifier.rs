use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{MessageId, PortError};

/// The subject of a notice: 1 to 99 printable ASCII characters.
///
/// Amazon SNS wants fewer than 100 characters without line breaks or control characters; its documentation has
/// asked for ASCII and for UTF-8 at different times, so this keeps to what is right under both
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

impl Subject {
    /// The most characters a subject may have.
    pub const LONGEST: usize = 99;

    /// Makes a legal subject of any text: line breaks and control characters become spaces, other characters
    /// outside ASCII become `?`, and what is too long is cut and ends in `...`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ports::Subject;
    ///
    /// assert_eq!(Subject::fit("[Auto-Snapshot] web\n1 (stopped)").as_str(), "[Auto-Snapshot] web 1 (stopped)");
    /// assert_eq!(Subject::fit("caf\u{e9}").as_str(), "caf?");
    /// assert_eq!(Subject::fit(&"x".repeat(300)).as_str().len(), Subject::LONGEST);
    /// assert_eq!(Subject::fit(" ").as_str(), "(no subject)");
    /// ```
    pub fn fit(text: &str) -> Self {
        let legal = |c: char| match c {
            c if c.is_control() || c.is_whitespace() => ' ',
            c if c.is_ascii() => c,
            _ => '?',
        };
        let line: String = text.chars().map(legal).collect();
        let line = line.trim();
        if line.is_empty() {
            Self("(no subject)".to_owned())
        } else if line.len() <= Self::LONGEST {
            Self(line.to_owned())
        } else {
            let kept = Self::LONGEST.saturating_sub(3);
            Self(line.chars().take(kept).chain("...".chars()).collect())
        }
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl From<String> for Subject {
    fn from(text: String) -> Self {
        Self::fit(&text)
    }
}

/// A message to people and to machines. It cannot be built with an illegal subject or an oversized body.
///
/// Both forms travel together (`MessageStructure=json`): a mail gets the text, a queue gets the JSON. Together they
/// must stay below the 262,144 bytes that Amazon SNS accepts, counted after JSON has escaped them: the text goes out
/// once, the JSON twice (for queues and for functions).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    subject: Subject,
    text: String,
    json: String,
    key: String,
}

impl Notice {
    /// The most bytes that each of the two forms may take, once escaped.
    pub const LONGEST_FORM: usize = 80_000;

    /// Makes a notice. Text that is too long is cut on a character and says so; JSON that is too long is replaced
    /// by an object that says so, because half a JSON text is none.
    ///
    /// `key` names what is told, so that a reader can drop a second copy: notices arrive at least once.
    ///
    /// # Examples
    ///
    /// ```
    /// use ports::{Notice, Subject};
    ///
    /// let notice = Notice::new(Subject::fit("[Daily Ops Report] 2026-11-23"), "All well.", "{}", "night#report#2026-11-23");
    /// assert_eq!(notice.text(), "All well.");
    /// let long = Notice::new(Subject::fit("long"), &"x".repeat(300_000), "{}", "k");
    /// assert!(long.text().len() <= Notice::LONGEST_FORM && long.text().ends_with("[cut: the text was too long]"));
    /// ```
    pub fn new(subject: Subject, text: &str, json: &str, key: &str) -> Self {
        let json = if escaped(json) <= Self::LONGEST_FORM {
            json.to_owned()
        } else {
            r#"{"omitted":"the details were too long for a message"}"#.to_owned()
        };
        Self { subject, text: cut(text, Self::LONGEST_FORM), json, key: key.to_owned() }
    }

    /// The subject line.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The body for people.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body for machines: a JSON text.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What is told; the same for every copy.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// How many bytes a text takes inside a JSON string inside a JSON string, at the most.
fn escaped(text: &str) -> usize {
    text.chars().map(escaped_char).fold(0, usize::saturating_add)
}

fn escaped_char(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    }
}

fn cut(text: &str, most: usize) -> String {
    const MARK: &str = "\n[cut: the text was too long]";
    if escaped(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(escaped(MARK));
    let mut used = 0_usize;
    let kept = text.chars().take_while(|c| {
        used = used.saturating_add(escaped_char(*c));
        used <= room
    });
    kept.chain(MARK.chars()).collect()
}

/// Tells people.
///
/// # Contract
///
/// 1. `notifier_1_subscribers_get_both_forms`: after success, a mail subscriber MUST get the text and a queue the
///    JSON, under the notice's subject.
/// 2. `notifier_2_publish_is_not_repeated`: `publish` MUST send at most one request: a standard topic has no token
///    that would tell a repetition from a second notice.
/// 3. `notifier_3_missing_topic_is_not_found`: a missing topic MUST give
///    [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Notifier: Debug + Send + Sync {
    /// Publishes a notice and returns the topic's id for it.
    ///
    /// # Errors
    ///
    /// When the topic refuses or cannot be asked; see [`PortError::effect`] for what is then known.
    async fn publish(&self, notice: &Notice) -> Result<MessageId, PortError>;
}
