//! Tells people, as an effect of its own: a notice that fails never touches what it is about.

use futures::FutureExt;
use ports::{Clock, Ledger, LedgerKey, MessageId, Notice, Notifier};
use serde::{Deserialize, Serialize};

use super::effect::Repeatable;
use super::once::{How, Once};
use super::run::Run;
use crate::policy::key;

/// The ports that telling people needs.
#[derive(Clone, Copy)]
pub struct AnnouncePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// What was told already.
    pub ledger: &'a dyn Ledger,
    /// The topic.
    pub notifier: &'a dyn Notifier,
}

impl std::fmt::Debug for AnnouncePorts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnnouncePorts")
    }
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
    match tell(ports, run, notice).await {
        Ok(announced) => announced,
        Err(why) => Announced::Failed(why),
    }
}

async fn tell(ports: AnnouncePorts<'_>, run: &Run, notice: Notice) -> Result<Announced, String> {
    let about = LedgerKey::new(notice.key()).map_err(|error| error.to_string())?;
    let key = key::notice(&about).map_err(|error| error.to_string())?;
    let notifier = ports.notifier;
    let notice = &notice;
    let publish =
        Repeatable::new(key, "notice", move || async move { Ok(notifier.publish(notice).await?) }.boxed());
    let once = Once { ledger: ports.ledger, clock: ports.clock, run };
    let performed = once.perform(&publish).await.map_err(|error| error.to_string())?;
    Ok(match performed.how {
        How::Fresh | How::Adopted => Announced::Sent(performed.outcome),
        How::Recorded => Announced::Before(performed.outcome),
    })
}
