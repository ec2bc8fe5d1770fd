//! Answers an alarm by the remedy of its route, and tells people what was done, or was not.
//!
//! A remedy is one closed thing: its file here plans by its policy, acts, and goes on with what was begun; what is said of
//! it is in its file of [`crate::render::remedy`]. Only `Answering::remedy` knows them all, and `entry_of` those that
//! leave an entry.

mod entry;
mod notify;
mod restart;
mod review;
mod scale_out;

use jiff::Timestamp;
use ports::trigger::{AlarmState, AlarmTrigger};
use ports::{Clock, Instances, Inventory, Ledger, LedgerKey, Notifier, Retry, ScalingGroups, Stored, Swap};
use serde::Serialize;
use serde_json::Value;

use super::announce::{AnnouncePorts, Announced, announce, announce_effect};
use super::entry::encode;
use super::once::{OnceError, read};
use super::run::Run;
use crate::policy::key;
use crate::policy::mode::Mode;
use crate::policy::once::{Phase, Record};
use crate::policy::remedy::Kind;
use crate::policy::restart::RestartPolicy;
use crate::policy::route::{Remedy, Routes};
use crate::policy::scale::ScalePolicy;
use crate::render;
use crate::render::remedy::Summary;
use entry::Entry;
pub(super) use entry::Going;

/// How often a plan is made again because somebody else changed the group or the instance meanwhile.
const ROUNDS: u32 = 4;

/// The ports that answering an alarm needs.
#[derive(Clone, Copy, Debug)]
pub struct RemediatePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// The groups.
    pub groups: &'a dyn ScalingGroups,
    /// What there is.
    pub inventory: &'a dyn Inventory,
    /// The instances.
    pub instances: &'a dyn Instances,
    /// What was done.
    pub ledger: &'a dyn Ledger,
    /// Who is told.
    pub notifier: &'a dyn Notifier,
}

impl<'a> RemediatePorts<'a> {
    /// What telling people needs.
    pub fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.clock, ledger: self.ledger, notifier: self.notifier }
    }
}

/// What to do about alarms.
#[derive(Clone, Debug, PartialEq)]
pub struct RemediatePolicy {
    /// Which alarm gets which remedy.
    pub routes: Routes,
    /// How groups are scaled.
    pub scale: ScalePolicy,
    /// When instances are restarted.
    pub restart: RestartPolicy,
}

impl RemediatePolicy {
    /// Whether a transition is history, so that it is only seen how far its answer came.
    fn is_late(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        self.scale.is_stale(changed_at, now)
    }
}

/// What became of an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedied {
    /// What was done, or why nothing was.
    pub action: Action,
    /// Whether people know; `None` where there is nothing to tell.
    pub announced: Option<Announced>,
}

/// What was done about an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The alarm is not in `ALARM`.
    None(AlarmState),
    /// Its remedy answered it, in this run or an earlier one.
    Remedied(Summary),
    /// What the alarm is about was left alone.
    Left(String),
    /// Nobody said what to do about this alarm.
    NoHandler,
    /// It could not be done, and trying again will not help.
    GaveUp(String),
    /// This would have been done.
    Observed(String),
}

/// Answers one transition of an alarm, once, and tells people.
///
/// # Errors
///
/// When an answer was due and may not have been given; [`OnceError::retry`] tells whether another delivery can.
pub async fn remediate(
    ports: &RemediatePorts<'_>,
    policy: &RemediatePolicy,
    run: &Run,
    alarm: &AlarmTrigger,
) -> Result<Remedied, OnceError> {
    if alarm.state != AlarmState::Alarm {
        return Ok(Remedied { action: Action::None(alarm.state), announced: None });
    }
    let key = key::remediation(&alarm.arn, alarm.changed_at)?;
    let answering = Answering { ports, policy, run, alarm, key };
    match answering.answer().await {
        Ok(Answer { action: action @ Action::Observed(_), .. }) => Ok(Remedied { action, announced: None }),
        Ok(Answer { action, untold, .. }) => {
            let notice = render::remedy::notice(&answering.key, alarm, &action);
            let announced = announce_effect(ports.announcing(), run, notice, (&answering.key, untold)).await;
            Ok(Remedied { action, announced: Some(announced) })
        }
        Err(error) if error.retry() == Retry::Never && run.mode == Mode::Act => {
            let notice = render::remedy::failure(&answering.key, alarm, &error);
            let announced = announce(ports.announcing(), run, notice).await;
            Ok(Remedied { action: Action::GaveUp(error.to_string()), announced: Some(announced) })
        }
        Err(error) => Err(error),
    }
}

