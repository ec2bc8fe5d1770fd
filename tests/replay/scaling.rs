use std::collections::BTreeMap;

use adapters_aws::sdk::AutoScaling;
use ports::{Capacity, ErrorKind, Group, GroupName, LifecycleState, PortError, Resize, ScalingGroups};

use crate::{
    answer::{query, query_error},
    script::{Reply, Script},
};

const UNKNOWN: &str = "AutoScalingGroup name not found - null";

fn name() -> GroupName {
    GroupName::new("web").unwrap()
}

fn member(state: &str) -> String {
    format!("<member><InstanceId>i-0a</InstanceId><LifecycleState>{state}</LifecycleState></member>")
}

fn groups(instances: &str, more: &str) -> Reply {
    query(
        "DescribeAutoScalingGroups",
        &format!(
            "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>
             <MinSize>1</MinSize><MaxSize>8</MaxSize><DesiredCapacity>4</DesiredCapacity>
             <Instances>{instances}</Instances>{more}</member></AutoScalingGroups>"
        ),
    )
}

fn refreshes(statuses: &[&str], next: &str) -> Reply {
    let member = |status: &&str| format!("<member><Status>{status}</Status></member>");
    let members: String = statuses.iter().map(member).collect();
    query(
        "DescribeInstanceRefreshes",
        &format!("<InstanceRefreshes>{members}</InstanceRefreshes><NextToken>{next}</NextToken>"),
    )
}

async fn group(replies: impl IntoIterator<Item = Reply>) -> Result<Option<Group>, PortError> {
    AutoScaling::new(&Script::of(replies).config().await).group(&name()).await
}

#[tokio::test(start_paused = true)]
async fn scaling_1_unknown_group_is_none() {
    let none = || query("DescribeAutoScalingGroups", "<AutoScalingGroups/>");
    assert_eq!(group([none()]).await, Ok(None));
    let vanished = query_error(400, "ValidationError", UNKNOWN);
    assert_eq!(group([groups("", ""), vanished]).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn scaling_2_group_tells_limits_and_instances() {
    let more = "<SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>
        <Tags><member><Key>team</Key><Value>web</Value></member></Tags>";
    let instances = member("InService") + &member("InService") + &member("Pending");
    let script = Script::of([groups(&instances, more), refreshes(&[], "")]);
    let found = AutoScaling::new(&script.config().await).group(&name()).await;
    let expected = Group {
        name: name(),
        desired: Capacity(4),
        min: Capacity(1),
        max: Capacity(8),
        instances: BTreeMap::from([(LifecycleState::InService, 2), (LifecycleState::Pending, 1)]),
        suspended: ["Launch".to_owned()].into(),
        refreshing: false,
        tags: [("team", "web")].into_iter().collect(),
    };
    assert_eq!(found, Ok(Some(expected)));
    assert_eq!(script.requests()[0].form()["AutoScalingGroupNames.member.1"], "web");
    assert_eq!(script.requests()[1].form()["AutoScalingGroupName"], "web");
}

#[tokio::test(start_paused = true)]
async fn every_lifecycle_state_has_its_place() {
    let places = [
        (LifecycleState::Pending, ["Pending", "Pending:Wait", "Pending:Proceed"].as_slice()),
        (LifecycleState::InService, &["InService"]),
        (
            LifecycleState::Terminating,
            &["Terminating", "Terminating:Wait", "Terminating:Proceed", "Terminated"],
        ),
        (
            LifecycleState::Aside,
            &[
                "Standby",
                "EnteringStandby",
                "Detaching",
                "Detached",
                "Quarantined",
                "Warmed:Pending",
                "Warmed:Stopped",
                "Warmed:Terminating:Wait",
            ],
        ),
    ];
    for (place, states) in places {
        let instances: String = states.iter().map(|state| member(state)).collect();
        let found = group([groups(&instances, ""), refreshes(&[], "")]).await.unwrap().unwrap();
        let count = u32::try_from(states.len()).unwrap();
        assert_eq!(found.instances, BTreeMap::from([(place, count)]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_under_way_until_it_has_ended() {
    for status in ["Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"] {
        let found = group([groups("", ""), refreshes(&["Successful", status], "")]).await;
        assert!(found.unwrap().unwrap().refreshing, "{status}");
    }
    let ended = ["Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"];
    let found = group([groups("", ""), refreshes(&ended, "")]).await;
    assert!(!found.unwrap().unwrap().refreshing);
}

#[tokio::test(start_paused = true)]
async fn refreshes_are_looked_for_on_every_page() {
    let script = Script::of([
        groups("", ""),
        refreshes(&["Successful"], "more"),
        refreshes(&["InProgress"], "and-more"),
    ]);
    let found = AutoScaling::new(&script.config().await).group(&name()).await;
    assert!(found.unwrap().unwrap().refreshing);
    assert_eq!(script.requests()[2].form()["NextToken"], "more");
}

#[tokio::test(start_paused = true)]
async fn a_group_of_negative_size_is_unreadable() {
    let reply = query(
        "DescribeAutoScalingGroups",
        "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>
         <MinSize>-1</MinSize><MaxSize>8</MaxSize><DesiredCapacity>4</DesiredCapacity>
         </member></AutoScalingGroups>",
    );
    let error = group([reply, refreshes(&[], "")]).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Lost, "unreadable answer: `MinSize`"));
}

async fn resize(reply: Reply) -> Result<Resize, PortError> {
    AutoScaling::new(&Script::of([reply]).config().await).set_desired(&name(), Capacity(6)).await
}

#[tokio::test(start_paused = true)]
async fn scaling_3_set_desired_is_absolute() {
    let script = Script::of([query("SetDesiredCapacity", "")]);
    let groups = AutoScaling::new(&script.config().await);
    assert_eq!(groups.set_desired(&name(), Capacity(6)).await, Ok(Resize::Set));
    let form = script.only().form();
    assert_eq!(form["Action"], "SetDesiredCapacity");
    assert_eq!((form["AutoScalingGroupName"].as_str(), form["DesiredCapacity"].as_str()), ("web", "6"));
    assert_eq!(form["HonorCooldown"], "false");
}

#[tokio::test(start_paused = true)]
async fn scaling_4_out_of_bounds_is_an_answer() {
    for message in [
        "New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.",
        "New SetDesiredCapacity value 6 is below min value 7 for the AutoScalingGroup.",
    ] {
        let reply = query_error(400, "ValidationError", message);
        assert_eq!(resize(reply).await, Ok(Resize::OutOfBounds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_capacity_that_no_group_can_have_is_not_sent() {
    let script = Script::of([]);
    let resized = AutoScaling::new(&script.config().await).set_desired(&name(), Capacity(u32::MAX)).await;
    assert_eq!((resized, script.requests().len()), (Ok(Resize::OutOfBounds), 0));
}

#[tokio::test(start_paused = true)]
async fn scaling_5_setting_a_missing_group_is_an_answer() {
    assert_eq!(resize(query_error(400, "ValidationError", UNKNOWN)).await, Ok(Resize::NoGroup));
}

#[tokio::test(start_paused = true)]
async fn any_other_refusal_to_resize_is_an_error() {
    let reply = query_error(400, "ValidationError", "1 validation error detected: Value '' at 'x'");
    assert_eq!(resize(reply).await.unwrap_err().kind, ErrorKind::Rejected);
    let reply = query_error(400, "ScalingActivityInProgress", "Scaling activity is in progress");
    assert_eq!(resize(reply).await.unwrap_err().kind, ErrorKind::Busy);
}
