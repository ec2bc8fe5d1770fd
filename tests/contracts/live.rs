//! The adapters of AWS before a live endpoint, as a stage for clauses.

mod exception;
pub(crate) mod setup;
mod subscriber;
mod wire;

use std::sync::Arc;

use adapters_aws::sdk::SystemClock;
use adapters_sim::Names;
use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use futures::future::BoxFuture;
use lambda_shims::Ports;
use ports::{GroupName, ImageId, InstanceId, LedgerEntry, LedgerKey, Record, SnapshotId, Tags};
use support::contract::notifier::Received;
use support::contract::{Cloud, Stage, item_of_before};
use tokio::{runtime, task::JoinError};

use subscriber::{Queue, Subscriber};
use wire::Wire;

const REGION: &str = "us-east-1";

/// The root device of every image at the endpoint.
const ROOT_DEVICE: &str = "/dev/sda1";

/// An account of its own at the endpoint, with what the ports are bound to.
#[derive(Debug)]
struct LiveCloud {
    account: String,
    config: SdkConfig,
    wire: Wire,
    mailbox: Subscriber,
    queue: Queue,
}

/// Runs a clause where nothing else disturbs it, and compares the end with what is declared.
pub(crate) fn run(clause: &str, body: impl for<'a> FnOnce(&'a Stage) -> BoxFuture<'a, ()> + Send + 'static) {
    let endpoint =
        std::env::var("CARETAKER_ENDPOINT").expect("CARETAKER_ENDPOINT: set when this was built, not now");
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stage = Stage::on(Arc::new(LiveCloud::new(&endpoint).await));
        let end = tokio::spawn(async move { body(&stage).await }).await;
        exception::judge(clause, end.map_err(JoinError::into_panic));
    });
}

impl LiveCloud {
    async fn new(endpoint: &str) -> Self {
        let account = setup::fresh_account();
        let wire = Wire::new(&account);
        let loader =
            aws_config::defaults(BehaviorVersion::latest()).empty_test_environment().test_credentials();
        let loader = loader.region(Region::new(REGION)).endpoint_url(endpoint).http_client(wire.clone());
        let config = loader.load().await;
        let (mailbox, queue) = (Subscriber::listen(), Queue::create(endpoint, &account));
        let names = setup::names(&account);
        setup::create(&config, &names).await;
        setup::subscribe(&config, &names.topic, &mailbox.url, &queue.arn()).await;
        Self { account, config, wire, mailbox, queue }
    }

    fn bound_to(&self, names: &Names) -> Ports {
        support::wire::ports(&self.config, names, SystemClock::new())
    }
}

#[async_trait]
impl Cloud for LiveCloud {
    fn ports(&self) -> Ports {
        self.bound_to(&setup::names(&self.account))
    }

    fn ports_to_nowhere(&self) -> Ports {
        self.bound_to(&setup::nowhere(&self.account))
    }

    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId {
        setup::instance(&self.config, ROOT_DEVICE, &tags, data_volumes).await
    }

    async fn stop(&self, instance: &InstanceId) {
        setup::stop(&self.config, instance).await;
    }

    async fn image(&self, snapshot: &SnapshotId) -> ImageId {
        setup::image(&self.config, snapshot).await
    }

    async fn lock(&self, snapshot: &SnapshotId, mode: &str) {
        setup::lock(&self.config, snapshot, mode).await;
    }

    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName {
        setup::group(&self.config, [desired, min, max].map(|n| i32::try_from(n).unwrap())).await
    }

    async fn record(&self, record: Record) {
        setup::record(&self.config, &setup::names(&self.account).metrics, record).await;
    }

    async fn entry_of_before(&self, key: &LedgerKey, entry: &LedgerEntry) {
        setup::record(&self.config, &setup::names(&self.account).ledger, item_of_before(key, entry)).await;
    }

    /// No emulator limits how often a volume is snapshotted.
    async fn rest(&self) {}

    async fn received(&self) -> Vec<Received> {
        [self.mailbox.received(), self.queue.received()].concat()
    }

    async fn requests(&self, operation: &str) -> usize {
        self.wire.requests(operation)
    }

    async fn lose_next_reply(&self, operation: &str) {
        self.wire.lose_next_reply(operation);
    }
}
