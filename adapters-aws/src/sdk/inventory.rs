use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::{
    Client,
    operation::{describe_images::DescribeImagesOutput, describe_volumes::DescribeVolumesOutput},
    types,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{
    GroupName, Instance, InstanceId, InstanceState, InstanceStore, Inventory, Page, PageToken, PortError,
    Presence, SnapshotId, SnapshotLock, SnapshotUse, StateReason, UsedBy, Volume, VolumeId,
};

use crate::permission::{self, Asks};

use super::{
    answer::{AnswerFields, instant},
    call::Call,
    config, ec2,
    limit::Limit,
};

/// The most values that one filter takes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
const MOST_VALUES: usize = 200;
/// The most volumes on a page. Asking for pages at all keeps large answers from timing out.
const VOLUMES: i32 = 500;
/// What EC2 says when it is asked for a volume that does not exist
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>). A volume is in one region, so what another
/// one answers says nothing; that of a snapshot is in the snapshot's own.
const NO_VOLUME: &str = "InvalidVolume.NotFound";
/// The most instances on a page.
const INSTANCES: i32 = 1_000;
/// The states of an instance that neither runs nor is about to.
const AT_REST: [&str; 4] = ["shutting-down", "stopped", "stopping", "terminated"];
/// The most locks on a page.
const LOCKS: i32 = 1_000;
/// The most images on a page.
const IMAGES: i32 = 1_000;

/// What EC2 has.
#[derive(Clone, Debug)]
pub struct Ec2Inventory {
    client: Client,
    limit: Limit,
}

impl Ec2Inventory {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::inventory::ALL;

