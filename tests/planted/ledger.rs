//! Bugs of making something happen once.

use adapters_sim::Names;
use cloud_sim::Scenario;
use cloud_sim::cloud::Happening;
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::kernel::Handler;
use domain::policy::naming::KEY;
use jiff::SignedDuration;
use ports::{Clock, Ledger, LedgerEntry, Swap, time};
use simulation::rule::{OneSet, Protected};
use simulation::stack::FunctionName::AutoSnapshot;
use simulation::story::story;

use crate::hunt::{Planted, Search, rule};
use crate::part::{Change, all, claim, handler, protect, skipped, tell};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Claims an incident for good, and leaves it to whoever has claimed it.
fn claims_for_good() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        if claim(&ports, &change.key()?, "claimed", LEASE).await? {
            protect(&ports, &change).await
        } else {
            Ok(skipped("another run is at it"))
        }
    })
}

/// Claims an incident for a minute. When it is claimed already, waits a minute for the table to forget the claim of a run that died,
/// and takes one that is still there for that of a run that lives.
fn trusts_the_table_to_forget() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        let key = change.key()?;
        if !claim(&ports, &key, "claimed", LEASE).await? {
            ports.sleep(LEASE + SignedDuration::from_secs(1)).await;
            if !claim(&ports, &key, "claimed", LEASE).await? {
                return Ok(skipped("another run is at it"));
            }
        }
        if all(&ports, (KEY, key.as_str())).await?.is_empty() {
            return protect(&ports, &change).await;
        }
        tell(&ports, "[Auto-Snapshot]", &key).await?;
        Ok(skipped("it has a set"))
    })
}

/// Takes over what a run that died had claimed, once its lease is over, when no set is to be seen: but a request of that run may still
/// be on its way.
fn takes_over_at_once() -> Handler {
    handler(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        let key = change.key()?;
        let stored = ports.get(&key).await?;
        if stored.as_ref().is_some_and(|stored| ports.now() < stored.entry.keep_until) {
            return Err("another run is at it".into());
        }
        let keep_until = time::later(ports.now(), LEASE / 2);
        let entry = LedgerEntry { state: "claimed".to_owned(), open: false, keep_until };
        let Swap::Won(_) = ports.swap(&key, stored.map(|stored| stored.version), &entry).await? else {
            return Err("another run is at it".into());
        };
        if all(&ports, (KEY, key.as_str())).await?.is_empty() {
            return protect(&ports, &change).await;
        }
        tell(&ports, "[Auto-Snapshot]", &key).await?;
        Ok(skipped("it has a set"))
    })
}

pub(crate) fn claim_without_takeover() -> Planted {
    Planted {
        bug: "claim without takeover",
        story: story(AutoSnapshot, 1, 1),
        wrong: (AutoSnapshot, claims_for_good()),
        search: Search::Every { preemptions: 0 },
        caught_by: rule(&Protected::default()),
        budget: 50,
    }
}

/// The story of an incident in a cloud whose table forgets at these times.
fn forgetting(scenario: Scenario, at: impl Iterator<Item = SignedDuration>) -> Scenario {
    let expire = Happening::Expire { table: Names::default().ledger, attribute: "keep_until".to_owned() };
    at.fold(scenario, |scenario, at| scenario.happens(at, expire.clone()))
}

pub(crate) fn lease_judged_by_table_expiry() -> Planted {
    Planted {
        bug: "lease judged by table expiry",
        story: forgetting(story(AutoSnapshot, 1, 1), [SignedDuration::from_mins(80)].into_iter()),
        wrong: (AutoSnapshot, trusts_the_table_to_forget()),
        search: Search::Every { preemptions: 0 },
        caught_by: rule(&Protected::default()),
        budget: 50,
    }
}

pub(crate) fn late_write_after_takeover() -> Planted {
    Planted {
        bug: "late write after takeover",
        story: story(AutoSnapshot, 1, 1),
        wrong: (AutoSnapshot, takes_over_at_once()),
        search: Search::Every { preemptions: 0 },
        caught_by: rule(&OneSet::default()),
        budget: 50,
    }
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![claim_without_takeover(), lease_judged_by_table_expiry(), late_write_after_takeover()]
}

#[test]
fn claiming_without_takeover_is_caught() {
    claim_without_takeover().check();
}

#[test]
fn judging_a_lease_by_the_tables_expiry_is_caught() {
    lease_judged_by_table_expiry().check();
}

#[test]
fn a_table_that_forgets_at_once_would_hide_it() {
    let every_second = (0..600).map(SignedDuration::from_secs);
    let crashes = FaultPlan::choices(vec![Fault::CrashBefore], 1);
    let kind = Planted {
        story: forgetting(story(AutoSnapshot, 1, 1).faults(crashes), every_second),
        ..lease_judged_by_table_expiry()
    };
    let hunted = kind.search.run(&kind.planted(), None);
    assert!(hunted.found.is_none(), "{hunted:?}");
}

#[test]
fn a_late_write_after_takeover_is_caught() {
    late_write_after_takeover().check();
}
