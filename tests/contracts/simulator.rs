//! The simulated cloud as a stage for clauses.

use std::sync::Arc;

use adapters_sim::{HasPorts, Names};
use async_trait::async_trait;
use cloud_sim::Sim;
use cloud_sim::cloud::dynamodb::Index;
use cloud_sim::cloud::snapshot::Lock;
use cloud_sim::cloud::sns::Subscriber;
use cloud_sim::fault::{Fault, Pick, Rule};
use cloud_sim::kernel::{Event, Phase, Seeded, Trace};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use lambda_shims::Ports;
use ports::{
    GroupName, ImageId, InstanceId, InstanceState, LedgerEntry, LedgerKey, Record, SnapshotId, Tags,
};
use support::contract::notifier::Received;
use support::contract::{Cloud, Stage, item_of_before};

#[derive(Debug)]
struct SimCloud(Sim);

/// Runs a clause on a fresh cloud whose pages are small.
pub(crate) fn run(clause: impl for<'a> FnOnce(&'a Stage) -> BoxFuture<'a, ()> + Send + 'static) {
    let start = "2026-11-23T14:00:00Z".parse().unwrap();
    let sim = Sim::with(start, Box::new(Seeded::new(1)), Trace::kept());
    let names = Names::default();
    sim.cloud(|cloud| {
        cloud.snapshots.page_size = 5;
        cloud.dynamodb.add_table(&names.ledger, "key");
        cloud.dynamodb.add_index(&names.ledger, "open", Index::of_keys("listed"));
        cloud.dynamodb.add_table(&names.metrics, "id");
        cloud.dynamodb.add_index(&names.metrics, "by-date", Index::new("date"));
        cloud.s3.add_bucket(&names.bucket);
        cloud.sns.add_topic(&names.topic);
        cloud.sns.subscribe(&names.topic, Subscriber::Mail("on-call@example.com".to_owned()));
        cloud.sns.subscribe(&names.topic, Subscriber::Queue("alerts".to_owned()));
    });
    let cloud = Arc::new(SimCloud(sim));
    let stage = Stage::on(Arc::clone(&cloud) as Arc<dyn Cloud>);
    let done = cloud.0.block_on(async move { clause(&stage).await });
    assert_eq!(done, Some(()), "the clause waits for something that never happens");
}

#[async_trait]
impl Cloud for SimCloud {
    fn ports(&self) -> Ports {
        Ports::of(self.0.ports())
    }

    fn ports_to_nowhere(&self) -> Ports {
        let nowhere = || "nowhere".to_owned();
        let names = Names {
            topic: nowhere(),
            ledger: nowhere(),
            metrics: nowhere(),
            bucket: nowhere(),
            ..Names::default()
        };
        Ports::of(self.0.ports().bound_to(names))
    }

    async fn instance(&self, tags: Tags, data_volumes: u32) -> InstanceId {
        let now = self.0.now();
        self.0.cloud(|cloud| cloud.ec2.add_instance(tags, data_volumes, now))
    }

    async fn stop(&self, instance: &InstanceId) {
        self.0.cloud(|cloud| cloud.ec2.machine(instance).unwrap().state = InstanceState::Stopped);
    }

    async fn image(&self, snapshot: &SnapshotId) -> ImageId {
        self.0.cloud(|cloud| cloud.ec2.register_image(vec![snapshot.clone()], true))
    }

    async fn lock(&self, snapshot: &SnapshotId, mode: &str) {
        self.0.act(|cloud, context| {
            let lock = Lock::new(mode, 1, None, context.now).unwrap();
            cloud.lock_snapshot(snapshot, lock, context).unwrap();
        });
    }

    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName {
        let name: GroupName = "contract".parse().unwrap();
        self.0.cloud(|cloud| cloud.autoscaling.add_group(name.clone(), desired, min, max));
        name
    }

    async fn record(&self, record: Record) {
        let table = Names::default().metrics;
        self.0.cloud(|cloud| cloud.dynamodb.table(&table).unwrap().put(record).unwrap());
    }

    async fn received(&self) -> Vec<Received> {
        let of = |delivered: &cloud_sim::cloud::sns::Delivered| Received {
            subject: delivered.subject.clone(),
            body: delivered.body.clone(),
            by_queue: matches!(delivered.to, Subscriber::Queue(_)),
        };
        self.0.cloud(|cloud| cloud.sns.delivered().iter().map(of).collect())
    }

    async fn entry_of_before(&self, key: &LedgerKey, entry: &LedgerEntry) {
        let (table, item) = (Names::default().ledger, item_of_before(key, entry));
        self.0.cloud(|cloud| cloud.dynamodb.table(&table).unwrap().put(item).unwrap());
    }

    async fn rest(&self) {
        self.ports().clock.sleep(SignedDuration::from_secs(20)).await;
    }

    async fn requests(&self, operation: &str) -> usize {
        let is_one = |event: &Event| matches!(event, Event::Call { op, phase: Phase::Applied, .. } if *op == operation);
        self.0.trace().entries().iter().filter(|entry| is_one(&entry.event)).count()
    }

    async fn lose_next_reply(&self, operation: &str) {
        let rule = Rule::on(operation, Fault::TimeoutAfter, Pick::Nth(1));
        self.0.faults(|faults| faults.add(rule));
    }
}
