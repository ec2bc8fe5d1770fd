//! A simulated or a real cloud as a stage for the clauses of every port's contract, and the clauses that are DynamoDB's.

pub mod dynamodb;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use lambda_shims::Ports;
pub use ports::contract::{
    all_pages, archive, clock, instances, inventory, ledger, metrics, notifier, scaling, snapshots,
};
use ports::contract::{notifier::Received, snapshots::Creation, snapshots::Machine};
use ports::{
    Archive, Attribute, Clock, CreateSet, GroupName, ImageId, InstanceId, Instances, Inventory, Ledger,
    LedgerEntry, LedgerKey, Metrics, Notifier, Record, ScalingGroups, SnapshotId, Snapshots, TagSet, Tags,
};

/// A cloud that clauses are run on, and the ways to arrange it that no port has.
#[async_trait]
pub trait Cloud: Debug + Send + Sync {
    /// The ports under test.
    fn ports(&self) -> Ports;
    /// The same ports, with ledger table, metrics table, topic and bucket that do not exist.
    fn ports_to_nowhere(&self) -> Ports;
    /// A running instance with a root volume and so many data volumes.
    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId;
    /// Lets a running instance stop.
    async fn stop(&self, instance: &InstanceId);
    /// A machine image that uses a snapshot.
    async fn image(&self, snapshot: &SnapshotId) -> ImageId;
    /// Locks a snapshot for a day, in a mode.
    async fn lock(&self, snapshot: &SnapshotId, mode: &str);
    /// A scaling group.
    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName;
    /// A record of the metrics table.
    async fn record(&self, record: Record);
    /// An entry of the ledger as the first version wrote it, which knew of no index.
    async fn entry_of_before(&self, key: &LedgerKey, entry: &LedgerEntry);
    /// Lets pass what EC2 wants between two snapshots of one volume.
    async fn rest(&self);
    /// What a queue got, and what a subscriber got who wants no form of its own.
    async fn received(&self) -> Vec<Received>;
    /// How many requests of an operation reached the cloud.
    async fn requests(&self, operation: &str) -> usize;
    /// Lets an operation's next request fail after it took effect.
    async fn lose_next_reply(&self, operation: &str);
}

/// A cloud as the stage of each port's clauses.
#[derive(Debug)]
pub struct Stage {
    cloud: Arc<dyn Cloud>,
    ports: Ports,
    nowhere: Ports,
}

impl Stage {
    pub fn on(cloud: Arc<dyn Cloud>) -> Self {
        Self { ports: cloud.ports(), nowhere: cloud.ports_to_nowhere(), cloud }
    }
}

impl clock::Stage for Stage {
    fn clock(&self) -> &dyn Clock {
        self.ports.clock.as_ref()
    }
}

#[async_trait]
impl inventory::Stage for Stage {
    fn inventory(&self) -> &dyn Inventory {
        self.ports.inventory.as_ref()
    }

    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId {
        self.cloud.instance(tags, data_volumes).await
    }

    async fn stop(&self, instance: &InstanceId) {
        self.cloud.stop(instance).await;
    }

    async fn snapshots(&self, instance: &InstanceId) -> Vec<SnapshotId> {
        let wish = CreateSet {
            instance: instance.clone(),
            exclude_root: false,
            exclude: Vec::new(),
            description: "a set".to_owned(),
            tags: TagSet::default(),
        };
        self.ports.snapshots.create_set(&wish).await.unwrap().into_iter().map(|made| made.id).collect()
    }

    async fn image(&self, snapshot: &SnapshotId) -> ImageId {
        self.cloud.image(snapshot).await
    }

    async fn lock(&self, snapshot: &SnapshotId, mode: &str) {
        self.cloud.lock(snapshot, mode).await;
    }
}

#[async_trait]
impl snapshots::Stage for Stage {
    fn snapshots(&self) -> &dyn Snapshots {
        self.ports.snapshots.as_ref()
    }

    async fn machine(&self, data_volumes: u32) -> Machine {
        let id = self.cloud.instance(Tags::default(), data_volumes).await;
        let instance = self.ports.inventory.instance(&id).await.unwrap().unwrap();
        let volumes = self.ports.inventory.volumes(&id).await.unwrap();
        let (root, data): (Vec<_>, Vec<_>) = volumes.into_iter().partition(|v| instance.is_root(&v.device));
        Machine { id, root: root[0].id.clone(), data: data.into_iter().map(|volume| volume.id).collect() }
    }

    async fn image(&self, snapshot: &SnapshotId) -> ImageId {
        self.cloud.image(snapshot).await
    }

    async fn rest(&self) {
        self.cloud.rest().await;
    }

    async fn requests(&self, creation: Creation) -> usize {
        self.cloud.requests(operation(creation)).await
    }

    async fn lose_next_reply(&self, creation: Creation) {
        self.cloud.lose_next_reply(operation(creation)).await;
    }
}

fn operation(creation: Creation) -> &'static str {
    match creation {
        Creation::Set => "CreateSnapshots",
        Creation::One => "CreateSnapshot",
    }
}

#[async_trait]
impl instances::Stage for Stage {
    fn instances(&self) -> &dyn Instances {
        self.ports.instances.as_ref()
    }

    async fn instance(&self) -> InstanceId {
        self.cloud.instance(Tags::default(), 0).await
    }

    async fn requests(&self) -> usize {
        self.cloud.requests("RebootInstances").await
    }

    async fn lose_next_reply(&self) {
        self.cloud.lose_next_reply("RebootInstances").await;
    }
}

#[async_trait]
impl scaling::Stage for Stage {
    fn groups(&self) -> &dyn ScalingGroups {
        self.ports.groups.as_ref()
    }

    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName {
        self.cloud.group(desired, min, max).await
    }
}

#[async_trait]
impl metrics::Stage for Stage {
    fn metrics(&self) -> &dyn Metrics {
        self.ports.metrics.as_ref()
    }

    fn nowhere(&self) -> &dyn Metrics {
        self.nowhere.metrics.as_ref()
    }

    fn index_by_date(&self) -> String {
        "by-date".to_owned()
    }

    async fn record(&self, record: Record) {
        self.cloud.record(record).await;
    }
}

impl archive::Stage for Stage {
    fn archive(&self) -> &dyn Archive {
        self.ports.archive.as_ref()
    }
}

#[async_trait]
impl notifier::Stage for Stage {
    fn notifier(&self) -> &dyn Notifier {
        self.ports.notifier.as_ref()
    }

    fn nowhere(&self) -> &dyn Notifier {
        self.nowhere.notifier.as_ref()
    }

    async fn received(&self) -> Vec<Received> {
        self.cloud.received().await
    }

    async fn requests(&self) -> usize {
        self.cloud.requests("Publish").await
    }

    async fn lose_next_reply(&self) {
        self.cloud.lose_next_reply("Publish").await;
    }
}

#[async_trait]
impl ledger::Stage for Stage {
    fn ledger(&self) -> &dyn Ledger {
        self.ports.ledger.as_ref()
    }

    async fn settle(&self) {
        self.cloud.rest().await;
    }
}

/// An entry of the ledger as the first version wrote it: an item of these attributes, and no other.
pub fn item_of_before(key: &LedgerKey, entry: &LedgerEntry) -> Record {
    [
        ("key", Attribute::S(key.to_string())),
        ("version", Attribute::N("1".to_owned())),
        ("state", Attribute::S(entry.state.clone())),
        ("open", Attribute::Bool(entry.open)),
        ("keep_until", Attribute::N(entry.keep_until.as_second().to_string())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
