use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use ports::{InstanceId, Instances, PortError};

use crate::permission::{self, Asks};

use super::{call::Call, config, ec2};

/// Instances of EC2.
#[derive(Clone, Debug)]
pub struct Ec2Instances {
    client: Client,
}

impl Ec2Instances {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::instances::ALL;

    /// Makes the adapter.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(&config::limited(config)) }
    }
}

#[async_trait]
impl Instances for Ec2Instances {
    async fn reboot(&self, id: &InstanceId) -> Result<(), PortError> {
        let call = Call::writing("RebootInstances");
        self.client
            .reboot_instances()
            .instance_ids(id.as_str())
            .customize()
            .config_override(ec2::once())
            .interceptor(call.watch())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call.failed(&error))
    }
}
