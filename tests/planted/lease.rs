//! Bugs of doing a night's work once, and of writing down what came of it.

use cloud_sim::Scenario;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::{Happening, Place};
use cloud_sim::fault::{Fault, FaultPlan, Pick, Rule};
use cloud_sim::kernel::Handler;
use cloud_sim::payload;
use domain::policy::key;
use jiff::SignedDuration;
use ports::{Clock, Ledger, LedgerEntry, Snapshots, Swap, time};
use serde_json::json;
use simulation::rule::{InTime, NIGHT, NoFalseAlarm};
use simulation::stack::FunctionName::NightlyMaintenance;
use simulation::story::story;

use crate::hunt::{Planted, Search, rule};
use crate::part::{archive, at_night, claim, expired, ours, report};
use crate::world::{nights, snapshot};

const NIGHT_OVER: SignedDuration = SignedDuration::from_hours(1);

/// Claims the night for as long as the function may run.
fn claims_until_the_deadline() -> Handler {
    at_night(|ports, night| async move {
        let key = key::night("run", night)?;
        let stored = ports.get(&key).await?;
        if stored.as_ref().is_some_and(|stored| ports.now() < stored.entry.keep_until) {
            return Err("another run is at it".into());
        }
        let keep_until = time::later(ports.now(), SignedDuration::from_mins(15));
        let entry = LedgerEntry { state: "claimed".to_owned(), open: false, keep_until };
        let Swap::Won(_) = ports.swap(&key, stored.map(|stored| stored.version), &entry).await? else {
            return Err("another run is at it".into());
        };
        archive(&ports, night).await?;
        report(&ports, night).await
    })
}

/// Fails when another run is at the night, as other effects do.
fn fails_beside_another() -> Handler {
    at_night(|ports, night| async move {
        if !claim(&ports, &key::night("run", night)?, "claimed", SignedDuration::from_mins(15)).await? {
            return Err("another run is at it".into());
        }
        ports.sleep(SignedDuration::from_mins(10)).await;
        archive(&ports, night).await?;
        report(&ports, night).await
    })
}

/// Writes down each deletion that failed.
fn records_every_failure() -> Handler {
    at_night(|ports, night| async move {
        let mut failed = Vec::new();
        for id in expired(&ours(&ports).await?, ports.now()) {
            if let Err(error) = ports.delete(&id).await {
                failed.push(json!({ "snapshot": id, "error": error.to_string() }));
            }
        }
        let state = json!({ "failed": failed }).to_string();
        claim(&ports, &key::night("cleanup", night)?, &state, SignedDuration::from_hours(720)).await?;
        archive(&ports, night).await?;
        report(&ports, night).await
    })
}

fn one_crash() -> Planted {
    Planted {
        bug: "a lease as long as the function may run",
        story: story(NightlyMaintenance, 1, 1),
        wrong: (NightlyMaintenance, claims_until_the_deadline()),
        search: Search::Every { preemptions: 0 },
        caught_by: rule(&InTime::within(NIGHT_OVER)),
        budget: 20,
    }
}

/// So many snapshots that go, and a night that is due for them.
fn large(snapshots: u32) -> Scenario {
    nights(1).cloud(move |cloud| {
        (0..snapshots).for_each(|n| cloud.snapshots.put(snapshot(n, "vol-0a", 40)));
        cloud.snapshots.put(snapshot(snapshots, "vol-0a", 1));
    })
}

fn false_alarm() -> Planted {
    let due = "2026-11-24T02:00:00Z".parse().unwrap();
    let again = payload::scheduled(&Place::default(), "e-2", NIGHT, due).into_bytes();
    let delivery = Delivery { function: NightlyMaintenance.as_str().to_owned(), payload: again };
    Planted {
        bug: "a duplicate of a long night fails",
        story: large(2000)
            .expects(NoFalseAlarm::default)
            .happens(SignedDuration::from_mins(62), Happening::Deliver(delivery)),
        wrong: (NightlyMaintenance, fails_beside_another()),
        search: Search::Boring,
        caught_by: rule(&NoFalseAlarm::default()),
        budget: 1,
    }
}

fn too_long_for_an_item() -> Planted {
    let denied = Rule::on("DeleteSnapshot", Fault::Denied, Pick::Every);
    let story = large(3000).expects(|| InTime::within(NIGHT_OVER));
    Planted {
        bug: "every failed deletion in one item",
        story: story.faults(FaultPlan { rules: vec![denied], ..FaultPlan::default() }),
        wrong: (NightlyMaintenance, records_every_failure()),
        search: Search::Boring,
        caught_by: rule(&InTime::within(NIGHT_OVER)),
        budget: 1,
    }
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![one_crash(), false_alarm(), too_long_for_an_item()]
}

#[test]
fn a_lease_as_long_as_the_function_may_run_is_caught() {
    one_crash().check();
}

#[test]
fn a_duplicate_of_a_long_night_that_fails_is_caught() {
    false_alarm().check();
}

#[test]
fn every_failed_deletion_in_one_item_is_caught() {
    too_long_for_an_item().check();
}
