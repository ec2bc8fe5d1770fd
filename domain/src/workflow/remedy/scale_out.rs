//! Sets a group's capacity for one transition of one alarm.

use async_trait::async_trait;
use ports::trigger::AlarmTrigger;
use ports::{Capacity, GroupName, Resize};
use serde::{Deserialize, Serialize};

use super::entry::{Attempt, Lasting};
use super::{Action, Answer, Answering, ROUNDS};
use crate::policy::key;
use crate::policy::once::{Fence, InDoubt};
use crate::policy::remedy::Kind;
use crate::policy::scale::{By, Confirmed, Grow, Leave, ScaleAsk, ScalePlan, Scaled, Slot, confirm};
use crate::render::remedy::{Summary, scale_out as render};
use crate::workflow::effect::Unfinished;
use crate::workflow::entry::decode;
use crate::workflow::once::{How, OnceError};

/// Giving a group more instances.
pub(super) struct ScaleOut;

/// Answers an alarm.
pub(super) async fn answer(
    of: &Answering<'_>,
    routed: Option<&GroupName>,
    grow: &Grow,
    observe: bool,
) -> Result<Answer, OnceError> {
    let left = |leave: Leave| Ok(Action::Left(leave.to_string()).into());
    let group = match aim(of, routed) {
        Ok(group) => group,
        Err(leave) => return left(leave),
    };
    for _ in 0..ROUNDS {
        // Gather.
        let slot_key = key::group(&group)?;
        let stored = of.ports.ledger.get(&slot_key).await?;
        let slot = stored.as_ref().map(|s| decode::<Slot>(&slot_key, s)).transpose()?;
        let Some(found) = of.ports.groups.group(&group).await? else {
            return left(Leave::NoSuchGroup(group));
        };
        // Plan.
        let now = of.ports.clock.now();
        let breach = of.alarm.breach.as_ref();
        let ask = ScaleAsk { group: &found, slot: slot.as_ref(), key: &of.key, grow, breach, now };
        let plan = of.policy.scale.plan(&ask);
        if observe {
            return Ok(Action::Observed(render::plan(&group, &plan)).into());
        }
        // Act.
        let (previous, target) = match plan {
            ScalePlan::To { previous, target } => (previous, target),
            ScalePlan::AtMax { current } => {
                return Ok(Action::Remedied(render::at_max(&group, current)).into());
            }
            ScalePlan::Leave(leave) => return left(leave),
        };
        let slot = of.policy.scale.slot(&of.key, previous, target, now);
        if of.take(&slot_key, stored.as_ref(), &slot).await? {
            let intent = Intent { group, previous, target, alarm: Some(of.alarm.clone()) };
            return of.going().begin::<ScaleOut>(intent).await;
        }
    }
    Ok(Action::Left("other alarms kept changing the group".to_owned()).into())
}

fn aim(of: &Answering<'_>, routed: Option<&GroupName>) -> Result<GroupName, Leave> {
    of.policy.scale.admit(of.alarm, of.ports.clock.now())?;
    of.policy.scale.group_of(of.alarm, routed)
}

/// What is written down before a capacity is set: it is absolute, so setting it twice is setting it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    group: GroupName,
    previous: Capacity,
    target: Capacity,
    /// For which alarm; an entry of format 1 does not say.
    #[serde(default)]
    alarm: Option<AlarmTrigger>,
}

/// What came of it, and for which alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    #[serde(flatten)]
    scaled: Scaled,
    #[serde(default)]
    alarm: Option<AlarmTrigger>,
}

#[async_trait]
impl Lasting for ScaleOut {
    const KIND: Kind = Kind::ScaleOut;
    const IN_DOUBT: InDoubt = InDoubt::RunAgain;
    type Intent = Intent;
    type Outcome = Outcome;

    fn subject(intent: &Intent) -> String {
        format!("scale out {}", intent.group)
    }

    async fn act(attempt: Attempt<'_>, intent: &Intent) -> Result<Outcome, Unfinished> {
        let scaled = |new, by| Outcome {
            scaled: Scaled { group: intent.group.clone(), previous: intent.previous, new, by },
            alarm: intent.alarm.clone(),
        };
        let groups = attempt.ports.groups;
        let Some(group) = groups.group(&intent.group).await.map_err(Unfinished::Refused)? else {
            return Ok(scaled(intent.previous, By::Nobody));
        };
        match confirm(group.desired, group.max, intent.previous, intent.target) {
            // An earlier run may have set it and died before it could say so.
            Confirmed::Reached
                if Fence::FIRST < attempt.fence && group.desired == intent.target.min(group.max) =>
            {
                Ok(scaled(group.desired, By::Us))
            }
            Confirmed::Reached => Ok(scaled(group.desired, By::Others)),
            Confirmed::Moved => Ok(scaled(group.desired, By::Overruled)),
            Confirmed::Set(_) if attempt.late => Ok(scaled(group.desired, By::TooLate)),
            Confirmed::Set(target) => match groups.set_desired(&intent.group, target).await? {
                Resize::Set => Ok(scaled(target, By::Us)),
                Resize::OutOfBounds | Resize::NoGroup => Ok(scaled(group.desired, By::Nobody)),
            },
        }
    }

    fn summary(outcome: &Outcome, how: How) -> Summary {
        render::scaled(&outcome.scaled, how)
    }

    fn alarm(outcome: &Outcome) -> Option<&AlarmTrigger> {
        outcome.alarm.as_ref()
    }
}
