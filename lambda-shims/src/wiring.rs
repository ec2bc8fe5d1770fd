//! The ports over AWS, for every region an event may name.

use std::sync::Arc;

use adapters_aws::sdk::{
    AutoScaling, DynamoLedger, DynamoMetrics, Ec2Instances, Ec2Inventory, Ec2Snapshots, S3Archive,
    SnsNotifier, SystemClock, config,
};
use ports::{Arn, Region};

use crate::Ports;
use crate::settings::{Common, NightSettings, RemediationSettings, SnapshotSettings};

/// The names of the resources that some ports are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    topic: Arn,
    ledger: String,
    metrics: String,
    bucket: String,
    prefix: String,
}

impl From<&Common> for Names {
    fn from(common: &Common) -> Self {
        Self {
            topic: common.alert_topic.clone(),
            ledger: common.ledger_table.clone(),
            metrics: String::new(),
            bucket: String::new(),
            prefix: String::new(),
        }
    }
}

impl From<&SnapshotSettings> for Names {
    fn from(settings: &SnapshotSettings) -> Self {
        (&settings.common).into()
    }
}

impl From<&RemediationSettings> for Names {
    fn from(settings: &RemediationSettings) -> Self {
        (&settings.common).into()
    }
}

impl From<&NightSettings> for Names {
    fn from(settings: &NightSettings) -> Self {
        Self {
            metrics: settings.source.as_ref().map(|source| source.table.clone()).unwrap_or_default(),
            bucket: settings.bucket.clone().unwrap_or_default(),
            prefix: settings.prefix.clone(),
            ..(&settings.common).into()
        }
    }
}

/// AWS, from the region that the function runs in.
#[derive(Clone, Debug)]
pub struct Aws {
    config: aws_config::SdkConfig,
    home: Ports,
}

impl Aws {
    /// Loads the configuration as every AWS tool does; `AWS_ENDPOINT_URL` is honoured.
    pub async fn load(names: &Names) -> Self {
        let config = config::load(None).await;
        let home = Ports {
            clock: Arc::new(SystemClock::new()),
            inventory: Arc::new(Ec2Inventory::new(&config)),
            snapshots: Arc::new(Ec2Snapshots::new(&config)),
            instances: Arc::new(Ec2Instances::new(&config)),
            groups: Arc::new(AutoScaling::new(&config)),
            metrics: Arc::new(DynamoMetrics::new(&config, &names.metrics)),
            archive: Arc::new(S3Archive::new(&config, &names.bucket).under(&names.prefix)),
            notifier: Arc::new(SnsNotifier::new(&config, names.topic.clone())),
            ledger: Arc::new(DynamoLedger::new(&config, &names.ledger)),
        };
        Self { config, home }
    }

    /// The ports for what lives in a region. Ledger, notices and archive stay at home.
    pub fn ports(&self, region: Option<&Region>) -> Ports {
        let at_home =
            |region: &&Region| self.config.region().is_some_and(|home| home.as_ref() == region.as_str());
        let Some(region) = region.filter(|region| !at_home(region)) else { return self.home.clone() };
        let there = aws_config::Region::new(region.as_str().to_owned());
        let config = self.config.to_builder().region(there).build();
        Ports {
            inventory: Arc::new(Ec2Inventory::new(&config)),
            snapshots: Arc::new(Ec2Snapshots::new(&config)),
            instances: Arc::new(Ec2Instances::new(&config)),
            groups: Arc::new(AutoScaling::new(&config)),
            ..self.home.clone()
        }
    }
}
