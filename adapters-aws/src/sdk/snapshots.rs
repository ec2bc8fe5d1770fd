use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::{
    Client,
    types::{self, InstanceSpecification, ResourceType, TagSpecification},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, ImageId, Page, PageToken, PortError, Snapshot,
    SnapshotFilter, SnapshotId, SnapshotState, Snapshots, TagSet, UsedBy,
};

use crate::permission::{self, Asks};

use super::{answer::AnswerFields, call::Call, config, ec2};

/// The most snapshots on a page
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
const PAGE: i32 = 1_000;

/// EBS snapshots of this account.
#[derive(Clone, Debug)]
pub struct Ec2Snapshots {
    client: Client,
}

impl Ec2Snapshots {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::snapshots::ALL;

    /// Makes the adapter.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(&config::limited(config)) }
    }
}

#[async_trait]
impl Snapshots for Ec2Snapshots {
    async fn page(
        &self,
        filter: &SnapshotFilter,
        from: Option<PageToken>,
    ) -> Result<Page<Snapshot>, PortError> {
        let call = Call::reading("DescribeSnapshots");
        let answer = self
            .client
            .describe_snapshots()
            .owner_ids("self")
            .set_filters(Some(filters(filter)))
            .max_results(PAGE)
            .set_next_token(from.map(|token| token.0))
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        let items = answer.snapshots().iter().map(read).collect::<Result<_, _>>()?;
        let next = answer.next_token.filter(|token| !token.is_empty()).map(PageToken);
        Ok(Page { items, next })
    }

    async fn create_set(&self, wish: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError> {
        let call = Call::writing("CreateSnapshots");
        let answer = self
            .client
            .create_snapshots()
            .instance_specification(instance(wish))
            .description(&wish.description)
            .set_tag_specifications(at_birth(&wish.tags))
            .customize()
            .config_override(ec2::once())
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        let unreadable = AnswerFields("CreateSnapshots");
        if answer.snapshots().is_empty() {
            return Err(unreadable.unreadable("snapshotSet"));
        }
        let created = answer.snapshots().iter();
        created.map(|snapshot| begun(unreadable, snapshot.snapshot_id(), snapshot.volume_id())).collect()
    }

    async fn create_one(&self, wish: &CreateOne) -> Result<CreatedSnapshot, PortError> {
        let call = Call::writing("CreateSnapshot");
        let answer = self
            .client
            .create_snapshot()
            .volume_id(wish.volume.as_str())
            .description(&wish.description)
            .set_tag_specifications(at_birth(&wish.tags))
            .customize()
            .config_override(ec2::once())
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        begun(AnswerFields("CreateSnapshot"), answer.snapshot_id(), answer.volume_id())
    }

    async fn tag(&self, id: &SnapshotId, tags: &TagSet) -> Result<(), PortError> {
        let call = Call::writing("CreateTags");
        self.client
            .create_tags()
            .resources(id.as_str())
            .set_tags(Some(ec2::write_tags(tags)))
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call.failed(&error))
    }

    async fn delete(&self, id: &SnapshotId) -> Result<Deletion, PortError> {
        let call = Call::writing("DeleteSnapshot");
        let request = self.client.delete_snapshot().snapshot_id(id.as_str());
        match request.customize().interceptor(call.watch()).send().await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(error) => match error.code() {
                Some("InvalidSnapshot.NotFound") => Ok(Deletion::AlreadyGone),
                Some("InvalidSnapshot.InUse") => Ok(Deletion::InUse(user(error.message()))),
                _ => Err(call.failed(&error)),
            },
        }
    }
}

fn filters(filter: &SnapshotFilter) -> Vec<types::Filter> {
    filter.tags.iter().map(|(key, value)| ec2::filter(format!("tag:{key}"), [value.as_str()])).collect()
}

fn instance(wish: &CreateSet) -> InstanceSpecification {
    let excluded = wish.exclude.iter().map(ToString::to_string).collect();
    InstanceSpecification::builder()
        .instance_id(wish.instance.as_str())
        .exclude_boot_volume(wish.exclude_root)
        .set_exclude_data_volume_ids(Some(excluded))
        .build()
}

/// EC2 refuses a specification without tags.
fn at_birth(tags: &TagSet) -> Option<Vec<TagSpecification>> {
    let tags = Some(ec2::write_tags(tags)).filter(|tags| !tags.is_empty())?;
    let specification = TagSpecification::builder().resource_type(ResourceType::Snapshot);
    Some(vec![specification.set_tags(Some(tags)).build()])
}

fn begun(answer: AnswerFields, id: Option<&str>, volume: Option<&str>) -> Result<CreatedSnapshot, PortError> {
    Ok(CreatedSnapshot { id: answer.parsed("snapshotId", id)?, volume: answer.parsed("volumeId", volume)? })
}

/// The image that EC2 names in a message such as `The snapshot snap-0a is currently in use by ami-0b`.
fn user(message: Option<&str>) -> Option<UsedBy> {
    message?
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .find_map(|word| ImageId::new(word).ok())
        .map(UsedBy::Image)
}

fn read(snapshot: &types::Snapshot) -> Result<Snapshot, PortError> {
    let answer = AnswerFields("DescribeSnapshots");
    let state = snapshot.state().map(types::SnapshotState::as_str);
    Ok(Snapshot {
        id: answer.parsed("snapshotId", snapshot.snapshot_id())?,
        volume: answer.parsed("volumeId", snapshot.volume_id())?,
        state: answer.field("status", state.and_then(SnapshotState::parse))?,
        started_at: answer.instant("startTime", snapshot.start_time())?,
        size_gib: answer.count("volumeSize", snapshot.volume_size())?,
        tags: ec2::read_tags(snapshot.tags()),
        description: snapshot.description().unwrap_or_default().to_owned(),
    })
}
