//! Scaling groups
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>).

mod activity;

pub use activity::{Activities, Activity, ActivityStatus};

use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{Capacity, GroupName, Tags, time};
use jiff::{SignedDuration, Timestamp};

use super::{ApiError, Fact, Happening};
use crate::kernel::Context;
use crate::rule::Sometimes;

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
    /// What it did lately.
    pub activities: Activities,
    /// For how long it rests after a change, where whoever wants the next one honours that
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html>).
    pub cooldown: SignedDuration,
    /// Whether EC2 has no capacity for it.
    pub no_capacity: bool,
    /// When it may be changed again by whoever honours the cooldown.
    rested_at: Option<Timestamp>,
    /// Since when nothing could be launched.
    failing_since: Option<Timestamp>,
    /// How many instances it has too many while it balances its zones.
    extra: u32,
}

/// How long a group rests that says nothing else.
const COOLDOWN: SignedDuration = SignedDuration::from_mins(5);
/// After so long without a launch Auto Scaling suspends launching by itself: an administrative suspension
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>).
const GIVES_UP: SignedDuration = SignedDuration::from_hours(24);
/// How soon a failed launch is tried again. Unverified.
const TRIES_AGAIN: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(5), SignedDuration::from_mins(20));

/// The processes that can be suspended
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>).
pub const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

impl AutoScaling {
    /// Adds a group whose instances all serve.
    pub fn add_group(&mut self, name: GroupName, desired: u32, min: u32, max: u32) {
        let fleet = Fleet {
            desired: Capacity(desired),
            min: Capacity(min),
            max: Capacity(max),
            in_service: desired,
            cooldown: COOLDOWN,
            ..Fleet::default()
        };
        self.groups.insert(name, fleet);
    }

    /// `CreateAutoScalingGroup`: its instances have yet to be launched.
    pub fn create(
        &mut self,
        name: &GroupName,
        (desired, min, max): (u32, u32, u32),
        tags: Tags,
        context: &mut Context<'_>,
    ) {
        self.add_group(name.clone(), desired, min, max);
        if let Some(fleet) = self.groups.get_mut(name) {
            fleet.in_service = 0;
            fleet.tags = tags;
        }
        let soon = super::a_moment(context, "group");
        context.later(soon, Happening::GroupActs { group: name.clone() });
    }

    /// A group, to look at or to change as if by magic.
    pub fn fleet(&mut self, name: &GroupName) -> Option<&mut Fleet> {
        self.groups.get_mut(name)
    }

    /// Every group.
    pub fn fleets(&self) -> impl Iterator<Item = (&GroupName, &Fleet)> {
        self.groups.iter()
    }

    /// A group that is described to somebody.
    pub fn describe(&self, name: &GroupName, context: &mut Context<'_>) -> Option<&Fleet> {
        let fleet = self.groups.get(name)?;
        if fleet.max <= fleet.desired {
            context.sometimes(Sometimes::AtMax);
        }
        Some(fleet)
    }

