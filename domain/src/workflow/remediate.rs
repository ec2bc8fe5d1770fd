//! Answers an alarm: scales a group out, restarts an instance, or tells people what it did not do.

use ports::trigger::{AlarmState, AlarmTrigger};
use ports::{
    Capacity, Clock, GroupName, InstanceId, Instances, Inventory, Ledger, LedgerKey, Notifier, Retry,
    ScalingGroups, Stored, Swap,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::announce::{AnnouncePorts, Announced, announce, announce_effect};
use super::entry::encode;
use super::once::{How, Once, OnceError, Performed, read};
use super::restart;
use super::run::Run;
pub use super::scale_out::{By, Scaled};
use crate::policy::key;
use crate::policy::mode::Mode;
use crate::policy::once::Phase;
use crate::policy::restart::RestartPolicy;
use crate::policy::route::{Remedy, Routes};
use crate::policy::scale::ScalePolicy;
use crate::render;

/// How often a plan is made again because somebody else changed the group or the instance meanwhile.
pub(super) const ROUNDS: u32 = 4;

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

/// What became of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedied {
    /// What was done, or why nothing was.
    pub action: Action,
    /// Whether people know; `None` where there is nothing to tell.
    pub announced: Option<Announced>,
}

/// What was done about an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The alarm is not in `ALARM`.
    None(AlarmState),
    /// A group was scaled out, in this run or an earlier one.
    ScaledOut(Scaled, How),
    /// A group is as large as it may be.
    AtMax {
        /// The group.
        group: GroupName,
        /// What is desired.
        current: Capacity,
    },
    /// An instance was restarted, in this run or an earlier one.
    Restarted(InstanceId, How),
    /// What the alarm is about was left alone.
    Left(String),
    /// A person has to look.
    Review,
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
    let work = Work { ports, policy, run, alarm, key };
    match work.answer().await {
        Ok(Answer { action: action @ Action::Observed(_), .. }) => Ok(Remedied { action, announced: None }),
        Ok(Answer { action, untold }) => {
            let notice = render::remediate::notice(&work.key, alarm, &action);
            let announced = announce_effect(ports.announcing(), run, notice, (&work.key, untold)).await;
            Ok(Remedied { action, announced: Some(announced) })
        }
        Err(error) if error.retry() == Retry::Never && run.mode == Mode::Act => {
            let notice = render::remediate::failure(&work.key, alarm, &error);
            let announced = announce(ports.announcing(), run, notice).await;
            Ok(Remedied { action: Action::GaveUp(error.to_string()), announced: Some(announced) })
        }
        Err(error) => Err(error),
    }
}

/// One transition that is being answered.
pub(super) struct Work<'a> {
    pub(super) ports: &'a RemediatePorts<'a>,
    pub(super) policy: &'a RemediatePolicy,
    pub(super) run: &'a Run,
    pub(super) alarm: &'a AlarmTrigger,
    pub(super) key: LedgerKey,
}

/// What was done, and its entry as long as people were not told.
pub(super) struct Answer {
    action: Action,
    untold: Option<Stored>,
}

impl From<Action> for Answer {
    fn from(action: Action) -> Self {
        Self { action, untold: None }
    }
}

impl Answer {
    pub(super) fn of<O>(performed: Performed<O>, action: impl FnOnce(O, How) -> Action) -> Self {
        Self { action: action(performed.outcome, performed.how), untold: performed.untold }
    }
}

impl Work<'_> {
    pub(super) fn once(&self) -> Once<'_> {
        Once { ledger: self.ports.ledger, clock: self.ports.clock, run: self.run }
    }

    async fn answer(&self) -> Result<Answer, OnceError> {
        if self.run.mode == Mode::Act
            && let Some(answer) = self.go_on().await?
        {
            return Ok(answer);
        }
        let Some(route) = self.policy.routes.find(self.alarm.name.as_str()) else {
            return Ok(Action::NoHandler.into());
        };
        let observe = route.observe || self.run.mode == Mode::Observe;
        match &route.remedy {
            Remedy::Review if observe => Ok(Action::Observed("ask a person to look".to_owned()).into()),
            Remedy::Review => Ok(Action::Review.into()),
            Remedy::ScaleOut { group, grow } => self.scale_out(group.as_ref(), grow, observe).await,
            Remedy::Restart => self.restart(observe).await,
        }
    }

    /// Goes on with what an earlier run began for this transition, as it was begun: the routes may have changed since.
    async fn go_on(&self) -> Result<Option<Answer>, OnceError> {
        let Some(stored) = self.ports.ledger.get(&self.key).await? else { return Ok(None) };
        let begun = read::<Value, Value>(&self.key, &stored)?;
        match begun.phase {
            Phase::Released { .. } => Ok(None),
            _ if begun.subject.starts_with(restart::SUBJECT) => self.go_on_restarting(stored).await.map(Some),
            Phase::Intended { .. } | Phase::Done { .. } | Phase::Halted { .. } => {
                self.go_on_scaling(stored).await.map(Some)
            }
        }
    }

    /// Takes the slot that all alarms of one thing share, if nobody took it since it was read.
    pub(super) async fn take<T: Serialize + Sync>(
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
