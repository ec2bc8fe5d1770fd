//! EC2 (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html>).

mod field;
mod image;
mod instance;
mod kind;
mod lock;
mod snapshot;
mod tag;
mod volume;

use super::error::Dialect;
use super::operation::Operation;
use super::query::Words;
use super::route::QueryService;

pub(super) const SERVICE: QueryService = QueryService {
    name: "ec2",
    version: "2016-11-15",
    dialect: Dialect::Ec2,
    words: &Words { missing: "MissingParameter", invalid: "InvalidParameterValue", member: "" },
    operations: &[
        Operation::writes("CreateSnapshot", snapshot::create_one),
        Operation::writes("CreateSnapshots", snapshot::create_set),
        Operation::writes("CreateTags", tag::create),
        Operation::writes("CreateVolume", volume::create),
        Operation::writes("DeleteSnapshot", snapshot::delete),
        Operation::writes("DeleteTags", tag::delete),
        Operation::writes("DeleteVolume", volume::delete),
        Operation::writes("DeregisterImage", image::deregister),
        Operation::reads("DescribeImages", image::describe),
        Operation::reads("DescribeInstanceTypes", kind::describe),
        Operation::reads("DescribeInstances", instance::describe),
        Operation::reads("DescribeLockedSnapshots", lock::describe),
        Operation::reads("DescribeSnapshots", snapshot::describe),
        Operation::reads("DescribeVolumes", volume::describe),
        Operation::writes("LockSnapshot", lock::lock),
        Operation::writes("RebootInstances", instance::reboot),
        Operation::writes("RegisterImage", image::register),
        Operation::writes("RunInstances", instance::run),
        Operation::writes("StartInstances", instance::start),
        Operation::writes("StopInstances", instance::stop),
        Operation::writes("TerminateInstances", instance::terminate),
    ],
};
