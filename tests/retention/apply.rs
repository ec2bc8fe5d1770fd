//! Plans after they were made: refused, compared, checked against the world.

use domain::policy::pace::{Pace, Rate};
use domain::policy::retention::{Cap, Mismatch, RetentionPlan, RetentionSpec};
use jiff::{SignedDuration, Timestamp};

use super::world::{World, ago, id, ours, removed, spec};

fn capped(percent: u32, number: u32) -> RetentionSpec {
    RetentionSpec { max_remove: Cap { percent, number }, ..spec("last 1") }
}

#[test]
fn r23_a_plan_is_refused_beyond_share_and_number() {
    // 19 of 20 would go.
    let world = World::daily(20);
    let refused = |spec: &RetentionSpec| world.plan(spec).refused.is_some();
    assert!(refused(&capped(25, 10)) && refused(&capped(94, 18)) && refused(&capped(0, 0)));
    assert!(!refused(&capped(95, 18)) && !refused(&capped(94, 19)) && !refused(&capped(100, 0)));
}

#[test]
fn r23_the_share_is_of_what_is_ours() {
    let mut world = World::daily(20);
    for n in 0..100 {
        let mut theirs = ours(&format!("snap-t{n}"), "vol-1", ago(n));
        theirs.tags.insert("CreatedBy", "somebody");
        world.snapshots.push(theirs);
    }
    let refusal = world.plan(&capped(25, 10)).refused.unwrap();
    assert_eq!(refusal.to_string(), "it would remove 19 of 20 snapshots: more than 25 % and more than 10");
}

#[test]
fn what_another_policy_would_do_is_told_oldest_first() {
    let world = World::daily(6);
    let (short, long) = (world.plan(&spec("last 2")), world.plan(&spec("last 4")));
    let told = |list: &[domain::policy::retention::SnapshotVerdict]| {
        list.iter().map(|v| v.id.to_string()).collect::<Vec<_>>()
    };
    let comparison = short.compare(&long);
    assert_eq!(
        (told(&comparison.removes), told(&comparison.keeps)),
        (vec![], vec!["snap-3".to_owned(), "snap-2".to_owned()])
    );
    let comparison = long.compare(&short);
    assert_eq!(
        (told(&comparison.removes), told(&comparison.keeps)),
        (vec!["snap-3".to_owned(), "snap-2".to_owned()], vec![])
    );
}

#[test]
fn what_goes_is_removed_oldest_first() {
    let plan = World::daily(4).plan(&spec("last 1"));
    let order: Vec<&str> = plan.in_order_of_removal().iter().map(|verdict| verdict.id.as_str()).collect();
    assert_eq!(order, ["snap-3", "snap-2", "snap-1"]);
}

#[test]
fn a_group_lists_the_newest_first_and_of_one_moment_by_id() {
    let mut world = World::daily(3);
    world.snapshots.push(ours("snap-00", "vol-1", ago(0)));
    let plan = world.plan(&spec("within 9d"));
    let order: Vec<&str> = plan.kept().map(|verdict| verdict.id.as_str()).collect();
    assert_eq!(order, ["snap-0", "snap-00", "snap-1", "snap-2"]);
}

/// The plan made before, as it comes back from a file.
fn from_file(plan: &RetentionPlan) -> RetentionPlan {
    serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap()
}

#[test]
fn a_plan_from_a_file_fits_the_world_it_was_made_for() {
    let plan = World::daily(4).plan(&spec("last 1"));
    assert_eq!(from_file(&plan), plan);
    assert_eq!(from_file(&plan).check(&plan), Ok(()));
}

#[test]
fn a_world_that_has_changed_makes_a_plan_stale() {
    let options = spec("last 1");
    let before = World::daily(4);
    let plan = from_file(&before.plan(&options));
    let mut held = before.clone();
    held.tag("snap-2", "caretaker:hold", "");
    let mut more = before.clone();
    more.snapshots.push(ours("snap-more", "vol-1", ago(1)));
    let less = before.without(&[id("snap-0")].into());
    for world in [held, more, less] {
        assert!(matches!(plan.check(&world.plan(&options)), Err(Mismatch::Stale { .. })));
    }
    assert_eq!(
        plan.check(&before.plan(&spec("last 2"))).map_err(|e| matches!(e, Mismatch::Stale { .. })),
        Err(true)
    );
}

#[test]
fn r21_what_is_gone_already_does_not_make_a_plan_stale() {
    let mut before = World::daily(4);
    before.snapshots.push(ours("snap-x", "vol-2", ago(99)));
    let options = spec("within 1h floor 0");
    let plan = from_file(&before.plan(&options));
    for gone in [vec!["snap-3"], vec!["snap-1", "snap-2", "snap-3", "snap-x"]] {
        let world = before.without(&gone.iter().map(|text| id(text)).collect());
        assert_eq!(plan.check(&world.plan(&options)), Ok(()), "{gone:?}");
    }
}

