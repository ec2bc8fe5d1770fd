//! Images.

use aws_vocabulary::{ImageId, SnapshotId};

use super::field::{done, empty, listing};
use crate::cloud::ec2::{Image, ROOT_DEVICE};
use crate::cloud::list;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `RegisterImage` of snapshots; its name is not kept.
pub(super) fn register(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    fields.required("Name")?;
    let mut snapshots: Vec<SnapshotId> = Vec::new();
    for mapping in fields.list("BlockDeviceMapping") {
        if let Some(snapshot) = mapping.text("Ebs.SnapshotId") {
            snapshots.push(list::id(snapshot, &list::SNAPSHOT)?);
        }
    }
    if snapshots.is_empty() {
        let message = "The request must contain the parameter BlockDeviceMapping.1.Ebs.SnapshotId";
        return Err(ApiError::rejected("MissingParameter", message));
    }
    let image = cloud.register_image(snapshots, context)?;
    Ok(empty().text("imageId", image))
}

/// `DeregisterImage`.
pub(super) fn deregister(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let image: ImageId = list::id(fields.required("ImageId")?, &list::IMAGE)?;
    cloud.ec2.deregister_image(&image, context)?;
    Ok(done())
}

/// `DescribeImages`: own ones; those of others are not here. Disabled ones are listed when it is asked for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>).
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let disabled = fields.is_set("IncludeDisabled")?;
    let page = cloud.ec2.list_images(&listing(fields, "ImageId")?, context)?;
    let found =
        cloud.ec2.images().filter(|(id, image)| page.items.contains(id) && (disabled || !image.disabled));
    let images: Vec<Element> = found.map(|(id, image)| told(cloud, id, image)).collect();
    Ok(empty().list("imagesSet", images).maybe("nextToken", page.next))
}

fn told(cloud: &Cloud, id: &ImageId, image: &Image) -> Element {
    let disk = |(nth, snapshot): (usize, &SnapshotId)| {
        let device = if nth == 0 { ROOT_DEVICE.to_owned() } else { format!("/dev/sd{nth}") };
        let ebs = Element::new("ebs").text("snapshotId", snapshot).text("deleteOnTermination", true);
        Element::new("item").text("deviceName", device).with(ebs)
    };
    Element::new("item")
        .text("imageId", id)
        .text("imageOwnerId", &cloud.place.account)
        .text("imageState", if image.disabled { "disabled" } else { "available" })
        .text("isPublic", false)
        .text("imageType", "machine")
        .text("rootDeviceType", "ebs")
        .text("rootDeviceName", ROOT_DEVICE)
        .list("blockDeviceMapping", image.snapshots.iter().enumerate().map(disk))
}
