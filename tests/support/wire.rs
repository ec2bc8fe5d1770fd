//! The adapters of AWS over the simulated cloud's wire face.

use std::sync::Arc;

use adapters_aws::sdk::{
    AutoScaling, DynamoLedger, DynamoMetrics, Ec2Instances, Ec2Inventory, Ec2Snapshots, S3Archive,
    SnsNotifier,
};
use adapters_sim::Names;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use cloud_sim::wire::Face;
use lambda_shims::Ports;
use ports::Clock;

/// A configuration whose HTTP client, clock and timer are the simulation's. Nothing in it is left to chance.
pub fn config(face: &Face, region: &str) -> SdkConfig {
    let credentials = Credentials::new("any", "any", None, None, "simulation");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_use_static_exponential_base(true))
        // At an endpoint of our own, so that a bucket stays in the path.
        .endpoint_url("http://simulated.cloud")
        .http_client(face.clone())
        .time_source(face.clone())
        .sleep_impl(face.clone())
        .build()
}

/// Every port over the SDK; the clock is one that the simulation has.
pub fn ports(config: &SdkConfig, names: &Names, clock: impl Clock + 'static) -> Ports {
    Ports {
        clock: Arc::new(clock),
        inventory: Arc::new(Ec2Inventory::new(config)),
        snapshots: Arc::new(Ec2Snapshots::new(config)),
        instances: Arc::new(Ec2Instances::new(config)),
        groups: Arc::new(AutoScaling::new(config)),
        metrics: Arc::new(DynamoMetrics::new(config, &names.metrics)),
        archive: Arc::new(S3Archive::new(config, &names.bucket).under(&names.prefix)),
        notifier: Arc::new(SnsNotifier::new(config, names.topic.parse().unwrap())),
        ledger: Arc::new(DynamoLedger::new(config, &names.ledger)),
    }
}