#[test]
fn a_plan_that_was_edited_is_told_from_one_that_was_made() {
    let plan = World::daily(4).plan(&spec("last 1"));
    let mut edited = plan.clone();
    let moved = edited.groups[0].keep.remove(0);
    edited.groups[0].remove.push(moved);
    let error = edited.check(&plan).unwrap_err();
    assert!(matches!(error, Mismatch::Edited { .. }));
    assert!(error.to_string().contains(plan.hash.as_str()), "{error}");
}

#[test]
fn what_is_not_ours_does_not_make_a_plan_stale() {
    let before = World::daily(4);
    let plan = before.plan(&spec("last 1"));
    let mut world = before.clone();
    for (id, creator) in [("snap-9", "somebody"), ("snap-99", "dlm")] {
        world.snapshots.push(ours(id, "vol-0", ago(1)));
        world.tag(id, "CreatedBy", creator);
    }
    world.in_use.insert(id("snap-0"), ports::UsedBy::Image("ami-1".parse().unwrap()));
    assert_eq!(plan.check(&world.plan(&spec("last 1"))), Ok(()));
}

#[test]
fn a_refused_plan_is_not_carried_out() {
    let plan = World::daily(20).plan(&capped(25, 10));
    assert_eq!(plan.check(&plan), Err(Mismatch::Refused(plan.refused.unwrap())));
    // Nor when the file does not say so any more.
    let edited = RetentionPlan { refused: None, ..plan.clone() };
    assert_eq!(edited.check(&plan), Err(Mismatch::Refused(plan.refused.unwrap())));
}

#[test]
fn the_hash_is_of_instant_policy_and_verdicts() {
    let world = World::daily(4);
    let plan = world.plan(&spec("last 1"));
    assert_eq!(plan.hash.as_str().len(), 64);
    assert_eq!(plan.hash, world.plan(&spec("last 1")).hash);
    assert_ne!(plan.hash, world.plan(&spec("last 1 daily 1")).hash);
    let later = plan.policy.plan(&world.stock(), ago(-1));
    assert_eq!(removed(&later), removed(&plan));
    assert_ne!(plan.hash, later.hash);
}

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

fn gap(pace: &mut Pace, now: Timestamp) -> i128 {
    let first = pace.reserve(now);
    pace.reserve(now).duration_since(first).as_millis()
}

#[test]
fn r20_the_pace_is_that_of_the_bucket() {
    let mut pace = Pace::of_deletions(Rate::default(), second(0));
    let last = (0..10_000).map(|_| pace.reserve(second(0))).last().unwrap();
    assert_eq!(last.duration_since(second(0)), SignedDuration::from_millis((10_000 - 95) * 200));
}

#[test]
fn r20_an_account_with_a_larger_bucket_is_served_faster() {
    let mut pace = Pace::of_deletions(Rate::new(100).unwrap(), second(0));
    let at_once = (0..10_000).take_while(|_| pace.reserve(second(0)) == second(0)).count();
    assert_eq!((at_once, gap(&mut pace, second(0))), (1_900, 10));
}

#[test]
fn r20_a_rest_saves_up_no_more_than_a_burst() {
    let mut pace = Pace::of_deletions(Rate::default(), second(0));
    let _ = (0..500).map(|_| pace.reserve(second(0))).last();
    let rested = second(100_000);
    assert_eq!((0..500).filter(|_| pace.reserve(rested) == rested).count(), 95);
}

#[test]
fn r20_throttles_slow_it_down_and_success_speeds_it_up_again() {
    let mut pace = Pace::of_deletions(Rate::default(), second(0));
    pace.throttled(second(1), second(2));
    assert_eq!(gap(&mut pace, second(2)), 400);
    // It was sent before the pace was slowed down: nothing new.
    pace.throttled(second(2), second(3));
    assert_eq!(gap(&mut pace, second(3)), 400);
    (4..40).for_each(|n| pace.throttled(second(n), second(n)));
    assert_eq!(gap(&mut pace, second(40)), 4_000);
    pace.succeeded();
    assert_eq!(gap(&mut pace, second(40)), 3_750);
    (0..60).for_each(|_| pace.succeeded());
    assert_eq!(gap(&mut pace, second(40)), 200);
}

#[test]
fn r20_a_throttle_ends_the_burst() {
    let mut pace = Pace::of_deletions(Rate::default(), second(0));
    pace.throttled(second(0), second(1));
    assert!(second(1) < pace.reserve(second(1)));
}
