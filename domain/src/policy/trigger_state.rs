//! At which state of an instance a snapshot is taken, if at any.

use ports::InstanceState;
use ports::trigger::{HealthKind, HealthNews, InstanceChange, SpotAction};
use serde::{Deserialize, Serialize};

use super::snapshot::Skip;

/// A state to snapshot an instance at: what it is doing when its disks are taken. `SNAPSHOT_STATES` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerState {
    /// It stops.
    Stopping,
    /// It has stopped: its disks are at rest.
    Stopped,
    /// It is being terminated, and its disks go with it.
    ShuttingDown,
    /// It failed, or was rebooted, and runs on.
    Running,
}

impl TriggerState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Stopping, Self::Stopped, Self::ShuttingDown, Self::Running];

    /// Its name, as EC2 names the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Running => "running",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// The state that an event tells of.
///
/// What is told ahead is none, unless it is the last chance: EC2 warns two minutes before it terminates a spot instance, and its
/// disks go with it. A stop that is told ahead is its own event when it comes, and then no write is missing from the disks.
///
/// # Errors
///
/// The reason why it is none.
///
/// # Examples
///
/// ```
/// use domain::policy::trigger_state::{self, TriggerState};
/// use ports::InstanceState;
/// use ports::trigger::{InstanceChange, SpotAction};
///
/// let of = |what| trigger_state::of(&what);
/// assert_eq!(of(InstanceChange::SpotWarning(SpotAction::Terminate)), Ok(TriggerState::ShuttingDown));
/// assert!(of(InstanceChange::SpotWarning(SpotAction::Stop)).is_err());
/// assert_eq!(of(InstanceChange::Rebooted { by: None }), Ok(TriggerState::Running));
/// assert!(of(InstanceChange::State(InstanceState::Running)).is_err());
/// ```
pub fn of(what: &InstanceChange) -> Result<TriggerState, Skip> {
    match what {
        InstanceChange::State(state) | InstanceChange::Found(state) => of_state(*state),
        InstanceChange::SpotWarning(SpotAction::Terminate) => Ok(TriggerState::ShuttingDown),
        InstanceChange::SpotWarning(action @ (SpotAction::Stop | SpotAction::Hibernate)) => {
            Err(Skip::Ahead(format!("EC2 is about to {} the spot instance", action.as_str())))
        }
        InstanceChange::Health(news) => of_news(news),
        InstanceChange::Rebooted { .. } | InstanceChange::CheckFailed { .. } => Ok(TriggerState::Running),
    }
}

fn of_state(state: InstanceState) -> Result<TriggerState, Skip> {
    match state {
        InstanceState::Stopping => Ok(TriggerState::Stopping),
        InstanceState::Stopped => Ok(TriggerState::Stopped),
        InstanceState::ShuttingDown | InstanceState::Terminated => Ok(TriggerState::ShuttingDown),
        InstanceState::Pending | InstanceState::Running => Err(Skip::State(state)),
    }
}

fn of_news(news: &HealthNews) -> Result<TriggerState, Skip> {
    match news.kind {
        HealthKind::Issue => Ok(TriggerState::Running),
        HealthKind::ScheduledChange => Err(Skip::Ahead(match news.starts_at {
            Some(at) => format!("{} at {at}", news.code),
            None => news.code.clone(),
        })),
        HealthKind::Notification => Err(Skip::NoFailure(news.code.clone())),
    }
}
