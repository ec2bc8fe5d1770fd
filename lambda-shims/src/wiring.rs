//! The ports over AWS, for every region an event may name.

use std::sync::Arc;

use adapters_aws::sdk::{
    AutoScaling, DynamoLedger, DynamoMetrics, Ec2Instances, Ec2Inventory, Ec2Snapshots, S3Archive,
    SnsNotifier, SystemClock, config,
};
use aws_config::SdkConfig;
use ports::{Arn, Region};

use crate::settings::{Common, NightSettings, RemediationSettings, SnapshotSettings};
use crate::{Ports, RemediationPorts, SnapshotPorts};

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

/// AWS, from the region that the function runs in, as the ports that one function has.
#[derive(Clone, Debug)]
pub struct Aws<P> {
    config: SdkConfig,
    home: P,
}

impl<P: Wired> Aws<P> {
    /// Loads the configuration as every AWS tool does; `AWS_ENDPOINT_URL` is honoured.
    pub async fn load(names: &Names) -> Self {
        let config = config::load(None).await;
        let home = P::wired(&config, names);
        Self { config, home }
    }

    /// The ports for what lives in a region. Ledger, notices and archive stay at home.
    pub fn ports(&self, region: Option<&Region>) -> P {
        let at_home =
            |region: &&Region| self.config.region().is_some_and(|home| home.as_ref() == region.as_str());
        let Some(region) = region.filter(|region| !at_home(region)) else { return self.home.clone() };
        let there = aws_config::Region::new(region.as_str().to_owned());
        self.home.clone().moved(&self.config.to_builder().region(there).build())
    }
}

/// Ports over AWS. Each set makes only its own, so that a function carries no client that it does not use.
pub trait Wired: Clone {
    /// The ports at home.
    fn wired(config: &SdkConfig, names: &Names) -> Self;

    /// The same, with what is bound to a region in another one.
    #[must_use]
    fn moved(self, there: &SdkConfig) -> Self;
}

impl Wired for SnapshotPorts {
    fn wired(config: &SdkConfig, names: &Names) -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            inventory: Arc::new(Ec2Inventory::new(config)),
            snapshots: Arc::new(Ec2Snapshots::new(config)),
            notifier: Arc::new(SnsNotifier::new(config, names.topic.clone())),
            ledger: Arc::new(DynamoLedger::new(config, &names.ledger)),
        }
    }

    fn moved(self, there: &SdkConfig) -> Self {
        Self {
            inventory: Arc::new(Ec2Inventory::new(there)),
            snapshots: Arc::new(Ec2Snapshots::new(there)),
            ..self
        }
    }
}

impl Wired for RemediationPorts {
    fn wired(config: &SdkConfig, names: &Names) -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            inventory: Arc::new(Ec2Inventory::new(config)),
            instances: Arc::new(Ec2Instances::new(config)),
            groups: Arc::new(AutoScaling::new(config)),
            notifier: Arc::new(SnsNotifier::new(config, names.topic.clone())),
            ledger: Arc::new(DynamoLedger::new(config, &names.ledger)),
        }
    }

    fn moved(self, there: &SdkConfig) -> Self {
        Self {
            inventory: Arc::new(Ec2Inventory::new(there)),
            instances: Arc::new(Ec2Instances::new(there)),
            groups: Arc::new(AutoScaling::new(there)),
            ..self
        }
    }
}

impl Wired for Ports {
    fn wired(config: &SdkConfig, names: &Names) -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            inventory: Arc::new(Ec2Inventory::new(config)),
            snapshots: Arc::new(Ec2Snapshots::new(config)),
            instances: Arc::new(Ec2Instances::new(config)),
            groups: Arc::new(AutoScaling::new(config)),
            metrics: Arc::new(DynamoMetrics::new(config, &names.metrics)),
            archive: Arc::new(S3Archive::new(config, &names.bucket).under(&names.prefix)),
            notifier: Arc::new(SnsNotifier::new(config, names.topic.clone())),
            ledger: Arc::new(DynamoLedger::new(config, &names.ledger)),
        }
    }

    fn moved(self, there: &SdkConfig) -> Self {
        Self {
            inventory: Arc::new(Ec2Inventory::new(there)),
            snapshots: Arc::new(Ec2Snapshots::new(there)),
            instances: Arc::new(Ec2Instances::new(there)),
            groups: Arc::new(AutoScaling::new(there)),
            ..self
        }
    }
}
