//! Tables, buckets and queues.

use jiff::SignedDuration;
use serde_json::Value;

use super::body::Body;
use super::{DeployError, Plan, PlannedTable};
use crate::cloud::dynamodb::Index;
use crate::cloud::sqs::Queue;

/// What of a table is not modelled. Items expire when a test says so.
const OF_TABLE: [&str; 8] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "Tags",
    "TimeToLiveSpecification",
];

pub(super) fn table(mut body: Body<'_>, name: &str, plan: &mut Plan) -> Result<(), DeployError> {
    let path = body.path("KeySchema");
    let key = partition_key(&body.value("KeySchema")?.unwrap_or_default(), &path)?;
    let path = body.path("GlobalSecondaryIndexes");
    let indexes = body.value("GlobalSecondaryIndexes")?.unwrap_or_default();
    let indexes =
        indexes.as_array().into_iter().flatten().map(|of| index(of, &path)).collect::<Result<_, _>>()?;
    body.text("TableName")?;
    body.finish(&OF_TABLE)?;
    plan.tables.push(PlannedTable { name: name.to_owned(), key, indexes });
    Ok(())
}

fn partition_key(schema: &Value, path: &str) -> Result<String, DeployError> {
    let keys: Vec<&Value> = schema.as_array().into_iter().flatten().collect();
    let [key] = keys.as_slice() else {
        return Err(DeployError::new(path, "only a partition key is understood"));
    };
    Ok(key.get("AttributeName").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn index(of: &Value, path: &str) -> Result<(String, Index), DeployError> {
    let text = |pointer: &str| of.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let key = partition_key(of.get("KeySchema").unwrap_or(&Value::Null), path)?;
    let index = match text("/Projection/ProjectionType") {
        "ALL" => Index::new(&key),
        "KEYS_ONLY" => Index::of_keys(&key),
        other => return Err(DeployError::new(path, format!("projection `{other}` is not understood"))),
    };
    Ok((text("/IndexName").to_owned(), index))
}

/// What of a bucket is not modelled: objects stay as they are, and there is nobody to keep out but by policies.
const OF_BUCKET: [&str; 8] = [
    "IntelligentTieringConfigurations",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
    "ObjectLockEnabled",
];

pub(super) fn bucket(mut body: Body<'_>, name: &str, plan: &mut Plan) -> Result<(), DeployError> {
    body.text("BucketName")?;
    let encryption = body.value("BucketEncryption")?.unwrap_or_default();
    let key = encryption
        .pointer("/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID");
    let key = key.and_then(Value::as_str).map(str::to_owned);
    plan.keys.extend(key.map(|key| (format!("arn:aws:s3:::{name}"), key)));
    body.finish(&OF_BUCKET)?;
    plan.buckets.push(name.to_owned());
    Ok(())
}

/// What of a queue is not modelled.
const OF_QUEUE: [&str; 4] =
    ["KmsMasterKeyId", "ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "Tags"];

pub(super) fn queue(mut body: Body<'_>, name: &str, plan: &mut Plan) -> Result<(), DeployError> {
    body.text("QueueName")?;
    let mut queue = Queue::default();
    if let Some(seconds) = body.number("MessageRetentionPeriod")? {
        queue = queue.retains(SignedDuration::from_secs(seconds));
    }
    if let Some(seconds) = body.number("VisibilityTimeout")? {
        queue.visibility = SignedDuration::from_secs(seconds);
    }
    body.finish(&OF_QUEUE)?;
    plan.queues.push((name.to_owned(), queue));
    Ok(())
}
