use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_autoscaling::{
    Client,
    types::{AutoScalingGroup, Instance, InstanceRefreshStatus, SuspendedProcess},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{Capacity, Group, GroupName, LifecycleState, PortError, Resize, ScalingGroups};

use crate::permission::{self, Asks};

use super::{answer::AnswerFields, call::Call, config, limit::Limit};

/// EC2 Auto Scaling groups.
#[derive(Clone, Debug)]
pub struct AutoScaling {
    client: Client,
    limit: Limit,
}

impl AutoScaling {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::scaling::ALL;

    /// Makes the adapter.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(&config::limited(config)), limit: Limit::new(config) }
    }

    async fn whole_group(&self, name: &GroupName) -> Result<Option<Group>, PortError> {
        let Some(group) = self.described(name).await? else { return Ok(None) };
        let Some(refreshing) = self.refreshing(name).await? else { return Ok(None) };
        read(&group, name, refreshing).map(Some)
    }

    async fn described(&self, name: &GroupName) -> Result<Option<AutoScalingGroup>, PortError> {
        let call = Call::reading("DescribeAutoScalingGroups");
        let request = self.client.describe_auto_scaling_groups().auto_scaling_group_names(name.as_str());
        let answer = request.customize().interceptor(call.watch()).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let named = |group: &AutoScalingGroup| group.auto_scaling_group_name() == Some(name.as_str());
        Ok(answer.auto_scaling_groups.unwrap_or_default().into_iter().find(named))
    }

    /// Whether an instance refresh is under way; `None` when the group has gone meanwhile.
    async fn refreshing(&self, name: &GroupName) -> Result<Option<bool>, PortError> {
        let mut from = None;
        loop {
            let call = Call::reading("DescribeInstanceRefreshes");
            let request = self.client.describe_instance_refreshes().auto_scaling_group_name(name.as_str());
            let request = request.set_next_token(from);
            let page = match request.customize().interceptor(call.watch()).send().await {
                Ok(page) => page,
                Err(error) if is_unknown_group(error.message()) => return Ok(None),
                Err(error) => return Err(call.failed(&error)),
            };
            let mut refreshes = page.instance_refreshes().iter();
            if refreshes.any(|refresh| refresh.status().is_some_and(is_under_way)) {
                return Ok(Some(true));
            }
            from = page.next_token.filter(|token| !token.is_empty());
            if from.is_none() {
                return Ok(Some(false));
            }
        }
    }
}

#[async_trait]
impl ScalingGroups for AutoScaling {
    async fn group(&self, name: &GroupName) -> Result<Option<Group>, PortError> {
        self.limit.end("DescribeAutoScalingGroups", self.whole_group(name)).await
    }

    async fn set_desired(&self, name: &GroupName, desired: Capacity) -> Result<Resize, PortError> {
        // Limits are of this type as well: no group allows more.
        let Ok(capacity) = i32::try_from(desired.0) else { return Ok(Resize::OutOfBounds) };
        let call = Call::writing("SetDesiredCapacity");
        let request = self
            .client
            .set_desired_capacity()
            .auto_scaling_group_name(name.as_str())
            .desired_capacity(capacity)
            .honor_cooldown(false);
        match request.customize().interceptor(call.watch()).send().await {
            Ok(_) => Ok(Resize::Set),
            Err(error) if is_unknown_group(error.message()) => Ok(Resize::NoGroup),
            Err(error) if is_out_of_bounds(error.message()) => Ok(Resize::OutOfBounds),
            Err(error) => Err(call.failed(&error)),
        }
    }
}

// Auto Scaling says all of this with the one code `ValidationError`, so that only the words tell it apart.

fn is_unknown_group(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.contains("AutoScalingGroup name not found"))
}

fn is_out_of_bounds(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.contains("above max") || message.contains("below min"))
}

/// Whether a refresh has not come to its end
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html>).
fn is_under_way(status: &InstanceRefreshStatus) -> bool {
    matches!(status.as_str(), "Pending" | "InProgress" | "Cancelling" | "RollbackInProgress" | "Baking")
}

fn read(group: &AutoScalingGroup, name: &GroupName, refreshing: bool) -> Result<Group, PortError> {
    let answer = AnswerFields("DescribeAutoScalingGroups");
    let suspended = group.suspended_processes().iter().filter_map(SuspendedProcess::process_name);
    let tags = group.tags().iter();
    Ok(Group {
        name: name.clone(),
        desired: Capacity(answer.count("DesiredCapacity", group.desired_capacity())?),
        min: Capacity(answer.count("MinSize", group.min_size())?),
        max: Capacity(answer.count("MaxSize", group.max_size())?),
        instances: by_state(group.instances()),
        suspended: suspended.map(str::to_owned).collect(),
        refreshing,
        tags: tags.filter_map(|tag| tag.key().map(|key| (key, tag.value().unwrap_or_default()))).collect(),
    })
}

fn by_state(instances: &[Instance]) -> BTreeMap<LifecycleState, u32> {
    let mut counts = BTreeMap::new();
    for instance in instances {
        let state = instance.lifecycle_state().map_or("", |state| state.as_str());
        let count: &mut u32 = counts.entry(read_state(state)).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// `Pending:Wait` is still pending; `Warmed:Pending` is in the warm pool, where it serves nobody
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>).
fn read_state(name: &str) -> LifecycleState {
    match name.split(':').next() {
        Some("InService") => LifecycleState::InService,
        Some("Pending") => LifecycleState::Pending,
        Some("Terminating" | "Terminated") => LifecycleState::Terminating,
        _ => LifecycleState::Aside,
    }
}