    /// Makes the adapter.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(&config::limited(config)), limit: Limit::new(config) }
    }

    async fn volumes_page(
        &self,
        id: &InstanceId,
        from: Option<String>,
    ) -> Result<DescribeVolumesOutput, PortError> {
        let call = Call::reading("DescribeVolumes");
        self.client
            .describe_volumes()
            .filters(ec2::filter("attachment.instance-id", [id.as_str()]))
            .max_results(VOLUMES)
            .set_next_token(from)
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))
    }

    async fn all_volumes(&self, id: &InstanceId) -> Result<Vec<Volume>, PortError> {
        let mut volumes = Vec::new();
        let mut from = None;
        loop {
            let page = self.volumes_page(id, from).await?;
            for volume in page.volumes() {
                volumes.extend(read_volume(volume, id)?);
            }
            from = next(page.next_token);
            if from.is_none() {
                volumes.sort_by(|a: &Volume, b| (&a.device, &a.id).cmp(&(&b.device, &b.id)));
                return Ok(volumes);
            }
        }
    }

    async fn images_page(
        &self,
        snapshots: &[SnapshotId],
        from: Option<String>,
    ) -> Result<DescribeImagesOutput, PortError> {
        let call = Call::reading("DescribeImages");
        let snapshots = snapshots.iter().map(SnapshotId::as_str);
        self.client
            .describe_images()
            .owners("self")
            .include_disabled(true)
            .filters(ec2::filter("block-device-mapping.snapshot-id", snapshots))
            .max_results(IMAGES)
            .set_next_token(from)
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))
    }

    async fn all_uses(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError> {
        let asked: BTreeSet<&str> = snapshots.iter().map(SnapshotId::as_str).collect();
        let mut uses = BTreeSet::new();
        for chunk in snapshots.chunks(MOST_VALUES) {
            let mut from = None;
            loop {
                let page = self.images_page(chunk, from).await?;
                for image in page.images() {
                    uses.extend(read_uses(image, &asked)?);
                }
                from = next(page.next_token);
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(uses.into_iter().collect())
    }
}

#[async_trait]
impl Inventory for Ec2Inventory {
    async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, PortError> {
        let call = Call::reading("DescribeInstances");
        let request = self.client.describe_instances().instance_ids(id.as_str());
        match request.customize().interceptor(call.watch()).send().await {
            Ok(answer) => answer
                .reservations()
                .iter()
                .flat_map(types::Reservation::instances)
                .find(|instance| instance.instance_id() == Some(id.as_str()))
                .map(|instance| read_instance(instance, id))
                .transpose(),
            Err(error) if error.code() == Some("InvalidInstanceID.NotFound") => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    async fn volumes(&self, id: &InstanceId) -> Result<Vec<Volume>, PortError> {
        self.limit.end("DescribeVolumes", self.all_volumes(id)).await
    }

    async fn presence(&self, id: &VolumeId) -> Result<Presence, PortError> {
        let call = Call::reading("DescribeVolumes");
        // By its id, and alone: an id cannot be asked for in pages, and of a filter EC2 answers with an empty list.
        let request = self.client.describe_volumes().volume_ids(id.as_str());
        match request.customize().interceptor(call.watch()).send().await {
            Ok(answer) => {
                let it = answer.volumes().iter().find(|volume| volume.volume_id() == Some(id.as_str()));
                AnswerFields("DescribeVolumes").field("volumeId", it.map(|_| Presence::There))
            }
            Err(error) if error.code() == Some(NO_VOLUME) => Ok(Presence::NotFound),
            Err(error) => Err(call.failed(&error)),
        }
    }

    async fn instance_store(&self, instance_type: &str) -> Result<Option<InstanceStore>, PortError> {
        let call = Call::reading("DescribeInstanceTypes");
        let request = self.client.describe_instance_types().instance_types(instance_type.into());
        let told = request.customize().interceptor(call.watch()).send().await;
        let told = told.map_err(|error| call.failed(&error))?;
        let is_it = |kind: &&types::InstanceTypeInfo| {
            kind.instance_type().is_some_and(|name| name.as_str() == instance_type)
        };
        let kind = told.instance_types().iter().find(is_it);
        kind.and_then(types::InstanceTypeInfo::instance_storage_info).map(read_store).transpose()
    }

    async fn uses(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError> {
        self.limit.end("DescribeImages", self.all_uses(snapshots)).await
    }

    async fn locks(&self, from: Option<PageToken>) -> Result<Page<SnapshotLock>, PortError> {
        let call = Call::reading("DescribeLockedSnapshots");
        let answer = self
            .client
            .describe_locked_snapshots()
            .max_results(LOCKS)
            .set_next_token(from.map(|token| token.0))
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        let items = answer.snapshots().iter().filter_map(|lock| read_lock(lock).transpose());
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page { items, next: next(answer.next_token).map(PageToken) })
    }

    async fn not_running(&self, tag: &str, from: Option<PageToken>) -> Result<Page<Instance>, PortError> {
        let call = Call::reading("DescribeInstances");
        let page = self
            .client
            .describe_instances()
            .filters(ec2::filter("tag-key", [tag]))
            .filters(ec2::filter("instance-state-name", AT_REST))
            .max_results(INSTANCES)
            .set_next_token(from.map(|token| token.0))
            .customize()
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        let instances = page.reservations().iter().flat_map(types::Reservation::instances);
        let read = |instance: &types::Instance| {
            let id = AnswerFields("DescribeInstances").parsed("instanceId", instance.instance_id())?;
            read_instance(instance, &id)
        };
        let items = instances.map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, next: next(page.next_token).map(PageToken) })
    }
}

/// EC2 writes "no more pages" in two ways.
fn next(token: Option<String>) -> Option<String> {
    token.filter(|token| !token.is_empty())
}

fn read_instance(instance: &types::Instance, id: &InstanceId) -> Result<Instance, PortError> {
    let answer = AnswerFields("DescribeInstances");
    let state = instance.state().and_then(|state| state.name()).map(types::InstanceStateName::as_str);
    let tags = ec2::read_tags(instance.tags());
    Ok(Instance {
        id: id.clone(),
        state: answer.field("instanceState", state.and_then(InstanceState::parse))?,
        state_reason: instance.state_reason().and_then(read_reason),
        transition: instance.state_transition_reason().filter(|text| !text.is_empty()).map(str::to_owned),
        group: tags.get("aws:autoscaling:groupName").and_then(|name| GroupName::new(name).ok()),
        launched_at: instance.launch_time().and_then(instant),
        root_device: instance.root_device_name().map(str::to_owned),
        instance_type: instance.instance_type().map(|kind| kind.as_str().to_owned()),
        root_on_instance_store: instance.root_device_type() == Some(&types::DeviceType::InstanceStore),
        tags,
    })
}

fn read_store(info: &types::InstanceStorageInfo) -> Result<InstanceStore, PortError> {
    let answer = AnswerFields("DescribeInstanceTypes");
    let counts = info.disks().iter().map(|disk| answer.count("count", disk.count()));
    let disks = counts.sum::<Result<u32, PortError>>()?;
    let total = info.total_size_in_gb().and_then(|size| u32::try_from(size).ok());
    Ok(InstanceStore { disks, total_gb: answer.field("totalSizeInGB", total)? })
}

fn read_reason(reason: &types::StateReason) -> Option<StateReason> {
    let code = reason.code().filter(|code| !code.is_empty())?;
    Some(StateReason { code: code.to_owned(), message: reason.message().unwrap_or_default().to_owned() })
}

/// The volume as attached to that instance: a volume with Multi-Attach has several attachments
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes-multi.html>).
fn read_volume(volume: &types::Volume, id: &InstanceId) -> Result<Option<Volume>, PortError> {
    let answer = AnswerFields("DescribeVolumes");
    let here = |attachment: &&types::VolumeAttachment| attachment.instance_id() == Some(id.as_str());
    let Some(attachment) = volume.attachments().iter().find(here).filter(|it| stays(it)) else {
        return Ok(None);
    };
    Ok(Some(Volume {
        id: answer.parsed("volumeId", volume.volume_id())?,
        device: answer.field("device", attachment.device())?.to_owned(),
        tags: ec2::read_tags(volume.tags()),
        size_gib: answer.count("size", volume.size())?,
        delete_on_termination: attachment.delete_on_termination().unwrap_or(false),
    }))
}

fn stays(attachment: &types::VolumeAttachment) -> bool {
    let state = attachment.state().map(types::VolumeAttachmentState::as_str);
    !matches!(state, Some("detaching" | "detached"))
}

/// A lock that is over is listed as `expired`, and says when that was; one that does not say so is no lock.
fn read_lock(lock: &types::LockedSnapshotsInfo) -> Result<Option<SnapshotLock>, PortError> {
    let snapshot = AnswerFields("DescribeLockedSnapshots").parsed("snapshotId", lock.snapshot_id())?;
    let until = lock.lock_expires_on().and_then(instant);
    let is_over = lock.lock_state() == Some(&types::LockState::Expired);
    Ok((until.is_some() || !is_over).then_some(SnapshotLock { snapshot, until }))
}

fn read_uses(image: &types::Image, asked: &BTreeSet<&str>) -> Result<Vec<SnapshotUse>, PortError> {
    let answer = AnswerFields("DescribeImages");
    let by = UsedBy::Image(answer.parsed("imageId", image.image_id())?);
    image
        .block_device_mappings()
        .iter()
        .filter_map(|device| device.ebs().and_then(types::EbsBlockDevice::snapshot_id))
        .filter(|snapshot| asked.contains(snapshot))
        .map(|snapshot| {
            Ok(SnapshotUse { snapshot: answer.parsed("snapshotId", Some(snapshot))?, by: by.clone() })
        })
        .collect()
}
