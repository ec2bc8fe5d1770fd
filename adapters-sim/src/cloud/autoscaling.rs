//! Scaling groups
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use ports::{Capacity, Group, GroupName, LifecycleState, Resize, Tags};

use super::{ApiError, Fact, Happening};
use crate::invariant::Sometimes;
use crate::kernel::Context;

/// The groups of the account.
#[derive(Clone, Debug, Default)]
pub struct AutoScaling {
    groups: BTreeMap<GroupName, Fleet>,
    /// The names of launch configurations.
    pub launch_configurations: BTreeSet<String>,
}

/// A group and its instances.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// How many it should have.
    pub desired: Capacity,
    /// The fewest it may have.
    pub min: Capacity,
    /// The most it may have.
    pub max: Capacity,
    /// How many serve.
    pub in_service: u32,
    /// How many are on their way in.
    pub pending: u32,
    /// The processes that are suspended.
    pub suspended: BTreeSet<String>,
    /// Whether an instance refresh is under way.
    pub refreshing: bool,
    /// Its tags.
    pub tags: Tags,
}

impl AutoScaling {
    /// Adds a group whose instances all serve.
    pub fn add_group(&mut self, name: GroupName, desired: u32, min: u32, max: u32) {
        let fleet = Fleet {
            desired: Capacity(desired),
            min: Capacity(min),
            max: Capacity(max),
            in_service: desired,
            ..Fleet::default()
        };
        self.groups.insert(name, fleet);
    }

    /// Adds a group whose instances have yet to be launched.
    pub fn launch(&mut self, name: GroupName, fleet: Fleet, context: &mut Context<'_>) {
        self.groups.insert(name.clone(), fleet);
        let soon = super::a_moment(context, "group");
        context.later(soon, Happening::GroupActs { group: name });
    }

    /// A group, to look at or to change as if by magic.
    pub fn fleet(&mut self, name: &GroupName) -> Option<&mut Fleet> {
        self.groups.get_mut(name)
    }

    /// Every group.
    pub fn fleets(&self) -> impl Iterator<Item = (&GroupName, &Fleet)> {
        self.groups.iter()
    }

    /// `DescribeAutoScalingGroups` and `DescribeInstanceRefreshes` of one group.
    pub fn describe(&self, name: &GroupName, context: &mut Context<'_>) -> Option<Group> {
        if self.groups.get(name).is_some_and(|fleet| fleet.max <= fleet.desired) {
            context.sometimes(Sometimes::AtMax);
        }
        self.groups.get(name).map(|fleet| Group {
            name: name.clone(),
            desired: fleet.desired,
            min: fleet.min,
            max: fleet.max,
            instances: BTreeMap::from([
                (LifecycleState::InService, fleet.in_service),
                (LifecycleState::Pending, fleet.pending),
            ]),
            suspended: fleet.suspended.clone(),
            refreshing: fleet.refreshing,
            tags: fleet.tags.clone(),
        })
    }

    /// `SetDesiredCapacity`, without regard to the group's cooldown. It is absolute, and there is no compare-and-set.
    ///
    /// # Errors
    ///
    /// Never yet: what Auto Scaling refuses is an answer here.
    pub fn set_desired(
        &mut self,
        name: &GroupName,
        desired: Capacity,
        context: &mut Context<'_>,
    ) -> Result<Resize, ApiError> {
        let Some(fleet) = self.groups.get_mut(name) else { return Ok(Resize::NoGroup) };
        // "New SetDesiredCapacity value 9 is above max value 8 for the AutoScalingGroup."
        if desired < fleet.min || fleet.max < desired {
            return Ok(Resize::OutOfBounds);
        }
        let from = std::mem::replace(&mut fleet.desired, desired);
        context.note(Fact::DesiredSet { group: name.clone(), from, to: desired, max: fleet.max });
        let soon = super::a_moment(context, "group");
        context.later(soon, Happening::GroupActs { group: name.clone() });
        Ok(Resize::Set)
    }

    /// A person sets the capacity; what Auto Scaling refuses stays as it was.
    pub(super) fn resize(&mut self, name: &GroupName, desired: Capacity, context: &mut Context<'_>) {
        let _ = self.set_desired(name, desired, context);
    }

    /// A person sets the most that a group may have; where that is less than is desired, so much less is desired
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html>).
    pub(super) fn limit(&mut self, name: &GroupName, max: Capacity, context: &mut Context<'_>) {
        let Some(fleet) = self.groups.get_mut(name) else { return };
        fleet.max = max;
        if max < fleet.desired {
            self.resize(name, max, context);
        }
    }

    pub(super) fn acts(&mut self, name: &GroupName, context: &mut Context<'_>) {
        let Some(fleet) = self.groups.get_mut(name) else { return };
        let desired = fleet.desired.0;
        // What was on its way in has arrived by now.
        fleet.in_service += std::mem::take(&mut fleet.pending);
        fleet.in_service = fleet.in_service.min(desired);
        // With Launch suspended a new capacity is accepted, and nothing comes of it.
        let missing = desired - fleet.in_service;
        if 0 < missing && !fleet.suspended.contains("Launch") {
            fleet.pending = missing;
            let took =
                context.choose_between("launch", SignedDuration::from_mins(1), SignedDuration::from_mins(4));
            context.later(took, Happening::GroupActs { group: name.clone() });
        }
    }
}
