//! The floor of volumes that are gone.

use domain::policy::naming::{HOLD, KEEP_DAYS};
use domain::policy::retention::{Change, Retention, RetentionSpec, Ruling};
use ports::{SnapshotState, UsedBy, VolumeId};
use proptest::prelude::*;

use super::ruling::{baseline, judged, policy};
use super::world::{World, ago, id, kept, now, ours, reasons, removed, spec, specs, worlds};

const DAY: i64 = 24;

fn volume(text: &str) -> VolumeId {
    text.parse().unwrap()
}

/// So many volumes with one snapshot each, so many days old.
fn dead(volumes: usize, days: i64) -> World {
    let of = |n| ours(&format!("snap-{n:03}"), &format!("vol-{n:03}"), ago(DAY * days));
    World { snapshots: (0..volumes).map(of).collect(), ..World::default() }
}

fn proven(mut world: World, hours_ago: i64) -> World {
    let volumes = world.snapshots.iter().map(|snapshot| snapshot.volume.clone());
    world.gone = volumes.map(|volume| (volume, ago(hours_ago))).collect();
    world
}

#[test]
fn r7_of_a_volume_that_is_gone_nothing_stays_once_its_last_is_old() {
    let world = proven(dead(2, 31), 0);
    let plan = world.plan(&spec("within 7d dead 30"));
    assert_eq!(removed(&plan).len(), 2);
    assert_eq!(
        (plan.dead_volumes.len(), &plan.gone_volumes[..]),
        (0, &[volume("vol-000"), volume("vol-001")][..])
    );
    assert_eq!(plan.doubtful_volumes[&volume("vol-000")], ago(31 * DAY));
    // Younger, without the setting, or as long as nobody knows: the floor keeps it.
    for (world, options) in [
        (proven(dead(2, 30), 0), "within 7d dead 30"),
        (proven(dead(2, 31), 0), "within 7d"),
        (proven(dead(2, 31), -1), "within 7d dead 30"),
        (dead(2, 31), "within 7d dead 30"),
    ] {
        let plan = world.plan(&spec(options));
        assert_eq!((removed(&plan).len(), plan.gone_volumes.len()), (0, 0), "{options}");
        assert_eq!((plan.dead_volumes.len(), plan.floor_only_gib()), (2, 16));
    }
}

#[test]
fn r7_what_else_keeps_a_snapshot_keeps_that_of_a_gone_volume() {
    let mut world = dead(7, 31);
    world.tag("snap-000", HOLD, "");
    world.tag("snap-001", KEEP_DAYS, "40");
    world.in_use.insert(id("snap-002"), UsedBy::Image("ami-1".parse().unwrap()));
    world.locked.insert(id("snap-003"), None);
    world.shared_in.insert(id("snap-004"));
    world.tag("snap-005", "gold", "");
    let world = proven(world, 0);
    let plan = world.plan(&spec("within 7d tag gold dead 30"));
    assert_eq!(removed(&plan), [id("snap-006")].into());
    // Nobody has to ask about the others.
    assert_eq!(plan.doubtful_volumes.into_keys().collect::<Vec<_>>(), [volume("vol-006")]);
}

#[test]
fn r7_a_younger_snapshot_of_any_kind_says_that_a_volume_was_there() {
    for state in [SnapshotState::Error, SnapshotState::Pending, SnapshotState::Completed] {
        let mut world = dead(1, 31);
        world.snapshots.push(ours("snap-young", "vol-000", ago(DAY * 29)));
        world.get("snap-young").state = state;
        let plan = proven(world, 0).plan(&spec("last 1 dead 30"));
        assert_eq!(plan.doubtful_volumes.len(), 0, "{state:?}");
        assert!(state == SnapshotState::Completed || reasons(&plan, "snap-000").contains("floor"));
    }
}

#[test]
fn r7_a_copy_is_never_taken_for_one_of_a_volume_that_is_gone() {
    let mut world = dead(3, 31);
    world.snapshots.iter_mut().for_each(|s| s.volume = volume("vol-ffffffff"));
    let plan = proven(world, 0).plan(&spec("within 7d dead 30"));
    assert_eq!((removed(&plan).len(), plan.doubtful_volumes.len()), (0, 0));
}

#[test]
fn r23_to_let_go_of_dead_volumes_is_asked_about_before_any_is_known_to_be_gone() {
    let (world, before, after) = (dead(3, 31), policy("within 7d"), policy("within 7d dead 30"));
    let last = baseline(&world, &before, DAY);
    let change = |more| Change::Policy { accepted: Box::new(before.clone()), more, if_gone: more };
    assert_eq!(judged(&world, &after, &last), Ruling::Ask(vec![change(3)]));
    // Nothing that it could be about is there yet.
    assert_eq!(judged(&dead(3, 30), &after, &last), Ruling::Go { most: 0 });
    // Without an earlier night the share of what may be gone decides.
    let first = |world: &World| {
        let reading = world.stock().read(&after, None);
        reading.plan(now()).judge(&reading, None)
    };
    let asked = first(&dead(11, 31));
    assert!(matches!(&asked, Ruling::Ask(why) if matches!(why[..], [Change::First(_)])), "{asked:?}");
    assert_eq!(first(&dead(10, 31)), Ruling::Go { most: 0 });
}

#[test]
fn r23_volumes_that_turn_out_to_be_gone_are_no_change_and_go_in_slices() {
    let policy = policy("within 7d dead 30");
    let (before, world) = (dead(60, 40), proven(dead(60, 40), 0));
    let last = baseline(&before, &policy, DAY);
    assert_eq!(removed(&policy.plan(&world.stock(), now())).len(), 60);
    assert_eq!(judged(&world, &policy, &last), Ruling::Go { most: 15 });
    // A night later, when it is known for a day, still.
    assert_eq!(judged(&world, &policy, &baseline(&world, &policy, 0)), Ruling::Go { most: 15 });
}

#[test]
fn r23_volumes_that_age_and_are_gone_already_go_as_time_passes() {
    let (world, policy) = (proven(dead(60, 31), 30), policy("within 7d dead 30"));
    // The night before last they were not old enough.
    assert_eq!(judged(&world, &policy, &baseline(&world, &policy, 2 * DAY)), Ruling::Go { most: 60 });
}

proptest! {
    /// The setting is without effect until something is known to be gone, and with everything gone it frees no more than no
    /// floor at all.
    #[test]
    fn what_nobody_proved_gone_keeps_its_floor(world in worlds(40), spec in specs()) {
        let without = RetentionSpec { keep_dead_days: None, ..spec.clone() };
        let unproven = World { gone: [].into(), ..world.clone() };
        prop_assert_eq!(kept(&unproven.plan(&spec)), kept(&unproven.plan(&without)));
        let all = world.stock().read(&Retention::new(spec.clone()).unwrap(), None).plan_if_gone(now());
        let no_floor = RetentionSpec { floor: domain::policy::retention::Floor(0), ..without };
        prop_assert!(removed(&all).is_subset(&removed(&world.plan(&no_floor))));
        prop_assert!(all.removed().all(|verdict| verdict.volume.as_str() != "vol-ffffffff"
            || removed(&unproven.plan(all.policy.spec())).contains(&verdict.id)));
    }
}
