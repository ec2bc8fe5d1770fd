//! What a remedy writes down, and how whoever finds it goes on: one effect for all remedies that leave an entry.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::trigger::AlarmTrigger;
use ports::{LedgerKey, PortError, Stored};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Action, Answer, RemediatePorts};
use crate::policy::once::{Fence, InDoubt, Phase, Record};
use crate::policy::remedy::Kind;
use crate::render::remedy::Summary;
use crate::workflow::effect::{Effect, Found, Unfinished};
use crate::workflow::once::{How, Once, OnceError, Performed, read};
use crate::workflow::run::Run;

/// A remedy that changes something. It writes down what it is about to do, so that whoever finds the entry can go on with
/// it, and tell people of it, when the alarm's route is another one by then.
#[async_trait]
pub(super) trait Lasting: Send + Sync {
    /// How entries name it.
    const KIND: Kind;
    /// What to do when nobody knows whether it happened.
    const IN_DOUBT: InDoubt;
    /// What it is about to do.
    type Intent: Clone + Serialize + DeserializeOwned + Send + Sync;
    /// What came of it.
    type Outcome: Clone + Serialize + DeserializeOwned + Send + Sync;

    /// What its key is used for, in a few words.
    fn subject(intent: &Self::Intent) -> String;

    /// Does it. An earlier attempt may have done it, where it may be done again.
    async fn act(attempt: Attempt<'_>, intent: &Self::Intent) -> Result<Self::Outcome, Unfinished>;

    /// What is said of it.
    fn summary(outcome: &Self::Outcome, how: How) -> Summary;

    /// The alarm that it is an answer to, where that was written down.
    fn alarm(outcome: &Self::Outcome) -> Option<&AlarmTrigger>;
}

/// One attempt at a remedy.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) ports: &'a RemediatePorts<'a>,
    /// Counts the claims.
    pub(super) fence: Fence,
    /// Whether the alarm is history: then it is only seen how far its answer came.
    pub(super) late: bool,
}

/// What is written down of a remedy, with its kind beside it. The version before knows no kind, reads the rest, and may
/// write it again without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written<T> {
    #[serde(default)]
    remedy: Option<Kind>,
    #[serde(flatten)]
    what: T,
}

/// An entry, and who goes on with it.
#[derive(Clone, Copy)]
pub(in crate::workflow) struct Going<'a> {
    pub(in crate::workflow) ports: &'a RemediatePorts<'a>,
    pub(in crate::workflow) run: &'a Run,
    pub(in crate::workflow) key: &'a LedgerKey,
    /// Whether the alarm is history.
    pub(in crate::workflow) late: bool,
}

impl Going<'_> {
    /// Begins with a remedy.
    pub(super) async fn begin<R: Lasting>(&self, intent: R::Intent) -> Result<Answer, OnceError> {
        self.perform::<R>(Written { remedy: Some(R::KIND), what: intent }, None).await
    }

    async fn perform<R: Lasting>(
        &self,
        intent: Written<R::Intent>,
        stored: Option<Stored>,
    ) -> Result<Answer, OnceError> {
        let once = Once { ledger: self.ports.ledger, clock: self.ports.clock, run: self.run };
        let remedying = Remedying::<R> { going: *self, intent };
        Ok(answer::<R>(once.perform_from(&remedying, stored).await?))
    }
}

/// What can be done with the entry of a remedy, whichever it is.
#[async_trait]
pub(super) trait Entry: Send + Sync {
    /// Whether it may be done again when nobody knows whether it happened.
    fn is_repeatable(&self) -> bool;

    /// Sees an entry through as it was begun; of what is done, only tells.
    async fn go_on(&self, going: Going<'_>, stored: Stored) -> Result<Answer, OnceError>;
}

#[async_trait]
impl<R: Lasting> Entry for R {
    fn is_repeatable(&self) -> bool {
        R::IN_DOUBT == InDoubt::RunAgain
    }

    async fn go_on(&self, going: Going<'_>, stored: Stored) -> Result<Answer, OnceError> {
        let record: Record<Written<R::Intent>, Written<R::Outcome>> = read(going.key, &stored)?;
        if let Phase::Done { outcome, told, .. } = record.phase {
            let untold = (!told).then_some(stored);
            return Ok(answer::<R>(Performed { outcome, how: How::Recorded, untold }));
        }
        let Some(intent) = record.intent().cloned() else {
            return Err(OnceError::without_intent(going.key));
        };
        going.perform::<R>(intent, Some(stored)).await
    }
}

/// Which remedy an entry is of. One that names none says it by its subject.
///
/// # Errors
///
/// When this version does not know that remedy.
pub(super) fn kind(key: &LedgerKey, record: &Record<Value, Value>) -> Result<Kind, OnceError> {
    let written = match &record.phase {
        Phase::Done { outcome, .. } => Some(outcome),
        Phase::Intended { .. } | Phase::Released { .. } | Phase::Halted { .. } => record.intent(),
    };
    let unknown = |why: String| OnceError::Unreadable { key: key.clone(), why };
    match written.and_then(|written| written.get("remedy")).filter(|named| !named.is_null()) {
        Some(named) => Kind::deserialize(named).map_err(|error| unknown(error.to_string())),
        None => Kind::of_subject(&record.subject)
            .ok_or_else(|| unknown(format!("`{}` is no remedy that it knows", record.subject))),
    }
}

fn answer<R: Lasting>(performed: Performed<Written<R::Outcome>>) -> Answer {
    let Performed { outcome: Written { what, .. }, how, untold } = performed;
    let action = Action::Remedied(R::summary(&what, how));
    Answer { action, alarm: R::alarm(&what).cloned(), untold }
}

/// Carrying a remedy out.
pub(super) struct Remedying<'a, R: Lasting> {
    going: Going<'a>,
    intent: Written<R::Intent>,
}

#[async_trait]
impl<R: Lasting> Effect for Remedying<'_, R> {
    type Intent = Written<R::Intent>;
    type Outcome = Written<R::Outcome>;

    fn key(&self) -> &LedgerKey {
        self.going.key
    }

    fn subject(&self) -> String {
        R::subject(&self.intent.what)
    }

    fn intent(&self) -> Self::Intent {
        self.intent.clone()
    }

    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn in_doubt(&self) -> InDoubt {
        R::IN_DOUBT
    }

    fn is_announced(&self) -> bool {
        true
    }

    /// What there is to see of it, [`Lasting::act`] looks at anyway.
    async fn look(&self, _: &Self::Intent) -> Result<Found<Self::Outcome>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(
        &self,
        intent: &Self::Intent,
        fence: Fence,
        _: Option<Self::Outcome>,
    ) -> Result<Self::Outcome, Unfinished> {
        let attempt = Attempt { ports: self.going.ports, fence, late: self.going.late };
        let what = R::act(attempt, &intent.what).await?;
        Ok(Written { remedy: Some(R::KIND), what })
    }

    async fn finish(&self, _: &Self::Intent, outcome: Self::Outcome) -> Self::Outcome {
        outcome
    }
}
