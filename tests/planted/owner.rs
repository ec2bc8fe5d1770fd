//! Two stacks in one region: what catches it when they are taken for one owner.

use cloud_sim::cloud::Happening;
use cloud_sim::fault::Level;
use cloud_sim::kernel::{Seeded, Trace};
use cloud_sim::{Sim, view};
use jiff::SignedDuration;
use ports::{SnapshotId, StateReason};
use simulation::month::{Month, Size};
use simulation::rule::{Apart, Stacks};
use simulation::stack::{NAME, Stack, settings_of, usual_settings};
use support::scene::tags;

use crate::world::begin;

/// Two stacks with these owners' names, an instance that stops, and a day on which both reconcile.
fn two_stacks(owner: &str) -> (Sim, Vec<String>) {
    let sim = Sim::with(begin(), Box::new(Seeded::new(1)), Trace::kept());
    Stack::new(&usual_settings()).unwrap().deploy(&sim);
    let mut settings = settings_of("second");
    settings.insert("OWNER".to_owned(), owner.to_owned());
    Stack::named("second", &settings).unwrap().deploy(&sim);
    sim.expect(Apart::new(&Stacks::new(["second-".to_owned()])));
    let instance = sim.cloud(|cloud| {
        cloud.ec2.add_instance(tags([("Name", "web-1"), ("AutoSnapshot", "true")]), 1, begin())
    });
    let code = "Server.InternalError".to_owned();
    let reason = StateReason { message: code.clone(), code };
    sim.at(begin(), Happening::Stop { instance, reason });
    sim.run_for(SignedDuration::from_hours(24));
    let broken = sim.at_rest().into_iter().map(|violation| violation.invariant.to_owned()).collect();
    (sim, broken)
}

fn left(sim: &Sim) -> Vec<SnapshotId> {
    sim.cloud(|cloud| cloud.snapshots.all().map(|snapshot| snapshot.id.clone()).collect())
}

/// The bug: a tag that both write says whose a snapshot is. Each takes the other's set for a second
/// one of its own.
#[test]
fn ownership_by_a_tag_that_two_stacks_share_is_caught() {
    let (sim, broken) = two_stacks(NAME);
    assert!(broken.contains(&"no stack removes or adopts another's snapshots".to_owned()), "{broken:?}");
    assert!(left(&sim).len() < 4, "{}", view::timeline(&sim.trace()));
}

#[test]
fn two_stacks_take_a_set_each_and_keep_them() {
    let (sim, broken) = two_stacks("second");
    assert_eq!(broken, [""; 0]);
    assert_eq!(left(&sim).len(), 4, "{}", view::timeline(&sim.trace()));
}

#[test]
fn two_stacks_live_through_hostile_days_in_one_region() {
    for seed in 1..=15 {
        let size = Size { days: 1, instances: 8, stacks: 2, seed };
        let story = Month { size, faults: Level::Hostile }.live().unwrap().story;
        assert_eq!(story.violations, [], "seed {seed}");
    }
}
