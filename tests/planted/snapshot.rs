//! Bugs of snapshotting an instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloud_sim::cloud::Happening;
use cloud_sim::fault::{DeliveryFaults, FaultPlan};
use cloud_sim::kernel::Handler;
use domain::policy::incident::Incidents;
use domain::policy::naming::KEY;
use jiff::SignedDuration;
use ports::{Inventory, Snapshots, time};
use simulation::rule::{After, OneSet, Protected, Surplus, Unexpected};
use simulation::stack::FunctionName::{AutoSnapshot, NightlyMaintenance};
use simulation::stack::RECONCILE;
use simulation::story::{Name, story};

use crate::hunt::{Planted, Search, rule};
use crate::part::{Change, all, handler, ours, protect, skipped, tell};
use crate::world::{instance, stops, with_instance};

/// Takes a set at every event that says that an instance stops.
fn fires_at_each() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        if !["stopping", "stopped"].contains(&change.state.as_str()) {
            return Ok(skipped("another state"));
        }
        protect(&ports, &change).await
    })
}

/// Looks whether a set of this incident is there, and takes one if not.
pub(crate) fn checks_then_creates() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        let recent = time::earlier(change.at, Incidents::WINDOW);
        let there = all(&ports, ("InstanceId", change.instance.as_str())).await?;
        if !there.iter().any(|snapshot| recent <= snapshot.started_at) {
            return protect(&ports, &change).await;
        }
        tell(&ports, "[Auto-Snapshot]", &change.key()?).await?;
        Ok(skipped("it has a set"))
    })
}

/// Takes a set of what did not stop by itself: whatever has a reason, it thinks, has failed.
fn takes_any_reason_for_a_failure() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        let found = ports.instance(&change.instance).await?;
        if change.state != "stopped" || found.is_none_or(|found| found.state_reason.is_none()) {
            return Ok(skipped("no failure"));
        }
        protect(&ports, &change).await
    })
}

/// Takes a set when it is told that an instance is `rebooting`, which is no state that EC2 has.
fn waits_for_a_state_of_rebooting() -> Handler {
    handler(|invocation, ports| async move {
        match Change::read(&invocation) {
            Ok(change) if change.state == "rebooting" => protect(&ports, &change).await,
            _ => Ok(skipped("no reboot")),
        }
    })
}

/// Takes a set when it is told that an instance stopped, and lets that be enough: neither what it was not told nor what became of
/// the set is ever looked at.
fn takes_and_forgets() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        if change.state == "stopped" { protect(&ports, &change).await } else { Ok(skipped("another state")) }
    })
}

/// Takes all but the oldest snapshot of one volume and one incident for too many. All copies name one volume.
fn takes_copies_for_too_many() -> Handler {
    handler(|invocation, ports| async move {
        if invocation.payload != RECONCILE.as_bytes() {
            return Ok(skipped("no time to reconcile"));
        }
        let mut found = ours(&ports).await?;
        found.sort_by_key(|snapshot| snapshot.started_at);
        let mut seen = BTreeSet::new();
        for snapshot in found {
            if !seen.insert((snapshot.tags.get(KEY).map(str::to_owned), snapshot.volume)) {
                ports.delete(&snapshot.id).await?;
            }
        }
        Ok(skipped("done"))
    })
}

pub(crate) fn copies_taken_for_surplus() -> Planted {
    let of_the_set = ["snap-00000000000000001", "snap-00000000000000002"];
    let snapshots = of_the_set.map(|id| id.parse().unwrap()).to_vec();
    Planted {
        bug: "takes copied snapshots for surplus",
        story: with_instance(&[])
            .happens(SignedDuration::from_mins(5), stops("Server.InternalError"))
            .happens(SignedDuration::from_hours(1), Happening::CopySnapshots { snapshots }),
        wrong: (NightlyMaintenance, takes_copies_for_too_many()),
        search: Search::Boring,
        caught_by: rule(&Surplus::default()),
        budget: 1,
    }
}

pub(crate) fn fires_on_stopping_and_stopped() -> Planted {
    Planted {
        bug: "fires on `stopping` and `stopped`",
        story: story(AutoSnapshot, 2, 0),
        wrong: (AutoSnapshot, fires_at_each()),
        search: Search::Boring,
        caught_by: rule(&OneSet::default()),
        budget: 1,
    }
}

pub(crate) fn check_then_create() -> Planted {
    Planted {
        bug: "check-then-create",
        story: story(AutoSnapshot, 2, 0),
        wrong: (AutoSnapshot, checks_then_creates()),
        search: Search::Every { preemptions: 1 },
        caught_by: rule(&OneSet::default()),
        budget: 20,
    }
}

/// The same handler: whatever it finds within a quarter of an hour it takes for its own.
pub(crate) fn an_incident_is_a_window() -> Planted {
    Planted {
        bug: "takes an incident for a window of time",
        story: story(Name::AutoSnapshotAgain, 1, 0),
        wrong: (AutoSnapshot, checks_then_creates()),
        search: Search::Boring,
        caught_by: rule(&Protected::default()),
        budget: 1,
    }
}