    /// `SetDesiredCapacity` as the API has it
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>).
    ///
    /// # Errors
    ///
    /// `ValidationError` when there is no such group, or its limits do not allow it; `ScalingActivityInProgress` when the
    /// cooldown is to be honoured, and it rests or something is under way; `ResourceContention` when there is a pending
    /// update of it.
    pub fn set_desired_capacity(
        &mut self,
        name: &GroupName,
        desired: Capacity,
        honor_cooldown: bool,
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        if context.happens("trouble/contention", context.plan().contention) {
            return Err(ApiError::busy(
                "ResourceContention",
                "You already have a pending update to this resource.",
            ));
        }
        let fleet = self.groups.get_mut(name).ok_or_else(|| no_group(name))?;
        fleet.allows(desired)?;
        if honor_cooldown {
            fleet.is_rested(context.now)?;
        }
        let from = std::mem::replace(&mut fleet.desired, desired);
        context.note(Fact::DesiredSet { group: name.clone(), from, to: desired, max: fleet.max });
        let soon = super::a_moment(context, "group");
        context.later(soon, Happening::GroupActs { group: name.clone() });
        Ok(())
    }

    /// `SuspendProcesses`, or `ResumeProcesses`: every one when none is named.
    ///
    /// # Errors
    ///
    /// `ValidationError` when there is no such group or process.
    pub fn suspend(&mut self, name: &GroupName, processes: &[&str], suspend: bool) -> Result<(), ApiError> {
        if let Some(unknown) = processes.iter().find(|process| !PROCESSES.contains(process)) {
            let message = format!("Invalid process type: {unknown}");
            return Err(ApiError::rejected("ValidationError", message));
        }
        let fleet = self.groups.get_mut(name).ok_or_else(|| no_group(name))?;
        let processes = if processes.is_empty() { &PROCESSES } else { processes };
        for process in processes {
            if suspend {
                fleet.suspended.insert((*process).to_owned());
            } else {
                fleet.suspended.remove(*process);
            }
        }
        if !suspend {
            // Whoever resumes it gives it another day.
            fleet.failing_since = None;
        }
        Ok(())
    }

    /// A person sets the capacity; what Auto Scaling refuses stays as it was.
    pub fn resize(&mut self, name: &GroupName, desired: Capacity, context: &mut Context<'_>) {
        if self.groups.get(name).is_some_and(|fleet| fleet.allows(desired).is_ok()) {
            let _ = self.set_desired_capacity(name, desired, false, context);
        }
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

    /// A group brings its instances up or down to what is desired.
    pub(super) fn acts(&mut self, name: &GroupName, context: &mut Context<'_>) {
        let Some(fleet) = self.groups.get_mut(name) else { return };
        let desired = fleet.desired.0;
        if 0 < fleet.pending {
            // What was on its way in has arrived by now.
            fleet.in_service += std::mem::take(&mut fleet.pending);
            fleet.settled(context.now);
        }
        let most = desired + std::mem::take(&mut fleet.extra);
        if most < fleet.in_service && !fleet.suspended.contains("Terminate") {
            let description = format!("Terminating {} EC2 instances", fleet.in_service - most);
            fleet.activities.begin(ActivityStatus::InProgress, description, context.now);
            fleet.in_service = most;
            fleet.settled(context.now);
        }
        // With Launch suspended a new capacity is accepted, and nothing comes of it.
        let missing = desired.saturating_sub(fleet.in_service);
        if 0 < missing && !fleet.suspended.contains("Launch") {
            fleet.launch(name, missing, context);
        }
    }

    /// A group balances its zones: it launches before it terminates, and so may have more than its maximum, by a tenth of
    /// it or by one (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html>).
    pub(super) fn rebalance(&mut self, name: &GroupName, context: &mut Context<'_>) {
        let Some(fleet) = self.groups.get_mut(name) else { return };
        let is_suspended = ["AZRebalance", "Launch"].iter().any(|process| fleet.suspended.contains(*process));
        if is_suspended || 0 < fleet.pending || fleet.no_capacity {
            return;
        }
        fleet.extra = (fleet.max.0 / 10).max(1);
        fleet.in_service += fleet.extra;
        let took =
            context.choose_between("rebalance", SignedDuration::from_mins(1), SignedDuration::from_mins(4));
        context.later(took, Happening::GroupRests { group: name.clone() });
    }

    /// A group has balanced its zones.
    pub(super) fn rests(&mut self, name: &GroupName, context: &mut Context<'_>) {
        if let Some(fleet) = self.groups.get_mut(name) {
            fleet.extra = 0;
            self.acts(name, context);
        }
    }
}

impl Fleet {
    /// Whether its limits allow a capacity; the messages are those of Auto Scaling.
    /// Whether its limits allow a capacity.
    ///
    /// # Errors
    ///
    /// `ValidationError` when they do not.
    pub fn allows(&self, desired: Capacity) -> Result<(), ApiError> {
        let message = if self.max < desired {
            format!(
                "New SetDesiredCapacity value {desired} is above max value {} for the AutoScalingGroup.",
                self.max
            )
        } else if desired < self.min {
            format!(
                "New SetDesiredCapacity value {desired} is below min value {} for the AutoScalingGroup.",
                self.min
            )
        } else {
            return Ok(());
        };
        Err(ApiError::rejected("ValidationError", message))
    }

    fn is_rested(&self, now: Timestamp) -> Result<(), ApiError> {
        let message = match self.activities.under_way() {
            Some(activity) => {
                format!("Scaling activity {} is in progress and blocks this action", activity.id)
            }
            None if self.rested_at.is_some_and(|at| now < at) => {
                "The cooldown period of the group has not elapsed and blocks this action".to_owned()
            }
            None => return Ok(()),
        };
        Err(ApiError::busy("ScalingActivityInProgress", message))
    }

    /// An activity succeeded. The cooldown begins when its last instance is there.
    fn settled(&mut self, now: Timestamp) {
        self.activities.end(ActivityStatus::Successful, None, now);
        self.failing_since = None;
        self.rested_at = Some(time::later(now, self.cooldown));
    }

    fn launch(&mut self, name: &GroupName, missing: u32, context: &mut Context<'_>) {
        let description = format!("Launching {missing} EC2 instances");
        self.activities.begin(ActivityStatus::PreInService, description, context.now);
        let fails = self.no_capacity || context.happens("trouble/launch", context.plan().failed_launches);
        let (least, most) = if fails {
            let message = "We currently do not have sufficient capacity in the Availability Zone you requested. \
                           Launching EC2 instance failed.";
            self.activities.end(ActivityStatus::Failed, Some(message), context.now);
            let since = *self.failing_since.get_or_insert(context.now);
            if GIVES_UP <= context.now.duration_since(since) {
                self.suspended.insert("Launch".to_owned());
                return;
            }
            TRIES_AGAIN
        } else {
            self.pending = missing;
            (SignedDuration::from_mins(1), SignedDuration::from_mins(4))
        };
        let took = context.choose_between("launch", least, most);
        context.later(took, Happening::GroupActs { group: name.clone() });
    }
}

fn no_group(name: &GroupName) -> ApiError {
    let message = format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found");
    ApiError::rejected("ValidationError", message)
}
