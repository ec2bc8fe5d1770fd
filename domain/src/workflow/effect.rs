//! What it takes to be carried out once.

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use ports::{Effect as Applied, LedgerKey, PortError};
use serde::{Serialize, de::DeserializeOwned};

use crate::policy::once::{Fence, InDoubt, Record};

/// What is found of an effect that an earlier owner may have had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<O> {
    /// Nothing.
    Nothing,
    /// A part of it.
    Part(O),
    /// All of it.
    Whole(O),
}

/// Why an effect did not happen, or may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// Nothing was done.
    Refused(PortError),
    /// Something was done, or may have been.
    InDoubt(PortError),
}

impl From<PortError> for Unfinished {
    fn from(error: PortError) -> Self {
        match error.effect() {
            Applied::NotApplied => Self::Refused(error),
            Applied::Unknown => Self::InDoubt(error),
        }
    }
}

/// An effect that must happen once.
#[async_trait]
pub trait Effect: Send + Sync {
    /// What is written down before it happens.
    type Intent: Clone + Serialize + DeserializeOwned + Send + Sync;
    /// What is written down after it happened.
    type Outcome: Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The key it happens under.
    fn key(&self) -> &LedgerKey;

    /// What the key is used for, in a few words, with every parameter that has to agree whenever the key is used.
    fn subject(&self) -> String;

    /// The parameters it would have if it began now.
    fn intent(&self) -> Self::Intent;

    /// Whether what stands under its key is this effect, and may be taken up or told of.
    fn is_it(&self, _standing: &Record<Self::Intent, Self::Outcome>) -> bool {
        true
    }

    /// How long after a request was last sent it may still take effect unseen. Zero where repeating does no harm.
    fn settle(&self) -> SignedDuration;

    /// What to do when nobody knows whether it happened.
    fn in_doubt(&self) -> InDoubt;

    /// Whether people are told of it by a notice of its own. Its entry stays open until they were.
    fn is_announced(&self) -> bool;

    /// Looks for what an earlier owner did.
    async fn look(&self, intent: &Self::Intent) -> Result<Found<Self::Outcome>, PortError>;

    /// Does it, or what is missing of it.
    async fn act(
        &self,
        intent: &Self::Intent,
        fence: Fence,
        part: Option<Self::Outcome>,
    ) -> Result<Self::Outcome, Unfinished>;

    /// What is left to do once it is known to have happened, before that is recorded: as well as it goes, because it must
    /// not undo what was done. It may be repeated.
    async fn finish(&self, intent: &Self::Intent, outcome: Self::Outcome) -> Self::Outcome;
}

/// An effect that may be repeated: there is nothing to find of it and nothing to wait for.
pub struct Repeatable<'a, O> {
    key: LedgerKey,
    subject: String,
    announced: bool,
    act: Box<dyn Fn() -> BoxFuture<'a, Result<O, Unfinished>> + Send + Sync + 'a>,
}

impl<'a, O> Repeatable<'a, O> {
    /// An effect under `key` that `act` carries out.
    pub fn new<F>(key: LedgerKey, subject: impl Into<String>, act: F) -> Self
    where
        F: Fn() -> BoxFuture<'a, Result<O, Unfinished>> + Send + Sync + 'a,
    {
        Self { key, subject: subject.into(), announced: false, act: Box::new(act) }
    }

    /// The same, of which people are told by a notice of its own.
    #[must_use]
    pub fn announced(self) -> Self {
        Self { announced: true, ..self }
    }
}

impl<O> std::fmt::Debug for Repeatable<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repeatable").field("key", &self.key).finish_non_exhaustive()
    }
}

#[async_trait]
impl<O: Clone + Serialize + DeserializeOwned + Send + Sync> Effect for Repeatable<'_, O> {
    type Intent = ();
    type Outcome = O;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        self.subject.clone()
    }

    fn intent(&self) {}

    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn in_doubt(&self) -> InDoubt {
        InDoubt::RunAgain
    }

    fn is_announced(&self) -> bool {
        self.announced
    }

    async fn look(&self, (): &()) -> Result<Found<O>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(&self, (): &(), _: Fence, _: Option<O>) -> Result<O, Unfinished> {
        (self.act)().await
    }

    async fn finish(&self, (): &(), outcome: O) -> O {
        outcome
    }
}
