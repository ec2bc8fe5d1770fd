//! What has to be there before a clause begins, or to happen amid it, and no port can do.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use adapters_sim::Names;
use aws_config::SdkConfig;
use aws_sdk_autoscaling as autoscaling;
use aws_sdk_dynamodb::{
    self as dynamodb,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use aws_sdk_ec2::{
    self as ec2,
    types::{BlockDeviceMapping, EbsBlockDevice, ResourceType, Tag, TagSpecification},
};
use aws_sdk_s3 as s3;
use aws_sdk_sns as sns;
use ports::{Attribute, GroupName, ImageId, InstanceId, Record, SnapshotId, Tags};

use super::REGION;

/// Emulators take any.
const IMAGE: &str = "ami-12345678";

/// Names in an account. All accounts share one space of names for buckets.
pub(crate) fn names(account: &str) -> Names {
    Names { topic: topic(account, "alerts"), bucket: format!("reports-{account}"), ..Names::default() }
}

/// Names that nothing has.
pub(crate) fn nowhere(account: &str) -> Names {
    let nowhere = || format!("nowhere-{account}");
    Names {
        topic: topic(account, "nowhere"),
        ledger: nowhere(),
        metrics: nowhere(),
        bucket: nowhere(),
        ..Names::default()
    }
}

fn topic(account: &str, name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{account}:{name}")
}

/// The number of an account that no clause of this run or an earlier one has had: the second and a count.
pub(crate) fn fresh_account() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    assert!(count < 100, "the count has two digits");
    format!("{second:010}{count:02}")
}

/// Creates what the names name.
pub(crate) async fn create(config: &SdkConfig, names: &Names) {
    let (_, topic) = names.topic.rsplit_once(':').unwrap();
    sns::Client::new(config).create_topic().name(topic).send().await.unwrap();
    let path_style = s3::config::Builder::from(config).force_path_style(true).build();
    s3::Client::from_conf(path_style).create_bucket().bucket(&names.bucket).send().await.unwrap();
    let tables = dynamodb::Client::new(config);
    let table = || tables.create_table().billing_mode(BillingMode::PayPerRequest);
    let ledger = table().table_name(&names.ledger).key_schema(key("key")).attribute_definitions(text("key"));
    let open = index("open", "listed", ProjectionType::KeysOnly);
    let ledger = ledger.attribute_definitions(text("listed")).global_secondary_indexes(open);
    ledger.send().await.unwrap();
    let metrics = table().table_name(&names.metrics).key_schema(key("id")).attribute_definitions(text("id"));
    let by_date = index("by-date", "date", ProjectionType::All);
    let metrics = metrics.attribute_definitions(text("date")).global_secondary_indexes(by_date);
    metrics.send().await.unwrap();
}

fn index(name: &str, of: &str, projects: ProjectionType) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(projects).build();
    let index = GlobalSecondaryIndex::builder().index_name(name).key_schema(key(of));
    index.projection(projection).build().unwrap()
}

fn key(name: &str) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().unwrap()
}

fn text(name: &str) -> AttributeDefinition {
    let text = AttributeDefinition::builder().attribute_type(ScalarAttributeType::S);
    text.attribute_name(name).build().unwrap()
}

/// Subscribes an HTTP endpoint and a queue to a topic.
pub(crate) async fn subscribe(config: &SdkConfig, topic: &str, url: &str, queue: &str) {
    let client = sns::Client::new(config);
    for (protocol, endpoint) in [("http", url), ("sqs", queue)] {
        let request = client.subscribe().topic_arn(topic).protocol(protocol).endpoint(endpoint);
        request.send().await.unwrap();
    }
}

/// An instance with a root volume under its device's name, and so many data volumes.
pub(crate) async fn instance(config: &SdkConfig, root: &str, tags: &Tags, data_volumes: u32) -> InstanceId {
    let data = ('f'..).map(|letter| format!("/dev/sd{letter}")).take(data_volumes.try_into().unwrap());
    let devices = std::iter::once(root.to_owned()).chain(data);
    let volume = EbsBlockDevice::builder().volume_size(8).build();
    let disk = |device| BlockDeviceMapping::builder().device_name(device).ebs(volume.clone()).build();
    let tags: Vec<Tag> =
        tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let specification = TagSpecification::builder().resource_type(ResourceType::Instance);
    // The emulator refuses a specification without tags.
    let tagged = (!tags.is_empty()).then(|| vec![specification.set_tags(Some(tags)).build()]);
    let run = ec2::Client::new(config).run_instances().image_id(IMAGE).min_count(1).max_count(1);
    let run = run.set_block_device_mappings(Some(devices.map(disk).collect()));
    let run = run.set_tag_specifications(tagged);
    let started = run.send().await.unwrap();
    started.instances()[0].instance_id().unwrap().parse().unwrap()
}

/// Stops an instance.
pub(crate) async fn stop(config: &SdkConfig, instance: &InstanceId) {
    ec2::Client::new(config).stop_instances().instance_ids(instance.as_str()).send().await.unwrap();
}

/// An image that is made of a snapshot.
pub(crate) async fn image(config: &SdkConfig, snapshot: &SnapshotId) -> ImageId {
    let volume = EbsBlockDevice::builder().snapshot_id(snapshot.as_str()).build();
    let disk = BlockDeviceMapping::builder().device_name("/dev/sda1").ebs(volume).build();
    let register = ec2::Client::new(config).register_image().name("contract").root_device_name("/dev/sda1");
    let registered = register.block_device_mappings(disk).send().await.unwrap();
    registered.image_id().unwrap().parse().unwrap()
}

/// Locks a snapshot for a day, in a mode.
pub(crate) async fn lock(config: &SdkConfig, snapshot: &SnapshotId, mode: &str) {
    let lock = ec2::Client::new(config).lock_snapshot().snapshot_id(snapshot.as_str());
    lock.lock_mode(mode.into()).lock_duration(1).send().await.unwrap();
}

/// A group of that desired, least and greatest capacity.
pub(crate) async fn group(config: &SdkConfig, [desired, min, max]: [i32; 3]) -> GroupName {
    const NAME: &str = "contract";
    let client = autoscaling::Client::new(config);
    let launch = client.create_launch_configuration().launch_configuration_name(NAME);
    launch.image_id(IMAGE).instance_type("t3.micro").send().await.unwrap();
    let create = client.create_auto_scaling_group().auto_scaling_group_name(NAME);
    let create = create.launch_configuration_name(NAME).availability_zones(format!("{REGION}a"));
    create.min_size(min).max_size(max).desired_capacity(desired).send().await.unwrap();
    NAME.parse().unwrap()
}

/// Puts a record into a table.
pub(crate) async fn record(config: &SdkConfig, table: &str, record: Record) {
    let item = record.into_iter().map(|(name, value)| (name, attribute(value))).collect();
    dynamodb::Client::new(config).put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

/// The types that clauses use.
fn attribute(value: Attribute) -> AttributeValue {
    match value {
        Attribute::S(text) => AttributeValue::S(text),
        Attribute::N(number) => AttributeValue::N(number),
        Attribute::Bool(truth) => AttributeValue::Bool(truth),
        Attribute::B(_)
        | Attribute::Null
        | Attribute::L(_)
        | Attribute::M(_)
        | Attribute::Ss(_)
        | Attribute::Ns(_)
        | Attribute::Bs(_) => panic!("no clause has put {value:?} so far"),
    }
}
