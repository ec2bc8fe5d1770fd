//! Instances: their states, and what EC2 says of them.

use serde::{Deserialize, Serialize};

/// Where an instance is in its life
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Being prepared to run.
    Pending,
    /// Running.
    Running,
    /// Being stopped; its disks may still change.
    Stopping,
    /// Stopped; its disks are at rest.
    Stopped,
    /// Being terminated.
    ShuttingDown,
    /// Gone for good; still listed for a while.
    Terminated,
}

impl InstanceState {
    /// The state's name as EC2 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }

    /// The state of that name, if EC2 has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use aws_vocabulary::InstanceState;
    ///
    /// assert_eq!(InstanceState::parse("shutting-down"), Some(InstanceState::ShuttingDown));
    /// assert_eq!(InstanceState::parse("rebooting"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Stopping, Self::Stopped, Self::ShuttingDown, Self::Terminated]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

impl std::fmt::Display for InstanceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an instance last changed its state, in EC2's words
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateReason {
    /// A code such as `Server.SpotInstanceTermination`.
    pub code: String,
    /// The same for people.
    pub message: String,
}

/// What EC2 does with a spot instance that it takes back
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotAction {
    /// It stops it.
    Stop,
    /// It hibernates it.
    Hibernate,
    /// It terminates it.
    Terminate,
}

impl SpotAction {
    /// The action's name as EC2 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
            Self::Terminate => "terminate",
        }
    }
}
