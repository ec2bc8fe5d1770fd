//! How often a request goes over the wire.

use adapters_aws::sdk::{AutoScaling, DynamoLedger, Ec2Instances, Ec2Inventory, Ec2Snapshots, SnsNotifier};
use jiff::Timestamp;
use ports::{
    Arn, Capacity, ErrorKind, GroupName, InstanceId, Instances, Inventory, Ledger, LedgerEntry, LedgerKey,
    Notifier, PortError, ScalingGroups, SnapshotFilter, SnapshotId, Snapshots, TagSet,
};

use crate::{
    answer::{answer, dynamo_error, ec2_error, query_error},
    notifier::notice,
    script::{Reply, Script},
    snapshots::{one, set},
};

#[derive(Clone, Copy, Debug)]
enum Operation {
    CreateSet,
    CreateOne,
    Publish,
    Reboot,
    Delete,
    Tag,
    Page,
    Instance,
    Swap,
    SetDesired,
}

const ONCE: [Operation; 4] =
    [Operation::CreateSet, Operation::CreateOne, Operation::Publish, Operation::Reboot];
const AGAIN: [Operation; 6] = [
    Operation::Delete,
    Operation::Tag,
    Operation::Page,
    Operation::Instance,
    Operation::Swap,
    Operation::SetDesired,
];

impl Operation {
    /// The error that comes of it, and how many requests came over the wire.
    async fn under(self, reply: Reply) -> (ErrorKind, usize) {
        let script = Script::always(reply);
        let error = self.error(&script).await;
        (error.kind, script.requests().len())
    }

    async fn error(self, script: &Script) -> PortError {
        let config = script.config().await;
        let snapshots = Ec2Snapshots::new(&config);
        let instance = InstanceId::new("i-0a").unwrap();
        let snapshot = SnapshotId::new("snap-0a").unwrap();
        match self {
            Self::CreateSet => snapshots.create_set(&set()).await.unwrap_err(),
            Self::CreateOne => snapshots.create_one(&one()).await.unwrap_err(),
            Self::Delete => snapshots.delete(&snapshot).await.unwrap_err(),
            Self::Tag => snapshots.tag(&snapshot, &TagSet::default()).await.unwrap_err(),
            Self::Page => snapshots.page(&SnapshotFilter::default(), None).await.unwrap_err(),
            Self::Reboot => Ec2Instances::new(&config).reboot(&instance).await.unwrap_err(),
            Self::Instance => Ec2Inventory::new(&config).instance(&instance).await.unwrap_err(),
            Self::Publish => {
                let topic = Arn::new("arn:aws:sns:eu-west-1:123456789012:alerts").unwrap();
                SnsNotifier::new(&config, topic).publish(&notice()).await.unwrap_err()
            }
            Self::Swap => {
                let entry =
                    LedgerEntry { state: String::new(), open: true, keep_until: Timestamp::UNIX_EPOCH };
                let key = LedgerKey::new("k").unwrap();
                DynamoLedger::new(&config, "ledger").swap(&key, None, &entry).await.unwrap_err()
            }
            Self::SetDesired => {
                let group = GroupName::new("web").unwrap();
                AutoScaling::new(&config).set_desired(&group, Capacity(3)).await.unwrap_err()
            }
        }
    }

    /// A throttle in the words of the service.
    fn throttle(self) -> Reply {
        match self {
            Self::Publish => query_error(400, "Throttled", "Rate exceeded"),
            Self::SetDesired => query_error(400, "Throttling", "Rate exceeded"),
            Self::Swap => dynamo_error(400, "ThrottlingException", "Rate exceeded"),
            Self::CreateSet
            | Self::CreateOne
            | Self::Reboot
            | Self::Delete
            | Self::Tag
            | Self::Page
            | Self::Instance => ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn snapshots_5_create_is_not_repeated() {
    for operation in [Operation::CreateSet, Operation::CreateOne] {
        for (reply, kind) in failures(operation) {
            assert_eq!(operation.under(reply).await, (kind, 1), "{operation:?}: {kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn notifier_2_publish_is_not_repeated() {
    for (reply, kind) in failures(Operation::Publish) {
        assert_eq!(Operation::Publish.under(reply).await, (kind, 1), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn instances_1_reboot_is_asked_once() {
    for (reply, kind) in failures(Operation::Reboot) {
        assert_eq!(Operation::Reboot.under(reply).await, (kind, 1), "{kind:?}");
    }
}

fn failures(operation: Operation) -> [(Reply, ErrorKind); 5] {
    [
        (answer(500, ""), ErrorKind::Unavailable),
        (operation.throttle(), ErrorKind::Throttled),
        (Reply::Silence, ErrorKind::Lost),
        (Reply::Cut, ErrorKind::Lost),
        (Reply::Refusal, ErrorKind::NotSent),
    ]
}

#[tokio::test(start_paused = true)]
async fn everything_else_is_asked_three_times() {
    for operation in AGAIN {
        for (reply, kind) in failures(operation) {
            let (found, requests) = operation.under(reply.clone()).await;
            // Two attempts of four seconds leave room for a third only when the pauses happen to be short.
            let fewest = if matches!(reply, Reply::Silence) { 2 } else { 3 };
            assert_eq!(found, kind, "{operation:?}");
            assert!((fewest..=3).contains(&requests), "{operation:?}: {kind:?}: {requests}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_takes_longer_than_its_limit() {
    for operation in ONCE.into_iter().chain(AGAIN) {
        let begin = tokio::time::Instant::now();
        operation.under(Reply::Silence).await;
        let time = begin.elapsed();
        assert_eq!(time.as_secs(), 9, "{operation:?}: {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_asked_again() {
    for operation in AGAIN {
        let reply = match operation {
            Operation::Swap => dynamo_error(400, "ValidationException", "in words"),
            Operation::SetDesired => query_error(400, "ValidationError", "in words"),
            Operation::CreateSet
            | Operation::CreateOne
            | Operation::Publish
            | Operation::Reboot
            | Operation::Delete
            | Operation::Tag
            | Operation::Page
            | Operation::Instance => ec2_error(400, "InvalidParameterValue", "in words"),
        };
        assert_eq!(operation.under(reply).await, (ErrorKind::Rejected, 1), "{operation:?}");
    }
}
