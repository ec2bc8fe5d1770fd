//! What a call looks like to IAM: actions, resources, and no keys but those that the Service Authorization Reference lists
//! for them (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).

use aws_vocabulary::{GroupName, InstanceId, ObjectKey, SnapshotId, Tags, VolumeId};
use iam_policy::{Keys, Request};
use jiff::Timestamp;

use crate::cloud::Cloud;
use crate::cloud::snapshot::{CreateSnapshot, CreateSnapshots};

/// A call, as far as IAM is concerned.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Actions that are on no resource, or on all of them.
    Anything(&'static [&'static str]),
    /// `CreateSnapshots` (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>).
    CreateSnapshots(CreateSnapshots),
    /// `CreateSnapshot`.
    CreateSnapshot(CreateSnapshot),
    /// `CreateTags` of a snapshot.
    Tag(SnapshotId, Tags),
    /// `DeleteSnapshot`.
    Delete(SnapshotId),
    /// `RebootInstances`.
    Reboot(InstanceId),
    /// An item of a table, and the attributes that are asked for, if some are named
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>).
    Item {
        /// What is done with it.
        action: &'static str,
        /// The table.
        table: String,
        /// The value of its partition key.
        key: String,
        /// The attributes that are named.
        attributes: &'static [&'static str],
    },
    /// `Scan` of a table.
    Scan {
        /// The table.
        table: String,
    },
    /// `Query` of an index.
    Query {
        /// The table.
        table: String,
        /// The index.
        index: String,
        /// The value of its partition key.
        key: String,
    },
    /// An object that is written, or an upload
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>).
    Write {
        /// What is done.
        action: &'static str,
        /// The bucket.
        bucket: String,
        /// The object.
        key: ObjectKey,
    },
    /// An object that is read, or looked for.
    Read {
        /// The bucket.
        bucket: String,
        /// The object.
        key: ObjectKey,
    },
    /// `Publish` (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>).
    Publish {
        /// The topic's ARN.
        topic: String,
    },
    /// `SetDesiredCapacity`
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>).
    SetDesired(GroupName),
}

impl Ask {
    /// All that has to be allowed for it.
    pub fn requests(&self, cloud: &Cloud) -> Vec<Request> {
        match self {
            Self::Anything(actions) => actions.iter().map(|action| Request::new(*action, "*")).collect(),
            Self::CreateSnapshots(wish) => create_set(cloud, wish),
            Self::CreateSnapshot(wish) => create_one(cloud, wish),
            Self::Tag(id, tags) => tag(cloud, id, tags),
            Self::Delete(id) => delete(cloud, id),
            Self::Reboot(id) => {
                vec![Request::new("ec2:RebootInstances", instance(cloud, id)).knowing(of_instance(cloud, id))]
            }
            Self::Item { action, table, key, attributes } => {
                let attributes = attributes.iter().map(ToString::to_string);
                let keys = Keys::default()
                    .with_all("dynamodb:LeadingKeys", [key.clone()])
                    .with_all("dynamodb:Attributes", attributes);
                vec![
                    Request::new(*action, cloud.place.arn("dynamodb", &format!("table/{table}")))
                        .knowing(keys),
                ]
            }
            Self::Scan { table } => {
                vec![Request::new("dynamodb:Scan", cloud.place.arn("dynamodb", &format!("table/{table}")))]
            }
            Self::Query { table, index, key } => {
                let arn = cloud.place.arn("dynamodb", &format!("table/{table}/index/{index}"));
                let keys = Keys::default().with_all("dynamodb:LeadingKeys", [key.clone()]);
                vec![Request::new("dynamodb:Query", arn).knowing(keys)]
            }
            Self::Write { action, bucket, key } => write(cloud, action, bucket, key),
            Self::Read { bucket, key } => read(cloud, bucket, key),
            Self::Publish { topic } => publish(cloud, topic),
            Self::SetDesired(name) => set_desired(cloud, name),
        }
    }
}

