use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Capacity, GroupName, PortError, Tags};

/// Where an instance is in its group's life, as far as capacity goes
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleState {
    /// On its way in.
    Pending,
    /// Serving.
    InService,
    /// On its way out, or gone.
    Terminating,
    /// In standby, detached, in a warm pool: not serving.
    Aside,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// How many instances it should have.
    pub desired: Capacity,
    /// The fewest it may have.
    pub min: Capacity,
    /// The most it may have.
    pub max: Capacity,
    /// How many instances it has in each state.
    pub instances: BTreeMap<LifecycleState, u32>,
    /// The processes that are suspended, such as `Launch`.
    pub suspended: BTreeSet<String>,
    /// Whether an instance refresh is under way.
    pub refreshing: bool,
    /// Its tags.
    pub tags: Tags,
}

/// How setting a capacity ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resize {
    /// The group has that desired capacity now.
    Set,
    /// The group does not allow it: below its minimum or above its maximum.
    OutOfBounds,
    /// There is no such group any more.
    NoGroup,
}

/// Reads a scaling group and sets its capacity.
///
/// # Contract
///
/// 1. `scaling_1_unknown_group_is_none`: a name that is no group's MUST give `None`, not an error.
/// 2. `scaling_2_group_tells_limits_and_instances`: `group` MUST tell desired, minimum, maximum, instances by state,
///    suspended processes and tags.
/// 3. `scaling_3_set_desired_is_absolute`: `set_desired` MUST set the capacity to the number given, whatever it was,
///    and without regard to the group's own cooldown.
/// 4. `scaling_4_out_of_bounds_is_an_answer`: a capacity beyond the group's limits MUST answer `OutOfBounds` and
///    change nothing.
/// 5. `scaling_5_setting_a_missing_group_is_an_answer`: a missing group MUST answer `NoGroup`.
///
/// Not promised: that nobody changed the group between a reading and a setting: Auto Scaling has no
/// compare-and-swap (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ScalingGroups: Debug + Send + Sync {
    /// The group of that name.
    ///
    /// # Errors
    ///
    /// When Auto Scaling cannot be asked.
    async fn group(&self, name: &GroupName) -> Result<Option<Group>, PortError>;

    /// Sets how many instances the group should have.
    ///
    /// # Errors
    ///
    /// When Auto Scaling refuses for another reason, or cannot be asked.
    async fn set_desired(&self, name: &GroupName, desired: Capacity) -> Result<Resize, PortError>;
}
