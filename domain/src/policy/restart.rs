//! Whether to restart an instance, and when not to.

use jiff::{SignedDuration, Timestamp};
use ports::trigger::AlarmTrigger;
use ports::{Instance, InstanceId, InstanceState, LedgerKey, time};
use serde::{Deserialize, Serialize};

use super::opt_in::{OptIn, opt_in};
use super::scale::OPT_IN;

/// When instances are restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestartPolicy {
    /// How long an instance is left alone after a restart.
    pub cooldown: SignedDuration,
    /// Transitions older than this are history.
    pub stale_after: SignedDuration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self { cooldown: SignedDuration::from_mins(30), stale_after: SignedDuration::from_mins(10) }
    }
}

/// The last restart of an instance, as the ledger keeps it: one for all alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The version of this format.
    pub format: u8,
    /// The transition it was for.
    pub by: LedgerKey,
    /// Until when nobody else restarts the instance.
    pub rests_until: Timestamp,
}

/// Why an instance is not restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Spare {
    /// The transition is history.
    #[error("the alarm changed at {0}, too long ago to act on")]
    Stale(Timestamp),
    /// Nothing says which instance is meant.
    #[error("the alarm is not about one instance")]
    NoInstanceNamed,
    /// EC2 does not know it.
    #[error("there is no instance `{0}`")]
    NoSuchInstance(InstanceId),
    /// The instance is not one of ours to act on.
    #[error("instance `{0}` is not tagged `{OPT_IN}=true`")]
    NotOptedIn(InstanceId),
    /// There is nothing to restart.
    #[error("the instance is {0}, not running")]
    NotRunning(InstanceState),
    /// It was restarted a moment ago.
    #[error("the instance was restarted for another alarm and is left alone until {0}")]
    Resting(Timestamp),
    /// Nobody knows how its last restart ended.
    #[error(
        "how the last restart of the instance ended is not known: look at it, then remove `{0}` from the ledger"
    )]
    InDoubt(LedgerKey),
}

/// What a decision about a restart is made of.
#[derive(Clone, Copy, Debug)]
pub struct RestartAsk<'a> {
    /// The instance as it is.
    pub instance: &'a Instance,
    /// Its last restart.
    pub turn: Option<&'a Turn>,
    /// Whether nobody knows how that one ended.
    pub in_doubt: bool,
    /// The transition's key.
    pub key: &'a LedgerKey,
    /// The present.
    pub now: Timestamp,
}

impl RestartPolicy {
    /// Which instance an alarm is about, unless the alarm alone rules a restart out.
    ///
    /// # Errors
    ///
    /// The reason to leave it alone.
    pub fn aim(&self, alarm: &AlarmTrigger, now: Timestamp) -> Result<InstanceId, Spare> {
        if self.is_stale(alarm.changed_at, now) {
            return Err(Spare::Stale(alarm.changed_at));
        }
        alarm.instance().ok_or(Spare::NoInstanceNamed)
    }

    /// Whether a transition is history.
    pub fn is_stale(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        time::later(changed_at, self.stale_after) < now
    }

    /// Decides whether to restart an instance.
    ///
    /// # Errors
    ///
    /// The reason to leave it alone.
    pub fn plan(&self, ask: &RestartAsk<'_>) -> Result<Turn, Spare> {
        let instance = ask.instance;
        if opt_in(&instance.tags, OPT_IN) != OptIn::In {
            return Err(Spare::NotOptedIn(instance.id.clone()));
        }
        if instance.state != InstanceState::Running {
            return Err(Spare::NotRunning(instance.state));
        }
        match ask.turn.filter(|turn| turn.by != *ask.key) {
            Some(turn) if ask.now < turn.rests_until && !ask.in_doubt => {
                Err(Spare::Resting(turn.rests_until))
            }
            Some(turn) if ask.in_doubt => Err(Spare::InDoubt(turn.by.clone())),
            _ => {
                Ok(Turn { format: 1, by: ask.key.clone(), rests_until: time::later(ask.now, self.cooldown) })
            }
        }
    }
}
