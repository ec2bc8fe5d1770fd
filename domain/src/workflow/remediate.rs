//! Answers an alarm: scales a group out, or tells people what it did not do.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::trigger::{AlarmState, AlarmTrigger};
use ports::{
    Capacity, Clock, GroupName, Ledger, LedgerKey, Notifier, PortError, Resize, Retry, ScalingGroups, Stored,
    Swap,
};
use serde::{Deserialize, Serialize};

use super::announce::{AnnouncePorts, Announced, announce};
use super::effect::{Effect, Found, Unfinished};
use super::entry::{decode, encode};
use super::once::{How, Once, OnceError};
use super::run::Run;
use crate::policy::key;
use crate::policy::mode::Mode;
use crate::policy::once::{Fence, Phase};
use crate::policy::route::{Remedy, Routes};
use crate::policy::scale::{Confirmed, Grow, Leave, ScaleAsk, ScalePlan, ScalePolicy, Slot, confirm};
use crate::render;

/// How often a plan is made again because somebody else changed the group meanwhile.
const ROUNDS: u32 = 4;

/// The ports that answering an alarm needs.
#[derive(Clone, Copy)]
pub struct RemediatePorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// The groups.
    pub groups: &'a dyn ScalingGroups,
    /// What was done.
    pub ledger: &'a dyn Ledger,
    /// Who is told.
    pub notifier: &'a dyn Notifier,
}

impl std::fmt::Debug for RemediatePorts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemediatePorts")
    }
}

/// What to do about alarms.
#[derive(Clone, Debug, PartialEq)]
pub struct RemediatePolicy {
    /// Which alarm gets which remedy.
    pub routes: Routes,
    /// How groups are scaled.
    pub scale: ScalePolicy,
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
    /// A group was left alone.
    Left(String),
    /// A person has to look.
    Review,
    /// Nobody said what to do about this alarm.
    NoHandler,
    /// This would have been done.
    Observed(String),
}

/// A group that was scaled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    /// The group.
    pub group: GroupName,
    /// What was desired before.
    pub previous: Capacity,
    /// What is desired now.
    pub new: Capacity,
    /// How it came to be so.
    pub by: By,
}

/// By whom a group came to its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By us.
    Us,
    /// It was there already when the change was to be made.
    Others,
    /// Somebody changed it meanwhile, and theirs stands.
    Overruled,
    /// The group was gone or its limits changed before the change could be made.
    Nobody,
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
    let action = match work.answer().await {
        Ok(action) => action,
        Err(error) => {
            if error.retry() == Retry::Never {
                let notice = render::remediate::failure(&work.key, alarm, &error);
                announce(work.announcing(), run, notice).await;
            }
            return Err(error);
        }
    };
    let announced = match &action {
        Action::Observed(_) => None,
        told @ (Action::None(_)
        | Action::ScaledOut(..)
        | Action::AtMax { .. }
        | Action::Left(_)
        | Action::Review
        | Action::NoHandler) => {
            Some(announce(work.announcing(), run, render::remediate::notice(&work.key, alarm, told)).await)
        }
    };
    Ok(Remedied { action, announced })
}

struct Work<'a> {
    ports: &'a RemediatePorts<'a>,
    policy: &'a RemediatePolicy,
    run: &'a Run,
    alarm: &'a AlarmTrigger,
    key: LedgerKey,
}

