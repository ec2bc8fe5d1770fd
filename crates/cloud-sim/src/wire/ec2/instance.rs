//! Instances.

use aws_vocabulary::{InstanceId, InstanceState};
use jiff::Timestamp;

use super::field::{done, empty, instant, listing, tags_at_birth, with_tags};
use crate::cloud::ec2::{Change, Ec2, Launch, Trait, state_code};
use crate::cloud::list;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// The instances that a request names; at least one.
fn named(fields: &Fields) -> Result<Vec<InstanceId>, ApiError> {
    fields.required("InstanceId.1")?;
    fields.texts("InstanceId").iter().map(|text| list::id(text, &list::INSTANCE)).collect()
}

/// `RunInstances`. Any image will do; all instances have the same root device.
pub(super) fn run(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    list::id::<aws_vocabulary::ImageId>(fields.required("ImageId")?, &list::IMAGE)?;
    let (least, most): (u32, u32) = (fields.needed("MinCount")?, fields.needed("MaxCount")?);
    if least == 0 || most < least {
        return Err(fields.invalid("MinCount", &least.to_string()));
    }
    let disk = |mapping: &Fields| {
        let ebs = mapping.part("Ebs");
        let size = ebs.parsed("VolumeSize")?.unwrap_or(8);
        Ok((mapping.required("DeviceName")?.to_owned(), size, ebs.parsed("DeleteOnTermination")?))
    };
    let disks = fields.list("BlockDeviceMapping").iter().map(disk).collect::<Result<Vec<_>, ApiError>>()?;
    // Every volume that is made with an instance goes with it, unless the request says something else
    // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html>).
    let disks = disks.into_iter().map(|(device, size, goes)| (device, size, goes.unwrap_or(true))).collect();
    let wish = Launch {
        count: most,
        tags: tags_at_birth(fields, "instance")?.tags().clone(),
        volume_tags: tags_at_birth(fields, "volume")?.tags().clone(),
        disks,
    };
    let launched = cloud.run_instances(&wish, context)?;
    let owner = cloud.place.account.clone();
    Ok(empty()
        .text("reservationId", launched.first().map(reservation).unwrap_or_default())
        .text("ownerId", owner)
        .list("groupSet", [])
        .list("instancesSet", launched.iter().filter_map(|id| told(&mut cloud.ec2, id, context.now))))
}

/// A reservation's id: there is one for each instance, or for those that were launched together.
fn reservation(first: &InstanceId) -> String {
    format!("r-{}", first.as_str().trim_start_matches("i-"))
}

/// `DescribeInstances`.
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let page = cloud.ec2.list_instances(&listing(fields, "InstanceId")?, context)?;
    let owner = cloud.place.account.clone();
    let item = |id: &InstanceId| {
        let instance = told(&mut cloud.ec2, id, context.now)?;
        let item = Element::new("item").text("reservationId", reservation(id)).text("ownerId", &owner);
        Some(item.list("groupSet", []).list("instancesSet", [instance]))
    };
    let reservations: Vec<Element> = page.items.iter().filter_map(item).collect();
    Ok(empty().list("reservationSet", reservations).maybe("nextToken", page.next))
}

fn state(name: &'static str, state: InstanceState) -> Element {
    Element::new(name).text("code", state_code(state)).text("name", state)
}

fn told(ec2: &mut Ec2, id: &InstanceId, now: Timestamp) -> Option<Element> {
    let disks: Vec<Element> = disks(ec2, id);
    let machine = ec2.machine(id)?;
    let root = if machine.is(Trait::OnInstanceStore) { "instance-store" } else { "ebs" };
    let mut item = Element::new("item")
        .text("instanceId", id)
        .with(state("instanceState", machine.state))
        .text("reason", &machine.transition)
        .text("instanceType", &machine.instance_type)
        .text("launchTime", instant(machine.launch_told(now)))
        .with(Element::new("placement").text("availabilityZone", &machine.zone))
        .text("rootDeviceType", root)
        .text("rootDeviceName", &machine.root_device)
        .list("blockDeviceMapping", disks);
    if let Some(reason) = &machine.reason {
        let reason = Element::new("stateReason").text("code", &reason.code).text("message", &reason.message);
        item = item.with(reason);
    }
    if machine.is(Trait::Spot) {
        item = item.text("instanceLifecycle", "spot");
    }
    Some(with_tags(item, &machine.all_tags()))
}

fn disks(ec2: &Ec2, id: &InstanceId) -> Vec<Element> {
    let disk = |(volume, disk, device): (_, &crate::cloud::ec2::Disk, &str)| {
        let ebs = Element::new("ebs")
            .text("volumeId", volume)
            .text("status", "attached")
            .text("deleteOnTermination", disk.delete_on_termination);
        Element::new("item").text("deviceName", device).with(ebs)
    };
    ec2.attached(id).map(disk).collect()
}

fn changes(changes: &[Change]) -> Element {
    let item = |(id, before, after): &Change| {
        Element::new("item")
            .text("instanceId", id)
            .with(state("currentState", *after))
            .with(state("previousState", *before))
    };
    empty().list("instancesSet", changes.iter().map(item))
}

/// `StopInstances`.
pub(super) fn stop(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    cloud.stop_instances(&named(fields)?, context).map(|made| changes(&made))
}

/// `StartInstances`.
pub(super) fn start(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    cloud.start_instances(&named(fields)?, context).map(|made| changes(&made))
}

/// `TerminateInstances`.
pub(super) fn terminate(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    cloud.terminate_instances(&named(fields)?, context).map(|made| changes(&made))
}

/// `RebootInstances`: one after the other, up to the first that cannot be.
pub(super) fn reboot(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    for instance in named(fields)? {
        cloud.reboot(&instance, context)?;
    }
    Ok(done())
}
