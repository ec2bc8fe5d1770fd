//! EC2 Auto Scaling (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html>).

use aws_vocabulary::{Capacity, GroupName};
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::error::Dialect;
use super::operation::Operation;
use super::query::{Fields, Words};
use super::route::QueryService;
use super::xml::Element;
use crate::cloud::autoscaling::{Activity, Fleet};
use crate::cloud::{ApiError, Cloud, Place};
use crate::kernel::Context;

/// The code for what is missing or wrong, and for nearly everything else
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html>).
const INVALID: &str = "ValidationError";

pub(super) const SERVICE: QueryService = QueryService {
    name: "autoscaling",
    version: "2011-01-01",
    dialect: Dialect::Query("http://autoscaling.amazonaws.com/doc/2011-01-01/"),
    words: &Words { missing: INVALID, invalid: INVALID, member: ".member" },
    operations: &[
        Operation::writes("CreateAutoScalingGroup", create_group),
        Operation::writes("CreateLaunchConfiguration", create_launch_configuration),
        Operation::reads("DescribeAutoScalingGroups", describe_groups),
        Operation::reads("DescribeInstanceRefreshes", describe_refreshes),
        Operation::reads("DescribeScalingActivities", describe_activities),
        Operation::writes("ResumeProcesses", resume),
        Operation::writes("SetDesiredCapacity", set_desired),
        Operation::writes("SuspendProcesses", suspend),
    ],
};

fn empty() -> Element {
    Element::new("")
}

fn group_of(fields: &Fields) -> Result<GroupName, ApiError> {
    fields.needed("AutoScalingGroupName")
}

fn no_group(name: &GroupName) -> ApiError {
    let message = format!("AutoScalingGroup name not found - no such group: {name}");
    ApiError::rejected(INVALID, message)
}

fn fleet<'a>(cloud: &'a mut Cloud, name: &GroupName) -> Result<&'a mut Fleet, ApiError> {
    cloud.autoscaling.fleet(name).ok_or_else(|| no_group(name))
}

/// `CreateLaunchConfiguration`: only its name is kept.
fn create_launch_configuration(
    fields: &Fields,
    cloud: &mut Cloud,
    _: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let name = fields.required("LaunchConfigurationName")?.to_owned();
    fields.required("ImageId")?;
    fields.required("InstanceType")?;
    if cloud.autoscaling.launch_configurations.insert(name.clone()) {
        Ok(empty())
    } else {
        let message = format!("Launch Configuration by this name already exists - {name}");
        Err(ApiError::rejected("AlreadyExists", message))
    }
}

/// `CreateAutoScalingGroup`: its instances are launched from then on.
fn create_group(fields: &Fields, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Element, ApiError> {
    let name = group_of(fields)?;
    let (min, max): (u32, u32) = (fields.needed("MinSize")?, fields.needed("MaxSize")?);
    let desired = fields.parsed("DesiredCapacity")?.unwrap_or(min);
    let why = match fields.text("LaunchConfigurationName") {
        None => Some(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
             MixedInstancesPolicy parameter. Of these, the simulated cloud has LaunchConfigurationName."
                .to_owned(),
        ),
        Some(known) if !cloud.autoscaling.launch_configurations.contains(known) => {
            Some(format!("Launch configuration name not found - {known}"))
        }
        Some(_) if max < min => Some("Max bound, must be greater than or equal to min bound".to_owned()),
        Some(_) if !(min..=max).contains(&desired) => Some(format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        )),
        Some(_) => None,
    };
    if let Some(why) = why {
        return Err(ApiError::rejected(INVALID, why));
    }
    if cloud.autoscaling.fleet(&name).is_some() {
        let message = format!("AutoScalingGroup by this name already exists - {name}");
        return Err(ApiError::rejected("AlreadyExists", message));
    }
    let tags = fields.list("Tags");
    let tags = tags.iter().map(|tag| Ok((tag.required("Key")?, tag.text("Value").unwrap_or_default())));
    let tags = tags.collect::<Result<Vec<_>, ApiError>>()?.into_iter().collect();
    cloud.autoscaling.create(&name, (desired, min, max), tags, context);
    Ok(empty())
}

/// `DescribeAutoScalingGroups`: of names, or all; what is unknown is left out.
fn describe_groups(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let names = fields.texts("AutoScalingGroupNames");
    for name in &names {
        // Whoever watches wants to know of groups that are looked at when they are full.
        if let Ok(name) = name.parse() {
            let _ = cloud.autoscaling.describe(&name, context);
        }
    }
    let (most, after) = page(fields)?;
    let is_wanted =
        |name: &&GroupName| names.is_empty() || names.iter().any(|wanted| wanted == name.as_str());
    let rest = cloud.autoscaling.fleets().filter(|(name, _)| is_wanted(name));
    let mut rest = rest.filter(|(name, _)| after.is_none_or(|after| after < name.as_str()));
    let groups: Vec<_> = rest.by_ref().take(most).collect();
    let more = rest.next().is_some();
    let next = groups.last().filter(|_| more).map(|(name, _)| *name);
    let told = groups.iter().map(|(name, fleet)| told(&cloud.place, name, fleet, context.now));
    Ok(empty().list("AutoScalingGroups", told).maybe("NextToken", next))
}

