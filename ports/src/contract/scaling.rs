//! The clauses of [`ScalingGroups`].

use async_trait::async_trait;

use crate::{Capacity, GroupName, LifecycleState, Resize, ScalingGroups};

/// An adapter of [`ScalingGroups`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter.
    fn groups(&self) -> &dyn ScalingGroups;
    /// A group whose desired instances are all in service, and which nothing else is done with.
    async fn group(&self, desired: u32, min: u32, max: u32) -> GroupName;
}

all! {
    scaling_1_unknown_group_is_none
    scaling_2_group_tells_limits_and_instances
    scaling_3_set_desired_is_absolute
    scaling_4_out_of_bounds_is_an_answer
    scaling_5_setting_a_missing_group_is_an_answer
}

pub async fn scaling_1_unknown_group_is_none(stage: &dyn Stage) {
    let name = "no-such-group".parse().unwrap();
    assert_eq!(stage.groups().group(&name).await, Ok(None));
}

pub async fn scaling_2_group_tells_limits_and_instances(stage: &dyn Stage) {
    let name = stage.group(2, 1, 5).await;
    let group = stage.groups().group(&name).await.unwrap().unwrap();
    assert_eq!((group.desired, group.min, group.max), (Capacity(2), Capacity(1), Capacity(5)));
    assert_eq!(group.instances.get(&LifecycleState::InService), Some(&2));
    assert!(group.suspended.is_empty() && !group.refreshing);
}

pub async fn scaling_3_set_desired_is_absolute(stage: &dyn Stage) {
    let name = stage.group(2, 1, 5).await;
    let groups = stage.groups();
    for desired in [4, 4, 3, 5] {
        assert_eq!(groups.set_desired(&name, Capacity(desired)).await, Ok(Resize::Set));
        assert_eq!(groups.group(&name).await.unwrap().unwrap().desired, Capacity(desired));
    }
}

pub async fn scaling_4_out_of_bounds_is_an_answer(stage: &dyn Stage) {
    let name = stage.group(2, 1, 5).await;
    let groups = stage.groups();
    assert_eq!(groups.set_desired(&name, Capacity(6)).await, Ok(Resize::OutOfBounds));
    assert_eq!(groups.set_desired(&name, Capacity(0)).await, Ok(Resize::OutOfBounds));
    assert_eq!(groups.group(&name).await.unwrap().unwrap().desired, Capacity(2));
}

pub async fn scaling_5_setting_a_missing_group_is_an_answer(stage: &dyn Stage) {
    let name = "no-such-group".parse().unwrap();
    assert_eq!(stage.groups().set_desired(&name, Capacity(1)).await, Ok(Resize::NoGroup));
}
