//! Sets a group's capacity for one transition of one alarm.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::trigger::AlarmTrigger;
use ports::{Capacity, GroupName, LedgerKey, PortError, Resize, ScalingGroups, Stored};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Found, Unfinished};
use super::entry::decode;
use super::once::{OnceError, read};
use super::remediate::{Action, Answer, ROUNDS, Work};
use crate::policy::key;
use crate::policy::once::{Fence, InDoubt};
use crate::policy::scale::{Confirmed, Grow, Leave, ScaleAsk, ScalePlan, Slot, confirm};
use crate::render;

/// What the subject of a scale-out begins with.
pub(super) const SUBJECT: &str = "scale out ";

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
    /// The alarm was history before the change could be made.
    TooLate,
}

impl Work<'_> {
    pub(super) async fn scale_out(
        &self,
        routed: Option<&GroupName>,
        grow: &Grow,
        observe: bool,
    ) -> Result<Answer, OnceError> {
        let left = |leave: Leave| Ok(Action::Left(leave.to_string()).into());
        let group = match self.aim_at_group(routed) {
            Ok(group) => group,
            Err(leave) => return left(leave),
        };
        for _ in 0..ROUNDS {
            // Gather.
            let slot_key = key::group(&group)?;
            let stored = self.ports.ledger.get(&slot_key).await?;
            let slot = stored.as_ref().map(|s| decode::<Slot>(&slot_key, s)).transpose()?;
            let Some(found) = self.ports.groups.group(&group).await? else {
                return left(Leave::NoSuchGroup(group));
            };
            // Plan.
            let now = self.ports.clock.now();
            let breach = self.alarm.breach.as_ref();
            let ask = ScaleAsk { group: &found, slot: slot.as_ref(), key: &self.key, grow, breach, now };
            let plan = self.policy.scale.plan(&ask);
            if observe {
                return Ok(Action::Observed(render::remediate::plan(&group, &plan)).into());
            }
            // Act.
            let (previous, target) = match plan {
                ScalePlan::To { previous, target } => (previous, target),
                ScalePlan::AtMax { current } => return Ok(Action::AtMax { group, current }.into()),
                ScalePlan::Leave(leave) => return left(leave),
            };
            let slot = self.policy.scale.slot(&self.key, previous, target, now);
            if self.take(&slot_key, stored.as_ref(), &slot).await? {
                let intent = Intent { group, previous, target, alarm: Some(self.alarm.clone()) };
                return self.carry_out(intent, None).await;
            }
        }
        Ok(Action::Left("other alarms kept changing the group".to_owned()).into())
    }

    fn aim_at_group(&self, routed: Option<&GroupName>) -> Result<GroupName, Leave> {
        self.policy.scale.admit(self.alarm, self.ports.clock.now())?;
        self.policy.scale.group_of(self.alarm, routed)
    }

    /// Goes on with a scale-out that is written down.
    pub(super) async fn go_on_scaling(&self, stored: Stored) -> Result<Answer, OnceError> {
        let begun = read::<Intent, Outcome>(&self.key, &stored)?;
        let intent = begun.phase.parameters(|outcome| Intent {
            group: outcome.scaled.group.clone(),
            previous: outcome.scaled.previous,
            target: outcome.scaled.new,
            alarm: outcome.alarm.clone(),
        });
        match intent {
            Some(intent) => self.carry_out(intent, Some(stored)).await,
            None => Ok(Action::Left("the scale-out was given up".to_owned()).into()),
        }
    }

    async fn carry_out(&self, intent: Intent, stored: Option<Stored>) -> Result<Answer, OnceError> {
        let late = self.policy.scale.is_stale(self.alarm.changed_at, self.ports.clock.now());
        let effect = ScaleOut { groups: self.ports.groups, key: self.key.clone(), intent, late };
        let performed = self.once().perform_from(&effect, stored).await?;
        Ok(Answer::of(performed, |outcome, how| Action::ScaledOut(outcome.scaled, how)))
    }
}

/// What is written down before a capacity is set: it is absolute, so setting it twice is setting it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) group: GroupName,
    pub(super) previous: Capacity,
    pub(super) target: Capacity,
    /// For which alarm; an entry of format 1 does not say.
    #[serde(default)]
    pub(super) alarm: Option<AlarmTrigger>,
}

/// What came of it, and for which alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    #[serde(flatten)]
    pub(super) scaled: Scaled,
    #[serde(default)]
    pub(super) alarm: Option<AlarmTrigger>,
}

/// Setting a group's capacity.
pub(super) struct ScaleOut<'a> {
    pub(super) groups: &'a dyn ScalingGroups,
    pub(super) key: LedgerKey,
    pub(super) intent: Intent,
    /// Whether the alarm is history: then it is only seen how far it came.
    pub(super) late: bool,
}

#[async_trait]
impl Effect for ScaleOut<'_> {
    type Intent = Intent;
    type Outcome = Outcome;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        format!("{SUBJECT}{}", self.intent.group)
    }

    fn intent(&self) -> Intent {
        self.intent.clone()
    }

    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn in_doubt(&self) -> InDoubt {
        InDoubt::RunAgain
    }

    fn is_announced(&self) -> bool {
        true
    }

    /// The group itself is the evidence, and [`Effect::act`] looks at it anyway.
    async fn look(&self, _: &Intent) -> Result<Found<Outcome>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(&self, intent: &Intent, fence: Fence, _: Option<Outcome>) -> Result<Outcome, Unfinished> {
        let scaled = |new, by| Outcome {
            scaled: Scaled { group: intent.group.clone(), previous: intent.previous, new, by },
            alarm: intent.alarm.clone(),
        };
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
            Confirmed::Set(_) if self.late => Ok(scaled(group.desired, By::TooLate)),
            Confirmed::Set(target) => match self.groups.set_desired(&intent.group, target).await? {
                Resize::Set => Ok(scaled(target, By::Us)),
                Resize::OutOfBounds | Resize::NoGroup => Ok(scaled(group.desired, By::Nobody)),
            },
        }
    }

    async fn finish(&self, _: &Intent, outcome: Outcome) -> Outcome {
        outcome
    }
}
