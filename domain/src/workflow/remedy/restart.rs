//! Restarts an instance for one transition of one alarm. A reboot leaves no trace to find and must not happen twice.

use async_trait::async_trait;
use ports::InstanceId;
use ports::trigger::AlarmTrigger;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{Attempt, Lasting};
use super::{Action, Answer, Answering, ROUNDS};
use crate::policy::key;
use crate::policy::once::{InDoubt, Phase};
use crate::policy::remedy::Kind;
use crate::policy::restart::{RestartAsk, Spare, Turn};
use crate::render::remedy::{Summary, restart as render};
use crate::workflow::effect::Unfinished;
use crate::workflow::entry::decode;
use crate::workflow::once::{How, OnceError, read};

/// Restarting the instance that an alarm is about.
pub(super) struct Restart;

/// Answers an alarm.
pub(super) async fn answer(of: &Answering<'_>, observe: bool) -> Result<Answer, OnceError> {
    let left = |spare: Spare| Ok(Action::Left(spare.to_string()).into());
    let id = match of.policy.restart.aim(of.alarm, of.ports.clock.now()) {
        Ok(id) => id,
        Err(spare) => return left(spare),
    };
    for _ in 0..ROUNDS {
        // Gather.
        let turn_key = key::instance(&id)?;
        let stored = of.ports.ledger.get(&turn_key).await?;
        let turn = stored.as_ref().map(|s| decode::<Turn>(&turn_key, s)).transpose()?;
        let in_doubt = is_in_doubt(of, turn.as_ref()).await?;
        let Some(instance) = of.ports.inventory.instance(&id).await? else {
            return left(Spare::NoSuchInstance(id));
        };
        // Plan.
        let now = of.ports.clock.now();
        let ask = RestartAsk { instance: &instance, turn: turn.as_ref(), in_doubt, key: &of.key, now };
        let turn = match of.policy.restart.plan(&ask) {
            Ok(_) if observe => return Ok(Action::Observed(render::plan(&id)).into()),
            Err(spare) if observe => return Ok(Action::Observed(format!("nothing: {spare}")).into()),
            Ok(turn) => turn,
            Err(spare) => return left(spare),
        };
        // Act.
        if of.take(&turn_key, stored.as_ref(), &turn).await? {
            let intent = Restarted { instance: id, alarm: of.alarm.clone() };
            return of.going().begin::<Restart>(intent).await;
        }
    }
    Ok(Action::Left("other alarms kept asking for the instance".to_owned()).into())
}

/// Whether nobody knows how the last restart ended: it is halted, or its owner has not said yet.
async fn is_in_doubt(of: &Answering<'_>, turn: Option<&Turn>) -> Result<bool, OnceError> {
    let Some(turn) = turn.filter(|turn| turn.by != of.key) else { return Ok(false) };
    let Some(last) = of.ports.ledger.get(&turn.by).await? else { return Ok(false) };
    let last = read::<Value, Value>(&turn.by, &last)?;
    Ok(matches!(last.phase, Phase::Halted { .. } | Phase::Intended { .. }))
}

/// Which instance, and for which alarm: written down before it is asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Restarted {
    instance: InstanceId,
    alarm: AlarmTrigger,
}

#[async_trait]
impl Lasting for Restart {
    const KIND: Kind = Kind::Restart;
    /// Nothing tells afterwards whether a reboot was asked for, and a second one would hit an instance that is coming up.
    const IN_DOUBT: InDoubt = InDoubt::Halt;
    type Intent = Restarted;
    type Outcome = Restarted;

    fn subject(intent: &Restarted) -> String {
        format!("restart {}", intent.instance)
    }

    async fn act(attempt: Attempt<'_>, intent: &Restarted) -> Result<Restarted, Unfinished> {
        attempt.ports.instances.reboot(&intent.instance).await?;
        Ok(intent.clone())
    }

    fn summary(outcome: &Restarted, how: How) -> Summary {
        render::restarted(&outcome.instance, how)
    }

    fn alarm(outcome: &Restarted) -> Option<&AlarmTrigger> {
        Some(&outcome.alarm)
    }
}
