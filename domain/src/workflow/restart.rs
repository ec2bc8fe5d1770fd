//! Restarts an instance for one transition of one alarm. A reboot leaves no trace to find and must not happen twice.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::trigger::AlarmTrigger;
use ports::{InstanceId, Instances, LedgerKey, PortError, Stored};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Found, Unfinished};
use super::entry::decode;
use super::once::{OnceError, read};
use super::remediate::{Action, Answer, ROUNDS, Work};
use crate::policy::key;
use crate::policy::once::{Fence, InDoubt, Phase};
use crate::policy::restart::{RestartAsk, Spare, Turn};

/// What the subject of a restart begins with.
pub(super) const SUBJECT: &str = "restart ";

impl Work<'_> {
    pub(super) async fn restart(&self, observe: bool) -> Result<Answer, OnceError> {
        let left = |spare: Spare| Ok(Action::Left(spare.to_string()).into());
        let id = match self.policy.restart.aim(self.alarm, self.ports.clock.now()) {
            Ok(id) => id,
            Err(spare) => return left(spare),
        };
        for _ in 0..ROUNDS {
            // Gather.
            let turn_key = key::instance(&id)?;
            let stored = self.ports.ledger.get(&turn_key).await?;
            let turn = stored.as_ref().map(|s| decode::<Turn>(&turn_key, s)).transpose()?;
            let in_doubt = self.is_in_doubt(turn.as_ref()).await?;
            let Some(instance) = self.ports.inventory.instance(&id).await? else {
                return left(Spare::NoSuchInstance(id));
            };
            // Plan.
            let now = self.ports.clock.now();
            let ask = RestartAsk { instance: &instance, turn: turn.as_ref(), in_doubt, key: &self.key, now };
            let turn = match self.policy.restart.plan(&ask) {
                Ok(_) if observe => return Ok(Action::Observed(format!("restart `{id}`")).into()),
                Err(spare) if observe => return Ok(Action::Observed(format!("nothing: {spare}")).into()),
                Ok(turn) => turn,
                Err(spare) => return left(spare),
            };
            // Act.
            if self.take(&turn_key, stored.as_ref(), &turn).await? {
                let intent = Restarted { instance: id, alarm: self.alarm.clone() };
                return self.reboot(intent, None).await;
            }
        }
        Ok(Action::Left("other alarms kept asking for the instance".to_owned()).into())
    }

    /// Whether nobody knows how the last restart ended: it is halted, or its owner has not said yet.
    async fn is_in_doubt(&self, turn: Option<&Turn>) -> Result<bool, OnceError> {
        let Some(turn) = turn.filter(|turn| turn.by != self.key) else { return Ok(false) };
        let last = self.once().recall::<Restart<'_>>(&turn.by).await?;
        Ok(last.is_some_and(|last| matches!(last.phase, Phase::Halted { .. } | Phase::Intended { .. })))
    }

    /// Goes on with a restart that is written down.
    pub(super) async fn go_on_restarting(&self, stored: Stored) -> Result<Answer, OnceError> {
        let begun = read::<Restarted, Restarted>(&self.key, &stored)?;
        match begun.phase.parameters(Clone::clone) {
            Some(intent) => self.reboot(intent, Some(stored)).await,
            None => Ok(Action::Left("the restart was given up".to_owned()).into()),
        }
    }

    async fn reboot(&self, intent: Restarted, stored: Option<Stored>) -> Result<Answer, OnceError> {
        let effect = Restart { instances: self.ports.instances, key: self.key.clone(), intent };
        let performed = self.once().perform_from(&effect, stored).await?;
        Ok(Answer::of(performed, |done, how| Action::Restarted(done.instance, how)))
    }
}

/// Which instance, and for which alarm: written down before it is asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Restarted {
    pub(super) instance: InstanceId,
    pub(super) alarm: AlarmTrigger,
}

/// Asking EC2 to reboot an instance.
pub(super) struct Restart<'a> {
    pub(super) instances: &'a dyn Instances,
    pub(super) key: LedgerKey,
    pub(super) intent: Restarted,
}

#[async_trait]
impl Effect for Restart<'_> {
    type Intent = Restarted;
    type Outcome = Restarted;

    fn key(&self) -> &LedgerKey {
        &self.key
    }

    fn subject(&self) -> String {
        format!("{SUBJECT}{}", self.intent.instance)
    }

    fn intent(&self) -> Restarted {
        self.intent.clone()
    }

    fn settle(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    /// Nothing tells afterwards whether a reboot was asked for, and a second one would hit an instance that is coming up.
    fn in_doubt(&self) -> InDoubt {
        InDoubt::Halt
    }

    fn is_announced(&self) -> bool {
        true
    }

    async fn look(&self, _: &Restarted) -> Result<Found<Restarted>, PortError> {
        Ok(Found::Nothing)
    }

    async fn act(&self, intent: &Restarted, _: Fence, _: Option<Restarted>) -> Result<Restarted, Unfinished> {
        self.instances.reboot(&intent.instance).await?;
        Ok(intent.clone())
    }

    async fn finish(&self, _: &Restarted, outcome: Restarted) -> Restarted {
        outcome
    }
}
