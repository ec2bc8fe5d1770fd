use super::Ec2;
use crate::cloud::ApiError;
use crate::cloud::bucket::DESCRIBE;
use crate::kernel::Context;

/// An instance type, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Its name.
    pub name: &'static str,
    /// The disks on its host.
    pub store: Option<HostDisks>,
}

/// The disks on a host, which its instances can use and which are gone with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostDisks {
    /// How many there are.
    pub disks: u32,
    /// How large they are together.
    pub total_gb: u32,
}

const fn with(name: &'static str, disks: u32, total_gb: u32) -> InstanceType {
    InstanceType { name, store: Some(HostDisks { disks, total_gb }) }
}

const fn without(name: &'static str) -> InstanceType {
    InstanceType { name, store: None }
}

/// The types there are here, of the hundreds that EC2 has
/// (<https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>).
pub const TYPES: [InstanceType; 5] = [
    without("m5.large"),
    with("m5d.large", 1, 75),
    with("m5d.4xlarge", 2, 600),
    with("i3.large", 1, 475),
    with("d2.xlarge", 3, 6000),
];

impl Ec2 {
    /// `DescribeInstanceTypes` of one type.
    ///
    /// # Errors
    ///
    /// When there is no such type, or too many requests came.
    pub fn instance_type(&mut self, name: &str, context: &Context<'_>) -> Result<InstanceType, ApiError> {
        self.buckets.take("DescribeInstanceTypes", DESCRIBE, context.now)?;
        TYPES.into_iter().find(|known| known.name == name).ok_or_else(|| {
            let message = format!("The following supplied instance types do not exist: [{name}]");
            ApiError::rejected("InvalidInstanceType", message)
        })
    }
}
