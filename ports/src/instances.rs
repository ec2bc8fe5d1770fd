use std::fmt::Debug;

use async_trait::async_trait;

use crate::{InstanceId, PortError};

/// Acts on instances.
///
/// # Contract
///
/// 1. `instances_1_reboot_is_asked_once`: `reboot` MUST send at most one request.
/// 2. `instances_2_unknown_instance_is_not_found`: an instance that EC2 does not know MUST give
///    [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
///
/// Not promised: that the reboot has begun when the call returns; EC2 queues it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html>).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Instances: Debug + Send + Sync {
    /// Asks for a reboot.
    ///
    /// # Errors
    ///
    /// When EC2 refuses or cannot be asked; see [`PortError::effect`] for what is then known.
    async fn reboot(&self, id: &InstanceId) -> Result<(), PortError>;
}