/// The keys of KMS that a resource is encrypted with are used on behalf of whoever uses the resource, by way of its service
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>).
fn with_key(cloud: &Cloud, resource: &str, actions: &[&'static str]) -> Vec<Request> {
    let Some(key) = cloud.iam.key_of(resource) else { return Vec::new() };
    let service = resource.split(':').nth(2).unwrap_or_default();
    let via = format!("{service}.{}.amazonaws.com", cloud.place.region);
    let keys = Keys::default().with("kms:ViaService", via);
    actions.iter().map(|action| Request::new(*action, key).knowing(keys.clone())).collect()
}

/// A topic with a key needs both permissions (<https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>).
fn publish(cloud: &Cloud, topic: &str) -> Vec<Request> {
    let mut requests = vec![Request::new("sns:Publish", topic)];
    requests.extend(with_key(cloud, topic, &["kms:GenerateDataKey", "kms:Decrypt"]));
    requests
}

/// Whose a bucket is, which its name does not tell
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount>).
fn of_bucket(cloud: &Cloud, bucket: &str) -> Keys {
    let owner =
        cloud.s3.look(bucket).and_then(|bucket| bucket.owner.as_ref()).unwrap_or(&cloud.place.account);
    Keys::default().with("aws:ResourceAccount", owner.as_str()).with("s3:ResourceAccount", owner.as_str())
}

/// Objects are never overwritten: every write of one says `If-None-Match: *`. An upload that is given up is no write.
fn write(cloud: &Cloud, action: &'static str, bucket: &str, key: &ObjectKey) -> Vec<Request> {
    let keys = of_bucket(cloud, bucket);
    if action != "s3:PutObject" {
        return vec![Request::new(action, object(bucket, key)).knowing(keys)];
    }
    let keys = keys.with("s3:if-none-match", "*");
    let mut requests = vec![Request::new(action, object(bucket, key)).knowing(keys)];
    // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>).
    requests.extend(with_key(cloud, &format!("arn:aws:s3:::{bucket}"), &["kms:GenerateDataKey"]));
    requests
}

fn instance(cloud: &Cloud, id: &InstanceId) -> String {
    cloud.place.arn("ec2", &format!("instance/{id}"))
}

fn volume(cloud: &Cloud, id: &VolumeId) -> String {
    cloud.place.arn("ec2", &format!("volume/{id}"))
}

/// The ARN of a snapshot has no account. One that is yet to be made has no id.
fn snapshot(cloud: &Cloud, id: &str) -> String {
    format!("arn:aws:ec2:{}::snapshot/{id}", cloud.place.region)
}

fn object(bucket: &str, key: &ObjectKey) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

fn with_tags(keys: Keys, prefix: &str, tags: &Tags) -> Keys {
    tags.iter().fold(keys, |keys, (key, value)| keys.with(&format!("{prefix}/{key}"), value))
}

/// The tags that EC2's resources have go by two names.
fn tagged(keys: Keys, tags: &Tags) -> Keys {
    with_tags(with_tags(keys, "aws:ResourceTag", tags), "ec2:ResourceTag", tags)
}

fn requested(tags: &Tags) -> Keys {
    let names = tags.iter().map(|(key, _)| key.to_owned());
    with_tags(Keys::default(), "aws:RequestTag", tags).with_all("aws:TagKeys", names)
}

fn of_instance(cloud: &Cloud, id: &InstanceId) -> Keys {
    let keys = Keys::default().with("ec2:InstanceID", id.as_str());
    cloud.ec2.look(id).map_or(keys.clone(), |machine| tagged(keys, &machine.tags))
}

fn of_volume(cloud: &Cloud, id: &VolumeId) -> Keys {
    let keys = Keys::default().with("ec2:VolumeID", id.as_str());
    let disk = cloud.ec2.look_at_disk(id);
    disk.map_or(keys.clone(), |disk| {
        tagged(keys.with("ec2:VolumeSize", disk.size_gib.to_string()), &disk.tags)
    })
}

/// The snapshots of a set that is to be made, one a volume, and the tags that they are to be born with.
fn births(cloud: &Cloud, action: &'static str, volumes: &[VolumeId], tags: &Tags) -> Vec<Request> {
    let mut requests = Vec::new();
    for id in volumes {
        let keys = requested(tags).with("ec2:ParentVolume", volume(cloud, id));
        requests.push(Request::new(action, snapshot(cloud, "*")).knowing(keys));
        requests.push(Request::new(action, volume(cloud, id)).knowing(of_volume(cloud, id)));
    }
    // Tags at birth are `CreateTags` by way of another action
    // (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>).
    if !tags.is_empty() {
        let by = action.strip_prefix("ec2:").unwrap_or(action);
        let keys = requested(tags).with("ec2:CreateAction", by);
        requests.push(Request::new("ec2:CreateTags", snapshot(cloud, "*")).knowing(keys));
    }
    requests
}

