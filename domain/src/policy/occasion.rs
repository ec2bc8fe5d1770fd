//! On which occasion a snapshot is taken, if on any.

use ports::InstanceState;
use ports::trigger::{HealthKind, HealthNews, InstanceChange, SpotAction};
use serde::{Deserialize, Serialize};

use super::snapshot::Skip;

/// An occasion to snapshot an instance: what it is doing when its disks are taken. `SNAPSHOT_STATES` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// It stops.
    Stopping,
    /// It has stopped: its disks are at rest.
    Stopped,
    /// It is being terminated, and its disks go with it.
    ShuttingDown,
    /// It failed, or was rebooted, and runs on.
    Running,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Stopping, Self::Stopped, Self::ShuttingDown, Self::Running];

    /// The occasion's name, as EC2 names the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Running => "running",
        }
    }

    /// The occasion of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == name)
    }
}

/// The occasion that an event is.
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
/// use domain::policy::occasion::{self, Occasion};
/// use ports::InstanceState;
/// use ports::trigger::{InstanceChange, SpotAction};
///
/// let of = |what| occasion::of(&what);
/// assert_eq!(of(InstanceChange::SpotWarning(SpotAction::Terminate)), Ok(Occasion::ShuttingDown));
/// assert!(of(InstanceChange::SpotWarning(SpotAction::Stop)).is_err());
/// assert_eq!(of(InstanceChange::Rebooted { by: None }), Ok(Occasion::Running));
/// assert!(of(InstanceChange::State(InstanceState::Running)).is_err());
/// ```
pub fn of(what: &InstanceChange) -> Result<Occasion, Skip> {
    match what {
        InstanceChange::State(state) | InstanceChange::Found(state) => of_state(*state),
        InstanceChange::SpotWarning(SpotAction::Terminate) => Ok(Occasion::ShuttingDown),
        InstanceChange::SpotWarning(action @ (SpotAction::Stop | SpotAction::Hibernate)) => {
            Err(Skip::Ahead(format!("EC2 is about to {} the spot instance", action.as_str())))
        }
        InstanceChange::Health(news) => of_news(news),
        InstanceChange::Rebooted { .. } | InstanceChange::CheckFailed { .. } => Ok(Occasion::Running),
    }
}

fn of_state(state: InstanceState) -> Result<Occasion, Skip> {
    match state {
        InstanceState::Stopping => Ok(Occasion::Stopping),
        InstanceState::Stopped => Ok(Occasion::Stopped),
        InstanceState::ShuttingDown | InstanceState::Terminated => Ok(Occasion::ShuttingDown),
        InstanceState::Pending | InstanceState::Running => Err(Skip::State(state)),
    }
}

fn of_news(news: &HealthNews) -> Result<Occasion, Skip> {
    match news.kind {
        HealthKind::Issue => Ok(Occasion::Running),
        HealthKind::ScheduledChange => Err(Skip::Ahead(match news.starts_at {
            Some(at) => format!("{} at {at}", news.code),
            None => news.code.clone(),
        })),
        HealthKind::Notification => Err(Skip::NoFailure(news.code.clone())),
    }
}
