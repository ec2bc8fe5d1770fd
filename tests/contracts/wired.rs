//! The adapters of AWS over the simulated cloud's wire face, as a stage for clauses. Whatever no port has is arranged with the SDK, too.

use std::sync::Arc;

use adapters_sim::{HasPorts, Names};
use async_trait::async_trait;
use aws_config::SdkConfig;
use cloud_sim::Sim;
use cloud_sim::cloud::ec2::ROOT_DEVICE;
use cloud_sim::cloud::sns::{Delivered, Subscriber};
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::{Event, Phase, Seeded, Trace};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use lambda_shims::Ports;
use ports::{Clock, GroupName, ImageId, InstanceId, LedgerEntry, LedgerKey, Record, SnapshotId, Tags};
use support::contract::notifier::Received;
use support::contract::{Cloud, Stage, item_of_before};
use support::wire;

use crate::live::setup;

/// The account and the region of the simulated cloud.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

#[derive(Debug)]
struct WireCloud {
    sim: Sim,
    config: SdkConfig,
}

/// Runs a clause on a fresh cloud whose pages are small.
pub(crate) fn run(clause: impl for<'a> FnOnce(&'a Stage) -> BoxFuture<'a, ()> + Send + 'static) {
    let start = "2026-11-23T14:00:00Z".parse().unwrap();
    let sim = Sim::with(start, Box::new(Seeded::new(1)), Trace::kept());
    sim.cloud(|cloud| {
        cloud.place.region = REGION.parse().unwrap();
        cloud.snapshots.page_size = 5;
    });
    let config = wire::config(&sim.wire(), REGION);
    let cloud = Arc::new(WireCloud { sim, config });
    let wired = Arc::clone(&cloud);
    let done = cloud.sim.block_on(async move {
        wired.set_up().await;
        clause(&Stage::on(wired)).await;
    });
    assert_eq!(done, Some(()), "the clause waits for something that never happens");
}

impl WireCloud {
    async fn set_up(&self) {
        let names = setup::names(ACCOUNT);
        setup::create(&self.config, &names).await;
        let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:alerts");
        setup::subscribe(&self.config, &names.topic, "http://127.0.0.1/", &queue).await;
    }

    fn bound_to(&self, names: &Names) -> Ports {
        wire::ports(&self.config, names, self.sim.ports())
    }

    async fn wait(&self, minutes: i64) {
        self.sim.ports().sleep(SignedDuration::from_mins(minutes)).await;
    }
}

#[async_trait]
impl Cloud for WireCloud {
    fn ports(&self) -> Ports {
        self.bound_to(&setup::names(ACCOUNT))
    }

    fn ports_to_nowhere(&self) -> Ports {
        self.bound_to(&setup::nowhere(ACCOUNT))
    }

    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId {
        let instance = setup::instance(&self.config, ROOT_DEVICE, &tags, data_volumes).await;
        self.wait(2).await;
        instance
    }

    async fn stop(&self, instance: &InstanceId) {
        setup::stop(&self.config, instance).await;
        self.wait(2).await;
    }

    async fn image(&self, snapshot: &SnapshotId) -> ImageId {
        setup::image(&self.config, snapshot).await
    }

    async fn lock(&self, snapshot: &SnapshotId, mode: &str) {
        setup::lock(&self.config, snapshot, mode).await;
    }

    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName {
        let group = setup::group(&self.config, [desired, min, max].map(|n| i32::try_from(n).unwrap())).await;
        self.wait(30).await;
        group
    }

    async fn record(&self, record: Record) {
        setup::record(&self.config, &setup::names(ACCOUNT).metrics, record).await;
    }

    async fn entry_of_before(&self, key: &LedgerKey, entry: &LedgerEntry) {
        setup::record(&self.config, &setup::names(ACCOUNT).ledger, item_of_before(key, entry)).await;
    }

    async fn received(&self) -> Vec<Received> {
        let of = |delivered: &Delivered| Received {
            subject: delivered.subject.clone(),
            body: delivered.body.clone(),
            by_queue: matches!(delivered.to, Subscriber::Queue(_)),
        };
        self.sim.cloud(|cloud| cloud.sns.delivered().iter().map(of).collect())
    }

    async fn rest(&self) {
        self.wait(1).await;
    }

    async fn requests(&self, operation: &str) -> usize {
        let is_one = |event: &Event| matches!(event, Event::Call { op, phase: Phase::Applied, .. } if *op == operation);
        self.sim.trace().entries().iter().filter(|entry| is_one(&entry.event)).count()
    }

    async fn lose_next_reply(&self, operation: &str) {
        let rule = Rule::on(operation, Fault::TimeoutAfter, Pick::Nth(1));
        self.sim.faults(|faults| faults.add(rule));
    }
}
