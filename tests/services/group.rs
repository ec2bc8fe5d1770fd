//! Scaling groups: what they refuse, what they do, and what keeps them from it.

use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::autoscaling::{ActivityStatus, Fleet};
use cloud_sim::fault::FaultPlan;
use jiff::SignedDuration;
use ports::{Capacity, GroupName};

use crate::world::{code, minutes, troubled, world};

fn web() -> GroupName {
    "web".parse().unwrap()
}

/// A group with 2 instances, of 1 to so many.
fn with_group(sim: Sim, max: u32) -> Sim {
    sim.cloud(|cloud| cloud.autoscaling.add_group(web(), 2, 1, max));
    sim
}

fn set(sim: &Sim, desired: u32, honor_cooldown: bool) -> Option<&'static str> {
    code(sim, |cloud, context| {
        cloud.autoscaling.set_desired_capacity(&web(), Capacity(desired), honor_cooldown, context)
    })
}

fn fleet<T>(sim: &Sim, look: impl FnOnce(&mut Fleet) -> T) -> T {
    sim.cloud(|cloud| look(cloud.autoscaling.fleet(&web()).unwrap()))
}

fn statuses(sim: &Sim) -> Vec<&'static str> {
    fleet(sim, |fleet| fleet.activities.all().iter().map(|activity| activity.status.as_str()).collect())
}

#[test]
fn above_the_maximum_and_below_the_minimum_is_refused_in_auto_scalings_words() {
    let sim = with_group(world(), 4);
    for (desired, message) in [
        (5, "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup."),
        (0, "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup."),
    ] {
        let error = sim
            .act(|cloud, context| {
                cloud.autoscaling.set_desired_capacity(&web(), Capacity(desired), false, context)
            })
            .unwrap_err();
        assert_eq!((error.code, error.message.as_str()), ("ValidationError", message));
    }
    assert_eq!(fleet(&sim, |fleet| fleet.desired), Capacity(2));
}

#[test]
fn an_unknown_group_or_process_is_a_validation_error() {
    let sim = world();
    assert_eq!(set(&sim, 1, false), Some("ValidationError"));
    let sim = with_group(sim, 4);
    let suspend = |process: &str| sim.cloud(|cloud| cloud.autoscaling.suspend(&web(), &[process], true));
    assert_eq!(suspend("Sleep").unwrap_err().code, "ValidationError");
    assert!(suspend("AZRebalance").is_ok());
}

#[test]
fn who_honours_the_cooldown_waits_for_the_activity_and_five_minutes_more() {
    let sim = with_group(world(), 8);
    assert_eq!(set(&sim, 4, true), None);
    sim.run_for(SignedDuration::from_secs(10));
    assert_eq!(set(&sim, 5, true), Some("ScalingActivityInProgress"));
    minutes(&sim, 1);
    // The instances are there after a minute, and the group rests from then on.
    assert_eq!(fleet(&sim, |fleet| fleet.in_service), 4);
    minutes(&sim, 4);
    assert_eq!(set(&sim, 5, true), Some("ScalingActivityInProgress"));
    assert_eq!(set(&sim, 5, false), None);
    minutes(&sim, 10);
    assert_eq!(set(&sim, 6, true), None);
}

#[test]
fn a_group_with_a_pending_update_may_refuse_another() {
    let sim = with_group(troubled(1, FaultPlan { contention: 1000, ..FaultPlan::default() }), 4);
    assert_eq!(set(&sim, 3, false), Some("ResourceContention"));
    assert_eq!(fleet(&sim, |fleet| fleet.desired), Capacity(2));
}

#[test]
fn every_change_is_an_activity_that_ends() {
    let sim = with_group(world(), 8);
    set(&sim, 4, false);
    sim.run_for(SignedDuration::from_secs(10));
    assert_eq!(statuses(&sim), ["PreInService"]);
    minutes(&sim, 5);
    set(&sim, 1, false);
    minutes(&sim, 5);
    assert_eq!(statuses(&sim), ["Successful", "Successful"]);
    let told = fleet(&sim, |fleet| fleet.activities.all()[1].clone());
    assert_eq!((told.description.as_str(), told.ended_at.is_some()), ("Terminating 3 EC2 instances", true));
}

#[test]
fn a_suspended_process_does_nothing_and_the_capacity_is_accepted_all_the_same() {
    let sim = with_group(world(), 8);
    let suspend = |processes: &[&str], yes| {
        sim.cloud(|cloud| cloud.autoscaling.suspend(&web(), processes, yes)).unwrap();
    };
    suspend(&["Launch", "Terminate"], true);
    assert_eq!(set(&sim, 4, false), None);
    minutes(&sim, 10);
    assert_eq!(fleet(&sim, |fleet| (fleet.in_service, fleet.pending)), (2, 0));
    set(&sim, 1, false);
    minutes(&sim, 10);
    assert_eq!(fleet(&sim, |fleet| fleet.in_service), 2);
    suspend(&[], false);
    set(&sim, 1, false);
    minutes(&sim, 10);
    assert_eq!(fleet(&sim, |fleet| fleet.in_service), 1);
}

#[test]
fn without_capacity_launches_fail_and_after_a_day_auto_scaling_suspends_them_itself() {
    let sim = with_group(world(), 8);
    fleet(&sim, |fleet| fleet.no_capacity = true);
    set(&sim, 4, false);
    sim.run_for(SignedDuration::from_hours(23));
    let latest = fleet(&sim, |fleet| fleet.activities.all().last().unwrap().clone());
    assert_eq!(latest.status, ActivityStatus::Failed);
    assert!(latest.message.unwrap().contains("sufficient capacity"));
    assert!(fleet(&sim, |fleet| fleet.suspended.is_empty()));
    sim.run_for(SignedDuration::from_hours(2));
    assert!(fleet(&sim, |fleet| fleet.suspended.contains("Launch")));
}

#[test]
fn a_launch_that_failed_is_tried_again() {
    let sim = with_group(troubled(1, FaultPlan { failed_launches: 500, ..FaultPlan::default() }), 30);
    for desired in 3..30 {
        set(&sim, desired, false);
        minutes(&sim, 60);
    }
    sim.run_for(SignedDuration::from_hours(10));
    assert!(statuses(&sim).contains(&"Failed"));
    assert_eq!(fleet(&sim, |fleet| fleet.in_service), 29);
}

#[test]
fn while_it_balances_its_zones_a_group_has_more_than_its_maximum() {
    let sim = with_group(world(), 20);
    set(&sim, 20, false);
    minutes(&sim, 10);
    sim.at(sim.now(), Happening::GroupRebalances { group: web() });
    sim.run_for(SignedDuration::from_secs(30));
    assert_eq!(fleet(&sim, |fleet| (fleet.in_service, fleet.max)), (22, Capacity(20)));
    minutes(&sim, 10);
    assert_eq!(fleet(&sim, |fleet| fleet.in_service), 20);
}
