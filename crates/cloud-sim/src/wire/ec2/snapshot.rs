//! Snapshots.

use aws_vocabulary::{Snapshot, SnapshotId};

use super::field::{done, empty, instant, listing, tags_at_birth, with_tags};
use crate::cloud::list;
use crate::cloud::snapshot::{CreateSnapshot, CreateSnapshots};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `DescribeSnapshots`.
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let page = cloud.list_snapshots(&listing(fields, "SnapshotId")?, context)?;
    let items = page.items.iter().map(|snapshot| told(cloud, snapshot, ("item", "status")));
    Ok(empty().list("snapshotSet", items).maybe("nextToken", page.next))
}

/// A snapshot; the operations that make one call its state differently.
fn told(cloud: &Cloud, snapshot: &Snapshot, (name, state): (&'static str, &'static str)) -> Element {
    let owner = cloud.snapshots.owner(&snapshot.id).unwrap_or(&cloud.place.account);
    let completed = cloud.snapshots.completed_at(&snapshot.id).map(instant);
    let told = Element::new(name)
        .text("snapshotId", &snapshot.id)
        .text("volumeId", &snapshot.volume)
        .text(state, snapshot.state.as_str())
        .text("startTime", instant(snapshot.started_at))
        .maybe("completionTime", completed)
        .text("progress", cloud.snapshots.progress(&snapshot.id))
        .text("ownerId", owner)
        .text("volumeSize", snapshot.size_gib)
        .text("description", &snapshot.description)
        .text("encrypted", false);
    with_tags(told, &snapshot.tags)
}

/// `CreateSnapshots`.
pub(super) fn create_set(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let instance = fields.part("InstanceSpecification");
    if fields.text("CopyTagsFromSource").is_some() {
        let message = "The simulated cloud does not have the parameter CopyTagsFromSource";
        return Err(ApiError::rejected("UnsupportedOperation", message));
    }
    let excluded = instance.texts("ExcludeDataVolumeId");
    let wish = CreateSnapshots {
        instance: list::id(instance.required("InstanceId")?, &list::INSTANCE)?,
        exclude_root: instance.is_set("ExcludeBootVolume")?,
        exclude: excluded.iter().map(|id| list::id(id, &list::VOLUME)).collect::<Result<_, _>>()?,
        description: fields.text("Description").unwrap_or_default().to_owned(),
        tags: tags_at_birth(fields, "snapshot")?,
    };
    let created = cloud.create_snapshots(&wish, context)?;
    let items: Vec<Element> =
        created.iter().map(|snapshot| told(cloud, snapshot, ("item", "state"))).collect();
    Ok(empty().list("snapshotSet", items))
}

/// `CreateSnapshot`.
pub(super) fn create_one(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let wish = CreateSnapshot {
        volume: list::id(fields.required("VolumeId")?, &list::VOLUME)?,
        description: fields.text("Description").unwrap_or_default().to_owned(),
        tags: tags_at_birth(fields, "snapshot")?,
    };
    let created = cloud.create_snapshot(&wish, context)?;
    Ok(told(cloud, &created, ("", "status")))
}

/// `DeleteSnapshot`.
pub(super) fn delete(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let snapshot: SnapshotId = list::id(fields.required("SnapshotId")?, &list::SNAPSHOT)?;
    cloud.delete_snapshot(&snapshot, context)?;
    Ok(done())
}