/// One transition that is being answered.
struct Answering<'a> {
    ports: &'a RemediatePorts<'a>,
    policy: &'a RemediatePolicy,
    run: &'a Run,
    alarm: &'a AlarmTrigger,
    key: LedgerKey,
}

/// What was done about an alarm.
pub(super) struct Answer {
    /// What was done.
    pub(super) action: Action,
    /// The alarm, where its entry tells.
    pub(super) alarm: Option<AlarmTrigger>,
    /// Its entry as long as people were not told.
    pub(super) untold: Option<Stored>,
}

impl From<Action> for Answer {
    fn from(action: Action) -> Self {
        Self { action, alarm: None, untold: None }
    }
}

impl Answering<'_> {
    async fn answer(&self) -> Result<Answer, OnceError> {
        if self.run.mode == Mode::Act
            && let Some(answer) = self.go_on().await?
        {
            return Ok(answer);
        }
        match self.policy.routes.find(self.alarm.name.as_str()) {
            Some(route) => self.remedy(&route.remedy, route.observe || self.run.mode == Mode::Observe).await,
            None => Ok(Action::NoHandler.into()),
        }
    }

    /// Answers with a remedy: the one place that knows them all.
    async fn remedy(&self, remedy: &Remedy, observe: bool) -> Result<Answer, OnceError> {
        match remedy {
            Remedy::ScaleOut { group, grow } => scale_out::answer(self, group.as_ref(), grow, observe).await,
            Remedy::Restart => restart::answer(self, observe).await,
            Remedy::Review => Ok(review::answer(observe)),
            Remedy::Notify(text) => Ok(notify::answer(text, observe)),
        }
    }

    /// Goes on with what an earlier run began for this transition, as it was begun: the routes may have changed since.
    async fn go_on(&self) -> Result<Option<Answer>, OnceError> {
        let Some(stored) = self.ports.ledger.get(&self.key).await? else { return Ok(None) };
        let begun = read::<Value, Value>(&self.key, &stored)?;
        if matches!(begun.phase, Phase::Released { .. }) {
            return Ok(None);
        }
        go_on(self.going(), stored).await.map(Some)
    }

    fn going(&self) -> Going<'_> {
        let late = self.policy.is_late(self.alarm.changed_at, self.ports.clock.now());
        Going { ports: self.ports, run: self.run, key: &self.key, late }
    }

    /// Takes the slot that all alarms of one thing share, if nobody took it since it was read.
    async fn take<T: Serialize + Sync>(
        &self,
        key: &LedgerKey,
        stored: Option<&Stored>,
        slot: &T,
    ) -> Result<bool, OnceError> {
        let entry = encode(key, slot, false, self.ports.clock.now())?;
        Ok(match self.ports.ledger.swap(key, stored.map(|s| s.version), &entry).await? {
            Swap::Won(_) => true,
            Swap::Lost(current) => current.is_some_and(|current| current.entry.state == entry.state),
        })
    }
}

/// The remedies that leave an entry: what can be done with one of theirs.
fn entry_of(kind: Kind) -> &'static dyn Entry {
    match kind {
        Kind::ScaleOut => &scale_out::ScaleOut,
        Kind::Restart => &restart::Restart,
    }
}

/// Whether what an entry is about may be done again when nobody knows whether it happened.
///
/// # Errors
///
/// When this version does not know its remedy.
pub(super) fn is_repeatable(key: &LedgerKey, record: &Record<Value, Value>) -> Result<bool, OnceError> {
    Ok(entry_of(entry::kind(key, record)?).is_repeatable())
}

/// Sees an entry through as it was begun; of what is done, only tells.
///
/// # Errors
///
/// As [`super::once::Once::perform`], and when this version does not know its remedy.
pub(super) async fn go_on(going: Going<'_>, stored: Stored) -> Result<Answer, OnceError> {
    let begun = read::<Value, Value>(going.key, &stored)?;
    entry_of(entry::kind(going.key, &begun)?).go_on(going, stored).await
}
