//! Why an instance failed or stopped. The event of a stop carries no cause; the instance's own record does.

use ports::Instance;
use ports::trigger::{HealthKind, InstanceChange};
use serde::{Deserialize, Serialize};

/// The kind of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// AWS failed it, or it could not start.
    Failure,
    /// A spot interruption.
    Spot,
    /// A scheduled retirement.
    Maintenance,
    /// Its own operating system shut down.
    Guest,
    /// Somebody asked for it through the API.
    User,
    /// Nothing tells.
    Unknown,
}

impl CauseKind {
    /// The kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Spot => "spot interruption",
            Self::Maintenance => "maintenance by AWS",
            Self::Guest => "shut down from inside",
            Self::User => "asked for through the API",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nobody asked for it. What is unknown counts as unexpected: a snapshot too many is cheaper than one too
    /// few.
    pub fn is_unexpected(self) -> bool {
        match self {
            Self::User => false,
            Self::Failure | Self::Spot | Self::Maintenance | Self::Guest | Self::Unknown => true,
        }
    }
}

/// A cause and the words it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The kind of cause.
    pub kind: CauseKind,
    /// EC2's own words.
    pub evidence: String,
}

/// Reads the cause of an instance's last change
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html>).
///
/// # Examples
///
/// ```
/// use domain::policy::cause::{CauseKind, of_words};
///
/// assert_eq!(of_words(Some("Server.SpotInstanceTermination"), None).kind, CauseKind::Spot);
/// assert_eq!(of_words(None, Some("User initiated (2026-11-23 14:27:11 UTC)")).kind, CauseKind::User);
/// assert_eq!(of_words(None, None).kind, CauseKind::Unknown);
/// ```
pub fn of_words(code: Option<&str>, transition: Option<&str>) -> Cause {
    let transition = transition.filter(|text| !text.is_empty());
    let kind = match code.filter(|code| !code.is_empty()) {
        Some(code) => of_code(code),
        None if transition.is_some_and(|text| text.starts_with("User initiated")) => CauseKind::User,
        None => CauseKind::Unknown,
    };
    let said_twice = transition.filter(|text| Some(*text) != code);
    let words = [code, said_twice].into_iter().flatten().collect::<Vec<_>>().join("; ");
    Cause { kind, evidence: if words.is_empty() { "EC2 gives no reason".to_owned() } else { words } }
}

/// EC2's code for why an instance that was started never ran, if that is so. The disks are then as they were before
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html>). `Server.InternalError` is none of these: EC2
/// writes it of a host that failed, too.
///
/// # Examples
///
/// ```
/// use domain::policy::cause::never_ran;
///
/// let because = Some("Server.InsufficientInstanceCapacity");
/// assert_eq!(never_ran(because), because);
/// assert_eq!(never_ran(Some("Server.InternalError")), None);
/// ```
pub fn never_ran(code: Option<&str>) -> Option<&str> {
    let codes = [
        "Server.InsufficientInstanceCapacity",
        "Client.InternalError",
        "Client.InvalidSnapshot.NotFound",
        "Client.VolumeLimitExceeded",
    ];
    code.filter(|code| codes.contains(code))
}

/// The cause of what happened to an instance. Only a change of its state is explained by its own record; of everything else
/// the event tells more, and the record may still explain an earlier stop.
pub fn of(what: &InstanceChange, instance: &Instance) -> Cause {
    let (kind, evidence) = match what {
        InstanceChange::State(_) | InstanceChange::Found(_) => {
            let code = instance.state_reason.as_ref().map(|reason| reason.code.as_str());
            return of_words(code, instance.transition.as_deref());
        }
        InstanceChange::SpotWarning(action) => {
            (CauseKind::Spot, format!("EC2 Spot Instance Interruption Warning: {}", action.as_str()))
        }
        InstanceChange::Health(news) => (of_news(news.kind), news.code.clone()),
        InstanceChange::Rebooted { by: Some(by) } => (CauseKind::User, format!("RebootInstances by {by}")),
        InstanceChange::Rebooted { by: None } => (CauseKind::User, "RebootInstances".to_owned()),
        InstanceChange::CheckFailed { alarm, metric } => {
            (CauseKind::Failure, format!("alarm `{alarm}` on {metric}"))
        }
    };
    Cause { kind, evidence }
}

fn of_news(kind: HealthKind) -> CauseKind {
    match kind {
        HealthKind::Issue => CauseKind::Failure,
        HealthKind::ScheduledChange => CauseKind::Maintenance,
        HealthKind::Notification => CauseKind::Unknown,
    }
}

fn of_code(code: &str) -> CauseKind {
    match code {
        "Server.ScheduledStop" => CauseKind::Maintenance,
        "Client.InstanceInitiatedShutdown" => CauseKind::Guest,
        "Client.UserInitiatedShutdown" | "Client.UserInitiatedHibernate" | "Client.InstanceTerminated" => {
            CauseKind::User
        }
        spot if spot.starts_with("Server.Spot") => CauseKind::Spot,
        failure if failure.starts_with("Server.") || failure.starts_with("Client.") => CauseKind::Failure,
        _ => CauseKind::Unknown,
    }
}