/// Whatever it finds no more within a quarter of an hour it takes for another's.
pub(crate) fn a_slow_stop_is_two_incidents() -> Planted {
    Planted {
        bug: "takes a slow stop for two incidents",
        story: with_instance(&[])
            .happens(SignedDuration::from_mins(5), stops("Server.InternalError"))
            .faults(FaultPlan { slow_stops: 1000, ..FaultPlan::default() }),
        wrong: (AutoSnapshot, checks_then_creates()),
        search: Search::Boring,
        caught_by: rule(&OneSet::default()),
        budget: 1,
    }
}

pub(crate) fn user_stop_taken_for_a_failure() -> Planted {
    Planted {
        bug: "user stop taken for a failure",
        story: with_instance(&[("SNAPSHOT_ON", "unexpected")])
            .happens(SignedDuration::from_mins(5), stops("Client.UserInitiatedShutdown"))
            .expects(|| Protected::after(After::UnexpectedStop))
            .expects(Unexpected::default),
        wrong: (AutoSnapshot, takes_any_reason_for_a_failure()),
        search: Search::Boring,
        caught_by: rule(&Unexpected::default()),
        budget: 1,
    }
}

pub(crate) fn expects_a_reboot_event() -> Planted {
    Planted {
        bug: "expects a reboot event",
        story: with_instance(&[])
            .happens(SignedDuration::from_mins(5), Happening::Reboot { instance: instance() })
            .expects(|| Protected::after(After::Reboot)),
        wrong: (AutoSnapshot, waits_for_a_state_of_rebooting()),
        search: Search::Boring,
        caught_by: rule(&Protected::after(After::Reboot)),
        budget: 1,
    }
}

pub(crate) fn relies_on_an_event_that_was_lost() -> Planted {
    let delivery = DeliveryFaults { lost: 1000, ..DeliveryFaults::default() };
    Planted {
        bug: "relies on an EC2 event that was lost",
        story: with_instance(&[])
            .happens(SignedDuration::from_mins(5), stops("Server.InternalError"))
            .faults(FaultPlan { delivery, ..FaultPlan::default() }),
        wrong: (AutoSnapshot, takes_and_forgets()),
        search: Search::Boring,
        caught_by: rule(&Protected::default()),
        budget: 1,
    }
}

pub(crate) fn begun_snapshot_counts_as_a_backup() -> Planted {
    Planted {
        bug: "counts failed snapshots as backups (as they are taken)",
        story: with_instance(&[])
            .happens(SignedDuration::from_mins(5), stops("Server.InternalError"))
            .faults(FaultPlan { failed_snapshots: 300, ..FaultPlan::default() }),
        wrong: (AutoSnapshot, takes_and_forgets()),
        search: Search::Seeds(10),
        caught_by: rule(&Protected::default()),
        budget: 10,
    }
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![
        fires_on_stopping_and_stopped(),
        check_then_create(),
        an_incident_is_a_window(),
        a_slow_stop_is_two_incidents(),
        user_stop_taken_for_a_failure(),
        expects_a_reboot_event(),
        relies_on_an_event_that_was_lost(),
        begun_snapshot_counts_as_a_backup(),
        copies_taken_for_surplus(),
    ]
}

#[test]
fn firing_on_stopping_and_stopped_is_caught() {
    fires_on_stopping_and_stopped().check();
}

#[test]
fn checking_then_creating_is_caught() {
    check_then_create().check();
}

#[test]
fn checking_then_creating_is_caught_where_faults_are_allowed_too() {
    Planted { story: story(AutoSnapshot, 2, 1), budget: 20, ..check_then_create() }.caught();
}

#[test]
fn checking_then_creating_is_caught_by_priorities() {
    Planted { search: Search::Pct { seeds: 20, depth: 2 }, ..check_then_create() }.check();
}

#[test]
fn taking_an_incident_for_a_window_of_time_is_caught() {
    an_incident_is_a_window().check();
}

#[test]
fn taking_a_slow_stop_for_two_incidents_is_caught() {
    a_slow_stop_is_two_incidents().check();
}

#[test]
fn taking_a_users_stop_for_a_failure_is_caught() {
    user_stop_taken_for_a_failure().check();
}

#[test]
fn expecting_a_reboot_event_is_caught() {
    expects_a_reboot_event().check();
}

#[test]
fn a_reboot_is_told_as_a_call_and_not_as_a_state() {
    let echo = handler(|invocation, _| async move { Ok(serde_json::from_slice(&invocation.payload)?) });
    let story = expects_a_reboot_event().story.lasts(SignedDuration::from_mins(10));
    let run = story.set_up(move |sim| sim.install(AutoSnapshot.as_str(), Arc::clone(&echo))).seed(1);
    assert_eq!(run.sim.watch(|watch| watch.counts().invocations), 1);
    let event = run.sim.cloud(|cloud| cloud.lambda.answers[AutoSnapshot.as_str()].clone().unwrap());
    assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(event["detail"]["eventName"], "RebootInstances");
    let items = &event["detail"]["requestParameters"]["instancesSet"]["items"];
    assert_eq!(items[0]["instanceId"], instance().as_str());
}

#[test]
fn relying_on_an_event_that_was_lost_is_caught() {
    relies_on_an_event_that_was_lost().check();
}

#[test]
fn counting_a_snapshot_that_fails_later_as_a_backup_is_caught() {
    begun_snapshot_counts_as_a_backup().check();
}

#[test]
fn taking_copies_for_surplus_is_caught() {
    copies_taken_for_surplus().check();
}
