//! Whether a plan follows from the last one that was let pass.

use std::collections::BTreeSet;
use std::ops::Range;

use domain::policy::naming::{HOLD, KEEP_DAYS, KEY};
use domain::policy::retention::{
    Baseline, Cap, Change, Floor, History, Known, Passage, Retention, RetentionSpec, Ruling,
};
use jiff::SignedDuration;
use ports::{SnapshotId, SnapshotState, time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::world::{World, ago, now, ours, removed, rule, spec, specs, worlds};

pub(crate) fn policy(options: &str) -> Retention {
    Retention::new(RetentionSpec { max_remove: Cap::default(), ..spec(options) }).unwrap()
}

/// What a night leaves behind that removes nothing.
pub(crate) fn baseline(world: &World, policy: &Retention, hours_ago: i64) -> Baseline {
    let reading = world.stock().read(policy, None);
    Passage::new(&reading.plan(ago(hours_ago)), &reading).after(&BTreeSet::new())
}

pub(crate) fn judged(world: &World, policy: &Retention, last: &Baseline) -> Ruling {
    let reading = world.stock().read(policy, Some(&last.policy));
    reading.plan(now()).judge(&reading, Some(last))
}

/// So many volumes with a snapshot each hour of so many hours.
fn hourly(volumes: i64, hours: i64) -> World {
    let mut world = World::default();
    for (volume, hour) in (0..volumes).flat_map(|volume| (0..hours).map(move |hour| (volume, hour))) {
        world.snapshots.push(ours(&format!("snap-{volume}x{hour}"), &format!("vol-{volume}"), ago(hour)));
    }
    world
}

#[test]
fn r23_what_time_makes_due_goes_however_much_it_is() {
    // Of 20 volumes a day's 24 each: half of all.
    let (world, policy) = (hourly(20, 48), policy("within 24h"));
    let last = baseline(&world, &policy, 24);
    assert_eq!((last.left, judged(&world, &policy, &last)), (0, Ruling::Go { most: 20 * 23 }));
}

#[test]
fn r23_what_newer_ones_push_out_goes_however_much_it_is() {
    let (world, policy) = (hourly(20, 2), policy("last 1"));
    assert_eq!(judged(&world, &policy, &baseline(&world, &policy, 1)), Ruling::Go { most: 20 });
}

#[test]
fn r23_a_backlog_goes_in_slices_of_the_share_or_the_number() {
    let (world, policy) = (hourly(4, 100), policy("within 1h"));
    let last = baseline(&world, &policy, 0);
    // All but the last quarter of an hour's was due then, and a quarter of the 400 goes.
    assert_eq!(judged(&world, &policy, &last), Ruling::Go { most: 100 });
    let few = hourly(1, 30);
    let last = baseline(&few, &policy, 0);
    assert_eq!(judged(&few, &policy, &last), Ruling::Go { most: 10 });
}

#[test]
fn r23_a_slice_cuts_no_set_in_two() {
    // The last ones are made volume by volume, at the same time.
    for (sizes, apart, most) in [
        (&[3, 3, 3, 3][..], 30, 9),
        (&[10, 5], 30, 10),
        (&[12, 5], 30, 12),
        (&[1; 15], 30, 10),
        (&[6, 6], 1, 12),
    ] {
        let mut world = World::default();
        for (set, size) in (0..).zip(sizes) {
            for volume in 0..*size {
                let at = ago(900 - apart * set - 2 * volume);
                world.snapshots.push(ours(&format!("snap-{set}x{volume}"), &format!("vol-{volume}"), at));
                world.tag(&format!("snap-{set}x{volume}"), KEY, &format!("set-{set}"));
            }
        }
        (0..12).for_each(|volume| {
            world.snapshots.push(ours(&format!("snap-new{volume}"), &format!("vol-{volume}"), ago(3)));
        });
        let policy = policy("within 1d");
        assert_eq!(judged(&world, &policy, &baseline(&world, &policy, 0)), Ruling::Go { most }, "{sizes:?}");
    }
}

#[test]
fn r23_what_came_due_in_more_than_three_days_is_a_backlog() {
    let (world, policy) = (hourly(4, 100), policy("within 10h"));
    let most = |hours| judged(&world, &policy, &baseline(&world, &policy, hours));
    assert_eq!(most(71), Ruling::Go { most: 4 * 71 + 4 * (100 - 11 - 71) });
    assert_eq!(most(73), Ruling::Go { most: 100 });
}

#[test]
fn r23_with_neither_share_nor_number_nothing_goes() {
    let world = hourly(4, 48);
    let none = RetentionSpec { max_remove: Cap { percent: 0, number: 0 }, ..spec("within 24h") };
    let none = Retention::new(none).unwrap();
    assert_eq!(judged(&world, &none, &baseline(&world, &none, 24)), Ruling::Go { most: 0 });
}

#[test]
fn r23_a_policy_that_lets_anything_go_which_the_accepted_one_keeps_is_asked_about() {
    let (world, accepted) = (hourly(4, 48), policy("within 40h"));
    let last = baseline(&world, &accepted, 1);
    for (options, more) in
        [("within 39h", Some(4)), ("within 1h", Some(4 * 39)), ("within 41h", None), ("last 50", None)]
    {
        let more_than = more.unwrap_or_default();
        let change = Change::Policy { accepted: Box::new(accepted.clone()), more: more_than, if_gone: 0 };
        let asks = judged(&world, &policy(options), &last);
        assert_eq!(asks == Ruling::Ask(vec![change]), more.is_some(), "{options}: {asks:?}");
    }
}

#[test]
fn r23_another_limit_alone_is_no_other_policy() {
    let (world, accepted) = (hourly(4, 48), policy("within 24h"));
    let limited = RetentionSpec { max_remove: Cap { percent: 1, number: 1 }, ..spec("within 24h") };
    let last = baseline(&world, &accepted, 1);
    assert!(matches!(judged(&world, &Retention::new(limited).unwrap(), &last), Ruling::Go { .. }));
}

#[test]
fn r23_tags_that_many_lost_are_asked_about_and_those_of_a_few_are_not() {
    let policy = policy("within 24h");
    for (lost, asks) in [(10, false), (11, true)] {
        let mut world = hourly(1, 60);
        let names: Vec<String> = (40..40 + lost).map(|n| format!("snap-0x{n}")).collect();
        for name in &names {
            world.tag(name, KEEP_DAYS, "90");
        }
        let last = baseline(&world, &policy, 1);
        for name in &names {
            world.get(name).tags = ours("snap-0", "vol-1", now()).tags;
        }
        let ask = Ruling::Ask(vec![Change::Tags { more: 11 }]);
        assert_eq!(
            judged(&world, &policy, &last) == ask,
            asks,
            "{lost}: {:?}",
            judged(&world, &policy, &last)
        );
    }
}

#[test]
fn r23_a_hold_that_each_of_many_volumes_loses_is_asked_about() {
    let (mut world, policy) = (hourly(20, 30), policy("within 20h"));
    let names: Vec<String> = (0..20).map(|volume| format!("snap-{volume}x29")).collect();
    for name in &names {
        world.tag(name, HOLD, "true");
    }
    let last = baseline(&world, &policy, 1);
    for name in &names {
        world.tag(name, HOLD, "false");
    }
    assert_eq!(judged(&world, &policy, &last), Ruling::Ask(vec![Change::Tags { more: 20 }]));
}

#[test]
fn r23_others_than_those_that_a_night_left_are_asked_about() {
    let (mut world, policy) = (hourly(1, 60), policy("within 24h"));
    let all = |world: &mut World, range: Range<i64>, value: &str| {
        range.for_each(|hour| world.tag(&format!("snap-0x{hour}"), HOLD, value));
    };
    // Those of 26 to 41 hours are held, and the night leaves the older ones.
    all(&mut world, 24..42, "true");
    let last = baseline(&world, &policy, 1);
    all(&mut world, 24..42, "false");
    all(&mut world, 42..60, "true");
    assert_eq!(judged(&world, &policy, &last), Ruling::Ask(vec![Change::Tags { more: 16 }]));
}

#[test]
fn r23_a_policy_that_keeps_less_is_accepted_by_no_quiet_night() {
    let (world, accepted) = (hourly(4, 20), policy("within 40h"));
    let last = baseline(&world, &accepted, 2);
    let passed = |policy: &Retention| {
        let reading = world.stock().read(policy, None);
        let plan = reading.plan(now());
        Passage::new(&plan, &reading).unasked(Some(&last)).after(&BTreeSet::new()).policy
    };
    assert_eq!(passed(&policy("within 30h")), accepted);
    assert_eq!(passed(&policy("last 100")), accepted);
    assert_eq!(passed(&policy("within 41h last 2")), policy("within 41h last 2"));
}

#[test]
fn r23_those_that_are_missing_are_asked_about() {
    let (mut world, policy) = (hourly(4, 24), policy("within 90d"));
    let last = baseline(&world, &policy, 1);
    world.snapshots.truncate(96 - 24);
    assert!(matches!(judged(&world, &policy, &last), Ruling::Go { .. }));
    world.snapshots.truncate(96 - 26);
    let missing = Change::Missing { missing: 24, of: 88 };
    assert_eq!(judged(&world, &policy, &last), Ruling::Ask(vec![missing]));
}

#[test]
fn r23_without_a_last_plan_the_share_decides() {
    let policy = policy("last 1");
    let first = |world: &World| {
        let reading = world.stock().read(&policy, None);
        reading.plan(now()).judge(&reading, None)
    };
    assert_eq!(first(&World::daily(11)), Ruling::Go { most: 10 });
    assert!(
        matches!(first(&World::daily(12)), Ruling::Ask(changes) if matches!(changes[..], [Change::First(_)]))
    );
}

#[test]
fn r23_what_is_still_being_copied_pushes_nothing_out_of_the_count() {
    // A set of 20 volumes is not completed when the night comes, and is the next time.
    let policy = policy("last 1");
    let mut world = hourly(20, 3);
    let young: Vec<String> = (0..20).map(|n| format!("snap-{n}x1")).collect();
    for name in &young {
        world.get(name).state = SnapshotState::Pending;
    }
    let last = baseline(&world, &policy, 0);
    for name in &young {
        world.get(name).state = SnapshotState::Completed;
    }
    assert_eq!(judged(&world, &policy, &last), Ruling::Go { most: 40 });
}

#[test]
fn r23_a_plan_is_accepted_by_twelve_digits_of_its_hash_and_by_no_fewer() {
    let (world, policy) = (World::daily(20), policy("last 1"));
    let reading = world.stock().read(&policy, None);
    let plan = reading.plan(now());
    let baseline = Passage::new(&plan, &reading).before(0);
    let asked = domain::policy::retention::Asked { hash: plan.hash.clone(), baseline, why: Vec::new() };
    let history = History { accepted: None, asked: Some(asked.clone()) };
    let accepted = History { accepted: Some(asked.baseline), asked: None };
    let digits = plan.hash.as_str();
    for given in [digits, plan.hash.short(), &plan.hash.short().to_uppercase()] {
        assert_eq!(history.accepting(given), Some(accepted.clone()), "{given}");
    }
    for given in [digits.get(..11).unwrap(), "000000000000", ""] {
        assert_eq!(history.accepting(given), None, "{given}");
    }
}

proptest! {
    #[test]
    fn a_policy_that_covers_another_keeps_all_that_it_keeps(
        world in worlds(40),
        frame in specs(),
        (rules, more) in (vec(rule(), 1..4), vec(rule(), 0..4)),
        floor in 0..2_u32,
    ) {
        let by = |rules: &[String], floor: u32| {
            let RetentionSpec { within_from, group_by, owned_by, floor: Floor(least), .. } = frame.clone();
            let floor = Floor(least.saturating_add(floor));
            Retention::new(RetentionSpec { within_from, group_by, owned_by, floor, ..spec(&rules.join(" ")) }).unwrap()
        };
        let (less, more) = (by(&rules, 0), by(&[rules.clone(), more].concat(), floor));
        prop_assert!(more.covers(&more));
        // A rule that is given twice is the last one, which may reach less far.
        if more.covers(&less) {
            let stock = world.stock();
            let more = less.plan(&stock, now()).compare(&more.plan(&stock, now()));
            prop_assert!(more.removes.is_empty(), "{:?}", more.removes);
        }
    }

    /// Whatever part of a plan was carried out, time and nothing else leads to no question.
    #[test]
    fn a_night_after_another_is_never_asked_about(
        mut world in worlds(40),
        options in specs(),
        picks in vec(any::<Index>(), 0..12),
        hours in 1..60_i64,
    ) {
        // As strict as can be.
        let policy = Retention::new(RetentionSpec { max_remove: Cap { percent: 0, number: 0 }, ..options }).unwrap();
        let (last, gone) = {
            let reading = world.stock().read(&policy, None);
            let plan = reading.plan(ago(hours));
            let due: Vec<&SnapshotId> = plan.removed().map(|verdict| &verdict.id).collect();
            let some = picks.iter().filter(|_| !due.is_empty());
            let gone: BTreeSet<SnapshotId> = some.map(|pick| (*pick.get(&due)).clone()).collect();
            (Passage::new(&plan, &reading).after(&gone), gone)
        };
        world = world.without(&gone);
        let ruling = judged(&world, &policy, &last);
        prop_assert!(matches!(ruling, Ruling::Go { .. }), "{:?}", ruling);
        prop_assert!(last.at <= time::earlier(ago(hours), SignedDuration::from_mins(15)));
    }

    #[test]
    fn what_is_due_at_an_instant_is_what_a_plan_for_it_removes(
        world in worlds(40),
        options in specs(),
        hours in -60..60_i64,
    ) {
        let reading = world.stock().read(&Retention::new(options).unwrap(), None);
        let removed = reading.plan(ago(hours)).removed().count();
        prop_assert_eq!(reading.due(ago(hours)).count(), u64::try_from(removed).unwrap());
    }

    /// However differently the two read tags.
    #[test]
    fn what_the_accepted_policy_keeps_is_known_of_the_same_reading(
        world in worlds(40),
        (accepted, other) in (specs(), specs()),
    ) {
        let [accepted, other] = [accepted, other].map(|options| Retention::new(options).unwrap());
        let goes = |policy: &Retention| removed(&policy.plan(&world.stock(), now()));
        // It is judged as if every volume was gone.
        let at_most = |policy: &Retention| removed(&world.stock().read(policy, None).plan_if_gone(now()));
        let beyond = |goes: BTreeSet<SnapshotId>| {
            u64::try_from(goes.difference(&at_most(&accepted)).count()).unwrap()
        };
        let (more, known) = (beyond(at_most(&other)), beyond(goes(&other)));
        let last = Baseline { policy: accepted.clone(), at: ago(1), ours: 0, left: u64::MAX, known: Known::default() };
        let asked = match judged(&world, &other, &last) {
            Ruling::Ask(changes) => changes,
            Ruling::Go { .. } => Vec::new(),
        };
        let change = Change::Policy { accepted: Box::new(accepted), more, if_gone: more - known };
        prop_assert_eq!(asked.contains(&change), 0 < more, "{} more: {:?}", more, asked);
    }
}
