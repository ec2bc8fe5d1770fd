//! The clauses of the ports' contracts, as functions that any adapter can be run through.
//!
//! Each clause is named as the port's documentation names it.

pub mod archive;
pub mod clock;
pub mod instances;
pub mod inventory;
pub mod ledger;
pub mod metrics;
pub mod notifier;
pub mod scaling;
pub mod snapshots;

use std::future::Future;

use async_trait::async_trait;
use lambda_shims::Ports;
use ports::{
    Attribute, GroupName, ImageId, InstanceId, LedgerEntry, LedgerKey, Page, PageToken, PortError, Record,
    SnapshotId, Tags,
};

/// A cloud that clauses are run on, and the ways to arrange it that no port has.
#[async_trait]
pub trait Stage: Send + Sync {
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

/// The tags of an instance of that name that wants to be snapshotted.
pub fn opted_in(name: &str) -> Tags {
    Tags::from_iter([("Name", name), ("AutoSnapshot", "true")])
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub subject: String,
    pub body: String,
    pub by_queue: bool,
}

/// Follows the tokens to the last page.
pub async fn all_pages<T, F>(page: impl Fn(Option<PageToken>) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>, PortError>>,
{
    let mut items = Vec::new();
    let mut from = None;
    loop {
        let got = page(from).await.unwrap();
        items.extend(got.items);
        match got.next {
            Some(next) => from = Some(next),
            None => return items,
        }
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
