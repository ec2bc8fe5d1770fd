//! Volumes.

use aws_vocabulary::{InstanceId, VolumeId};

use super::field::{done, empty, listing, tags_at_birth, with_tags};
use crate::cloud::ec2::no_snapshot;
use crate::cloud::list;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `CreateVolume`.
pub(super) fn create(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    fields.required("AvailabilityZone")?;
    let size = match (fields.parsed("Size")?, fields.text("SnapshotId")) {
        (Some(size), _) => size,
        (None, Some(snapshot)) => {
            let snapshot: aws_vocabulary::SnapshotId = list::id(snapshot, &list::SNAPSHOT)?;
            let found = cloud.snapshots.get(&snapshot).map(|snapshot| snapshot.size_gib);
            found.ok_or_else(|| no_snapshot(&snapshot))?
        }
        (None, None) => {
            let message = "The request must contain the parameter size or snapshotId";
            return Err(ApiError::rejected("MissingParameter", message));
        }
    };
    let tags = tags_at_birth(fields, "volume")?.tags().clone();
    let volume = cloud.ec2.create_volume(size, tags, context)?;
    Ok(told(cloud, &volume, "").unwrap_or_else(empty))
}

/// `DeleteVolume`.
pub(super) fn delete(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    cloud.ec2.delete_volume(&list::id(fields.required("VolumeId")?, &list::VOLUME)?, context)?;
    Ok(done())
}

/// `DescribeVolumes`.
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let page = cloud.ec2.list_volumes(&listing(fields, "VolumeId")?, context)?;
    let volumes: Vec<Element> = page.items.iter().filter_map(|id| told(cloud, id, "item")).collect();
    Ok(empty().list("volumeSet", volumes).maybe("nextToken", page.next))
}

fn told(cloud: &mut Cloud, id: &VolumeId, name: &'static str) -> Option<Element> {
    let zone = format!("{}a", cloud.place.region);
    let disk = cloud.ec2.disk(id)?;
    let attachment = |(instance, device): (&InstanceId, &String)| {
        Element::new("item")
            .text("volumeId", id)
            .text("instanceId", instance)
            .text("device", device)
            .text("status", "attached")
            .text("deleteOnTermination", disk.delete_on_termination)
    };
    let told = Element::new(name)
        .text("volumeId", id)
        .text("size", disk.size_gib)
        .text("availabilityZone", zone)
        .text("status", if disk.attachments.is_empty() { "available" } else { "in-use" })
        .text("volumeType", disk.kind.as_str())
        .text("encrypted", false)
        .list("attachmentSet", disk.attachments.iter().map(attachment));
    Some(with_tags(told, &disk.tags))
}