/// How many are wanted at the most, and after which name: 50 unless it is said, and never more than 100
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>).
fn page(fields: &Fields) -> Result<(usize, Option<&str>), ApiError> {
    let most: usize = fields.parsed("MaxRecords")?.unwrap_or(50);
    Ok((most.min(100), fields.text("NextToken")))
}

fn told(place: &Place, name: &GroupName, fleet: &Fleet, now: Timestamp) -> Element {
    let zone = format!("{}a", place.region);
    let states = std::iter::repeat_n("InService", usize::try_from(fleet.in_service).unwrap_or(0));
    let states = states.chain(std::iter::repeat_n("Pending", usize::try_from(fleet.pending).unwrap_or(0)));
    let instance = |(nth, state): (usize, &'static str)| {
        let id = format!("i-0{:016x}", xxh3_64(format!("{name} {nth}").as_bytes()));
        Element::new("member")
            .text("InstanceId", id)
            .text("AvailabilityZone", &zone)
            .text("LifecycleState", state)
            .text("HealthStatus", "Healthy")
            .text("ProtectedFromScaleIn", false)
    };
    let suspended = |process: &String| {
        let reason = format!("User suspended at {now}");
        Element::new("member").text("ProcessName", process).text("SuspensionReason", reason)
    };
    let tag = |(key, value): (&str, &str)| {
        Element::new("member")
            .text("Key", key)
            .text("Value", value)
            .text("ResourceId", name)
            .text("ResourceType", "auto-scaling-group")
            .text("PropagateAtLaunch", true)
    };
    Element::new("member")
        .text("AutoScalingGroupName", name)
        .text("AutoScalingGroupARN", place.arn("autoscaling", &format!("autoScalingGroup:{name}")))
        .text("MinSize", fleet.min)
        .text("MaxSize", fleet.max)
        .text("DesiredCapacity", fleet.desired)
        .text("DefaultCooldown", 300)
        .list("AvailabilityZones", [Element::new("member").holding_text(&zone)])
        .text("HealthCheckType", "EC2")
        .text("CreatedTime", now)
        .list("Instances", states.enumerate().map(instance))
        .list("SuspendedProcesses", fleet.suspended.iter().map(suspended))
        .list("Tags", fleet.tags.iter().map(tag))
}

/// `DescribeInstanceRefreshes`: the one that is under way, if one is.
fn describe_refreshes(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let name = group_of(fields)?;
    let refreshing = fleet(cloud, &name)?.refreshing;
    let refresh = || {
        Element::new("member")
            .text("InstanceRefreshId", "08b91cf7-8fa6-48af-b6a6-d227f40f1b9b")
            .text("AutoScalingGroupName", &name)
            .text("Status", "InProgress")
    };
    Ok(empty().list("InstanceRefreshes", refreshing.then(refresh)))
}

/// `DescribeScalingActivities` of one group: the newest first
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>).
fn describe_activities(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let name = group_of(fields)?;
    let most: usize = fields.parsed("MaxRecords")?.unwrap_or(100);
    let told = |activity: &Activity| {
        let is_over = activity.status.is_over();
        Element::new("member")
            .text("ActivityId", &activity.id)
            .text("AutoScalingGroupName", &name)
            .text("Description", &activity.description)
            .text("Cause", "The desired capacity differs from the number of instances.")
            .text("StartTime", activity.started_at)
            .maybe("EndTime", activity.ended_at)
            .text("StatusCode", activity.status.as_str())
            .maybe("StatusMessage", activity.message.as_ref())
            .text("Progress", if is_over { 100 } else { 50 })
    };
    let activities = fleet(cloud, &name)?.activities.all().iter().rev().take(most);
    Ok(empty().list("Activities", activities.map(told)))
}

/// `SetDesiredCapacity`.
fn set_desired(fields: &Fields, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Element, ApiError> {
    let (name, desired) = (group_of(fields)?, Capacity(fields.needed("DesiredCapacity")?));
    let honour = fields.is_set("HonorCooldown")?;
    cloud.autoscaling.set_desired_capacity(&name, desired, honour, context)?;
    Ok(empty())
}

/// `SuspendProcesses`.
fn suspend(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    change_processes(fields, cloud, true)
}

/// `ResumeProcesses`.
fn resume(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    change_processes(fields, cloud, false)
}

fn change_processes(fields: &Fields, cloud: &mut Cloud, suspend: bool) -> Result<Element, ApiError> {
    let named = fields.texts("ScalingProcesses");
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    cloud.autoscaling.suspend(&group_of(fields)?, &named, suspend)?;
    Ok(empty())
}