fn create_set(cloud: &Cloud, wish: &CreateSnapshots) -> Vec<Request> {
    // What is not there has no tags, and EC2 says so: it looks things up before it asks whether they may be touched. Not documented.
    if cloud.ec2.look(&wish.instance).is_none() {
        return Vec::new();
    }
    let action = "ec2:CreateSnapshots";
    let is_left_out = |id: &VolumeId, device: &str| {
        wish.exclude.contains(id) || wish.exclude_root && cloud.ec2.is_root(&wish.instance, device)
    };
    let volumes: Vec<VolumeId> = cloud
        .ec2
        .attached(&wish.instance)
        .filter(|(id, _, device)| !is_left_out(id, device))
        .map(|(id, ..)| id.clone())
        .collect();
    let on_instance =
        Request::new(action, instance(cloud, &wish.instance)).knowing(of_instance(cloud, &wish.instance));
    let mut requests = vec![on_instance];
    requests.extend(births(cloud, action, &volumes, wish.tags.tags()));
    requests
}

fn create_one(cloud: &Cloud, wish: &CreateSnapshot) -> Vec<Request> {
    if cloud.ec2.look_at_disk(&wish.volume).is_none() {
        return Vec::new();
    }
    births(cloud, "ec2:CreateSnapshot", std::slice::from_ref(&wish.volume), wish.tags.tags())
}

fn of_snapshot(cloud: &Cloud, id: &SnapshotId) -> Option<Keys> {
    let found = cloud.snapshots.look(id)?;
    let owner = cloud.snapshots.owner(id).unwrap_or(&cloud.place.account);
    let keys = Keys::default()
        .with("ec2:SnapshotID", id.as_str())
        .with("ec2:Owner", owner.as_str())
        .with("aws:ResourceAccount", owner.as_str())
        .with("ec2:ParentVolume", volume(cloud, &found.volume))
        .with("ec2:VolumeSize", found.size_gib.to_string())
        .with("ec2:SnapshotTime", time(found.started_at));
    Some(tagged(keys, &found.tags))
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn tag(cloud: &Cloud, id: &SnapshotId, tags: &Tags) -> Vec<Request> {
    let Some(keys) = of_snapshot(cloud, id) else { return Vec::new() };
    let names = tags.iter().map(|(key, _)| key.to_owned());
    let keys = with_tags(keys, "aws:RequestTag", tags).with_all("aws:TagKeys", names);
    vec![Request::new("ec2:CreateTags", snapshot(cloud, id.as_str())).knowing(keys)]
}

fn delete(cloud: &Cloud, id: &SnapshotId) -> Vec<Request> {
    let Some(keys) = of_snapshot(cloud, id) else { return Vec::new() };
    vec![Request::new("ec2:DeleteSnapshot", snapshot(cloud, id.as_str())).knowing(keys)]
}

/// Who may not list a bucket is not told either that an object is missing: it is forbidden, like one that is there. No prefix is asked for then, so a
/// condition on one does not help (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>).
fn read(cloud: &Cloud, bucket: &str, key: &ObjectKey) -> Vec<Request> {
    let keys = of_bucket(cloud, bucket);
    let mut requests = vec![Request::new("s3:GetObject", object(bucket, key)).knowing(keys.clone())];
    requests.extend(with_key(cloud, &format!("arn:aws:s3:::{bucket}"), &["kms:Decrypt"]));
    if cloud.s3.look(bucket).is_some_and(|bucket| bucket.get(key).is_none()) {
        requests.push(Request::new("s3:ListBucket", format!("arn:aws:s3:::{bucket}")).knowing(keys));
    }
    requests
}

fn set_desired(cloud: &Cloud, name: &GroupName) -> Vec<Request> {
    let Some((_, fleet)) = cloud.autoscaling.fleets().find(|(group, _)| *group == name) else {
        return Vec::new();
    };
    let path = format!("autoScalingGroup:2cf1d0d5-7ff1-4b0c-9c6a-0f1e1f7f8a33:autoScalingGroupName/{name}");
    let keys = with_tags(Keys::default(), "aws:ResourceTag", &fleet.tags);
    let keys = with_tags(keys, "autoscaling:ResourceTag", &fleet.tags);
    vec![Request::new("autoscaling:SetDesiredCapacity", cloud.place.arn("autoscaling", &path)).knowing(keys)]
}
