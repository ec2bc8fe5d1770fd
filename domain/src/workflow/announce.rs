//! Tells people, as an effect of its own: a notice that fails never touches what it is about.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::{Clock, Ledger, LedgerKey, MessageId, Notice, Notifier, PortError, Stored};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Found, Unfinished};
use super::once::{How, Once, OnceError};
use super::run::Run;
use crate::policy::key;
use crate::policy::once::{Fence, InDoubt};

/// The ports that telling people needs.
#[derive(Clone, Copy, Debug)]
pub struct AnnouncePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What was told already.
    pub ledger: &'a dyn Ledger,
    /// The topic.
    pub notifier: &'a dyn Notifier,
}

/// Whether people were told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announced {
    /// They were told in this run.
    Sent(MessageId),
    /// They had been told before.
    Before(MessageId),
    /// They were not told; a later delivery tries again.
    Failed(String),
}

impl Announced {
    /// Why people were not told, if they were not.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            Self::Sent(_) | Self::Before(_) => None,
        }
    }
}

/// Publishes a notice about what happened under its key, once: at least once, when the topic's answer is lost.
pub async fn announce(ports: AnnouncePorts<'_>, run: &Run, notice: Notice) -> Announced {
    tell(ports, run, notice).await.unwrap_or_else(|error| Announced::Failed(error.to_string()))
}

/// The same for an effect, whose entry under `key` stays open until people know of it.
pub(super) async fn announce_effect(
    ports: AnnouncePorts<'_>,
    run: &Run,
    notice: Notice,
    of: (&LedgerKey, Option<Stored>),
) -> Announced {
    let announced = tell_effect(ports, run, notice, of).await;
    announced.unwrap_or_else(|error| Announced::Failed(error.to_string()))
}

/// The same, with the error for those who go by it.
pub(super) async fn tell_effect(
    ports: AnnouncePorts<'_>,
    run: &Run,
    notice: Notice,
    (key, untold): (&LedgerKey, Option<Stored>),
) -> Result<Announced, OnceError> {
    let announced = tell(ports, run, notice).await?;
    Once { ledger: ports.ledger, clock: ports.clock, run }.told(key, untold).await;
    Ok(announced)
}

async fn tell(ports: AnnouncePorts<'_>, run: &Run, notice: Notice) -> Result<Announced, OnceError> {
    let key = key::notice(&LedgerKey::new(notice.key())?)?;
    publish(ports, run, Tell { notifier: ports.notifier, key, notice }, None).await
}

/// Publishes a notice whose entry was found open.
pub(super) async fn tell_open(
    ports: AnnouncePorts<'_>,
    run: &Run,
    (key, stored): (LedgerKey, Stored),
    notice: Notice,
) -> Result<Announced, OnceError> {
    publish(ports, run, Tell { notifier: ports.notifier, key, notice }, Some(stored)).await
}

async fn publish(
    ports: AnnouncePorts<'_>,
    run: &Run,
    tell: Tell<'_>,
    stored: Option<Stored>,
) -> Result<Announced, OnceError> {
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    let performed = once.perform_from(&tell, stored).await?;
    Ok(match performed.how {
        How::Fresh | How::Adopted => Announced::Sent(performed.outcome),
        How::Recorded => Announced::Before(performed.outcome),
    })
}

/// Publishing one notice. It is written down whole before it goes out, so that whoever finds it unsent can send it.
pub(super) struct Tell<'a> {
    notifier: &'a dyn Notifier,
    key: LedgerKey,
    notice: Notice,
}

#[async_trait]
impl Effect for Tell<'_> {
    /// An entry of format 1 holds none.
    type Intent = Option<Notice>;
    type Outcome = MessageId;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        "notice".to_owned()
    }

    fn intent(&self) -> Option<Notice> {
        Some(self.notice.clone())
    }

    /// A second copy carries the same key and does little harm.
    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn in_doubt(&self) -> InDoubt {
        InDoubt::RunAgain
    }

    fn is_announced(&self) -> bool {
        false
    }

    async fn look(&self, _: &Option<Notice>) -> Result<Found<MessageId>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(
        &self,
        written: &Option<Notice>,
        _: Fence,
        _: Option<MessageId>,
    ) -> Result<MessageId, Unfinished> {
        Ok(self.notifier.publish(written.as_ref().unwrap_or(&self.notice)).await?)
    }

    async fn finish(&self, _: &Option<Notice>, id: MessageId) -> MessageId {
        id
    }
}
