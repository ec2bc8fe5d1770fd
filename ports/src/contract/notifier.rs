//! The clauses of [`Notifier`].

use async_trait::async_trait;

use crate::{Effect, ErrorKind, Notice, Notifier, Subject};

/// An adapter of [`Notifier`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter, for a topic that a queue and a person subscribe to.
    fn notifier(&self) -> &dyn Notifier;
    /// The same for a topic that does not exist.
    fn nowhere(&self) -> &dyn Notifier;
    /// What the queue got, and what a subscriber got who wants no form of its own.
    async fn received(&self) -> Vec<Received>;
    /// How many requests to publish have reached the world.
    async fn requests(&self) -> usize;
    /// Loses the answer to the next of them, which takes effect.
    async fn lose_next_reply(&self);
}

/// What one subscriber got of one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The subject.
    pub subject: String,
    /// The text, in the form for this subscriber.
    pub body: String,
    /// Whether it is the queue that got it.
    pub by_queue: bool,
}

all! {
    notifier_1_subscribers_get_both_forms
    notifier_2_publish_is_not_repeated
    notifier_3_missing_topic_is_not_found
}

fn notice() -> Notice {
    Notice::new(
        Subject::fit("[Auto-Snapshot] web (stopped)"),
        "for people",
        r#"{"for":"machines"}"#,
        "snap#i-1",
    )
}

pub async fn notifier_1_subscribers_get_both_forms(stage: &dyn Stage) {
    stage.notifier().publish(&notice()).await.unwrap();
    let got = stage.received().await;
    let form = |body: &str, by_queue| Received {
        subject: "[Auto-Snapshot] web (stopped)".to_owned(),
        body: body.to_owned(),
        by_queue,
    };
    assert!(got.contains(&form("for people", false)), "{got:?}");
    assert!(got.contains(&form(r#"{"for":"machines"}"#, true)), "{got:?}");
}

pub async fn notifier_2_publish_is_not_repeated(stage: &dyn Stage) {
    stage.lose_next_reply().await;
    let error = stage.notifier().publish(&notice()).await.unwrap_err();
    assert_eq!((error.effect(), stage.requests().await), (Effect::Unknown, 1));
}

pub async fn notifier_3_missing_topic_is_not_found(stage: &dyn Stage) {
    let error = stage.nowhere().publish(&notice()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