impl<'a> Work<'a> {
    fn announcing(&self) -> AnnouncePorts<'a> {
        AnnouncePorts { clock: self.ports.clock, ledger: self.ports.ledger, notifier: self.ports.notifier }
    }

    async fn answer(&self) -> Result<Action, OnceError> {
        let Some(route) = self.policy.routes.find(self.alarm.name.as_str()) else {
            return Ok(Action::NoHandler);
        };
        let observe = route.observe || self.run.mode == Mode::Observe;
        match &route.remedy {
            Remedy::Review if observe => Ok(Action::Observed("ask a person to look".to_owned())),
            Remedy::Review => Ok(Action::Review),
            Remedy::ScaleOut { group, grow } => self.scale_out(group.as_ref(), grow, observe).await,
        }
    }

    async fn scale_out(
        &self,
        routed: Option<&GroupName>,
        grow: &Grow,
        observe: bool,
    ) -> Result<Action, OnceError> {
        let once = Once { ledger: self.ports.ledger, clock: self.ports.clock, run: self.run };
        match once.recall::<ScaleOut<'_>>(&self.key).await?.map(|record| record.phase) {
            Some(Phase::Done { outcome, .. }) => return Ok(Action::ScaledOut(outcome, How::Recorded)),
            Some(Phase::Intended { intent, .. }) => return self.carry_out(once, intent).await,
            Some(Phase::Released { .. }) | None => {}
        }
        let group = match self.aim(routed) {
            Ok(group) => group,
            Err(leave) => return Ok(Action::Left(leave.to_string())),
        };
        for _ in 0..ROUNDS {
            // Gather.
            let slot_key = key::group(&group)?;
            let stored = self.ports.ledger.get(&slot_key).await?;
            let slot = stored.as_ref().map(|s| decode::<Slot>(&slot_key, s)).transpose()?;
            let Some(found) = self.ports.groups.group(&group).await? else {
                return Ok(Action::Left(Leave::NoSuchGroup(group).to_string()));
            };
            // Plan.
            let now = self.ports.clock.now();
            let breach = self.alarm.breach.as_ref();
            let ask = ScaleAsk { group: &found, slot: slot.as_ref(), key: &self.key, grow, breach, now };
            let plan = self.policy.scale.plan(&ask);
            if observe {
                return Ok(Action::Observed(render::remediate::plan(&group, &plan)));
            }
            // Act.
            let (previous, target) = match plan {
                ScalePlan::To { previous, target } => (previous, target),
                ScalePlan::AtMax { current } => return Ok(Action::AtMax { group, current }),
                ScalePlan::Leave(leave) => return Ok(Action::Left(leave.to_string())),
            };
            let slot = self.policy.scale.slot(&self.key, previous, target, now);
            if self.take(&slot_key, stored.as_ref(), &slot).await? {
                return self.carry_out(once, Intent { group, previous, target }).await;
            }
        }
        Ok(Action::Left("other alarms kept changing the group".to_owned()))
    }

    fn aim(&self, routed: Option<&GroupName>) -> Result<GroupName, Leave> {
        self.policy.scale.admit(self.alarm, self.ports.clock.now())?;
        self.policy.scale.group_of(self.alarm, routed)
    }

    /// Takes the group's slot, if nobody took it since it was read.
    async fn take(&self, key: &LedgerKey, stored: Option<&Stored>, slot: &Slot) -> Result<bool, OnceError> {
        let entry = encode(key, slot, false, self.ports.clock.now())?;
        Ok(match self.ports.ledger.swap(key, stored.map(|s| s.version), &entry).await? {
            Swap::Won(_) => true,
            Swap::Lost(current) => current.is_some_and(|current| current.entry.state == entry.state),
        })
    }

    async fn carry_out(&self, once: Once<'_>, intent: Intent) -> Result<Action, OnceError> {
        let effect = ScaleOut { groups: self.ports.groups, key: self.key.clone(), intent };
        let done = once.perform(&effect).await?;
        Ok(Action::ScaledOut(done.outcome, done.how))
    }
}

/// Setting a group's capacity for one transition of one alarm.
struct ScaleOut<'a> {
    groups: &'a dyn ScalingGroups,
    key: LedgerKey,
    intent: Intent,
}

/// What is written down before a capacity is set: it is absolute, so setting it twice is setting it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Intent {
    group: GroupName,
    previous: Capacity,
    target: Capacity,
}

#[async_trait]
impl Effect for ScaleOut<'_> {
    type Intent = Intent;
    type Outcome = Scaled;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        format!("scale out {}", self.intent.group)
    }

    fn intent(&self) -> Intent {
        self.intent.clone()
    }

    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    /// The group itself is the evidence, and [`Effect::act`] looks at it anyway.
    async fn look(&self, _: &Intent) -> Result<Found<Scaled>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(&self, intent: &Intent, fence: Fence, _: Option<Scaled>) -> Result<Scaled, Unfinished> {
        let scaled = |new, by| Scaled { group: intent.group.clone(), previous: intent.previous, new, by };
        let Some(group) = self.groups.group(&intent.group).await.map_err(Unfinished::Refused)? else {
            return Ok(scaled(intent.previous, By::Nobody));
        };
        match confirm(group.desired, group.max, intent.previous, intent.target) {
            // An earlier run may have set it and died before it could say so.
            Confirmed::Reached if Fence::FIRST < fence && group.desired == intent.target.min(group.max) => {
                Ok(scaled(group.desired, By::Us))
            }
            Confirmed::Reached => Ok(scaled(group.desired, By::Others)),
            Confirmed::Moved => Ok(scaled(group.desired, By::Overruled)),
            Confirmed::Set(target) => match self.groups.set_desired(&intent.group, target).await? {
                Resize::Set => Ok(scaled(target, By::Us)),
                Resize::OutOfBounds | Resize::NoGroup => Ok(scaled(group.desired, By::Nobody)),
            },
        }
    }

    async fn finish(&self, _: &Intent, scaled: Scaled) -> Scaled {
        scaled
    }
}
