//! restic's own rules, policy by policy, over lists made for it: what is kept, the oldest first to be looked at.
//!
//! The behaviours are those of restic's documentation, "Removing snapshots according to a policy"
//! (<https://restic.readthedocs.io/en/stable/060_forget.html>), and of `ApplyPolicy` in `internal/data/snapshot_policy.go` of
//! its repository. Where we differ on purpose, a test says so.

use ports::SnapshotId;

use super::world::{World, ago, at, id, kept, now, ours, reasons, removed, spec};

/// Three years, of which the first and the last are begun only, and twice a day at both ends.
fn three_years() -> World {
    World::of([
        ("snap-a", "2024-05-01T06:00:00Z"),
        ("snap-b", "2024-05-01T18:00:00Z"),
        ("snap-c", "2024-05-03T06:00:00Z"),
        ("snap-d", "2024-12-31T23:00:00Z"),
        ("snap-e", "2025-06-01T00:00:00Z"),
        ("snap-f", "2025-12-29T00:00:00Z"),
        ("snap-g", "2026-01-02T00:00:00Z"),
        ("snap-h", "2026-11-01T00:00:00Z"),
        ("snap-i", "2026-11-22T01:10:00Z"),
        ("snap-j", "2026-11-22T01:50:00Z"),
        ("snap-k", "2026-11-23T01:00:00Z"),
    ])
}

/// What a policy keeps of a world without the floor, as the last letters of the ids.
fn keeps(world: &World, options: &str) -> String {
    let plan = world.plan(&spec(&format!("{options} floor 0")));
    kept(&plan).iter().filter_map(|id| id.as_str().chars().last()).collect()
}

/// Each policy, and what it keeps. The rules that are not used up are those that keep `a`.
const TABLE: &[(&str, &str)] = &[
    ("last 1", "k"),
    ("last 3", "ijk"),
    // As many as there are, and more: every one is counted, so the oldest is nothing special.
    ("last 11", "abcdefghijk"),
    ("last 12", "abcdefghijk"),
    ("last unlimited", "abcdefghijk"),
    ("hourly 2", "jk"),
    // Ten hours have one: with the tenth the rule is used up, and the hour of `i` is that of `j`.
    ("hourly 9", "bcdefghjk"),
    ("hourly 10", "abcdefghjk"),
    ("hourly 11", "abcdefghjk"),
    ("hourly unlimited", "abcdefghjk"),
    // Nine days have one, the first of them two.
    ("daily 1", "k"),
    ("daily 8", "cdefghjk"),
    ("daily 9", "bcdefghjk"),
    ("daily 10", "abcdefghjk"),
    ("daily unlimited", "abcdefghjk"),
    // The 29th of December and the 2nd of January are of one week, and so are `a`, `b` and `c`.
    ("weekly 1", "k"),
    ("weekly 2", "jk"),
    ("weekly 6", "deghjk"),
    ("weekly 7", "cdeghjk"),
    ("weekly 8", "acdeghjk"),
    ("weekly unlimited", "acdeghjk"),
    ("monthly 2", "gk"),
    ("monthly 6", "cdefgk"),
    ("monthly 7", "acdefgk"),
    ("monthly unlimited", "acdefgk"),
    ("yearly 1", "k"),
    ("yearly 2", "fk"),
    ("yearly 3", "dfk"),
    ("yearly 4", "adfk"),
    ("yearly 10", "adfk"),
    ("yearly unlimited", "adfk"),
    // Rules about age alone know no oldest.
    ("within 1d", "k"),
    ("within 2d", "ijk"),
    ("within 9999y", "abcdefghijk"),
    // Those about age and the calendar do, where the oldest itself is young enough.
    ("within-hourly 2d", "jk"),
    ("within-hourly 9999y", "abcdefghjk"),
    ("within-daily 2d", "jk"),
    ("within-daily 3y", "abcdefghjk"),
    ("within-weekly 1m", "hjk"),
    ("within-weekly 3y", "acdeghjk"),
    ("within-monthly 1y", "fgk"),
    ("within-monthly 3y", "acdefgk"),
    ("within-yearly 1y", "fk"),
    ("within-yearly 3y", "adfk"),
    ("within-yearly 9999y", "adfk"),
    // Several at once: one that is not used up is enough.
    ("last 1 yearly 2", "fk"),
    ("last 1 yearly 4", "adfk"),
    ("daily 2 weekly 2 monthly 2 yearly 2", "fgjk"),
    ("daily 2 weekly 2 monthly 2 yearly 9", "adfgjk"),
    ("hourly 2 within-daily 2d monthly 3", "fgjk"),
];

#[test]
fn r31_every_policy_keeps_what_restic_keeps() {
    let world = three_years();
    for (options, expected) in TABLE {
        assert_eq!(keeps(&world, options), *expected, "{options}");
    }
}

#[test]
fn r31_ten_years_asked_for_and_three_there_keep_the_first_one_too() {
    let plan = three_years().plan(&spec("yearly 10"));
    assert_eq!(reasons(&plan, "snap-a"), "oldest");
    assert_eq!(reasons(&plan, "snap-d"), "keep-yearly");
    assert_eq!(reasons(&plan, "snap-b"), "expired");
}

#[test]
fn r31_the_oldest_of_each_group_is_kept() {
    let mut world = three_years();
    for (n, hours) in [(0, 1), (1, 2), (2, 9_000), (3, 9_001)] {
        world.snapshots.push(ours(&format!("snap-x{n}"), "vol-2", ago(hours)));
    }
    assert!(removed(&world.plan(&spec("yearly 3"))).contains(&id("snap-x1")));
    assert_eq!(reasons(&world.plan(&spec("yearly 3")), "snap-x3"), "oldest");
    assert_eq!(reasons(&world.plan(&spec("yearly 2")), "snap-x3"), "expired");
}

#[test]
fn r31_what_the_rules_do_not_count_is_not_the_oldest() {
    let mut world = three_years();
    world.tag("snap-a", "caretaker:keep-days", "1");
    assert_eq!(reasons(&world.plan(&spec("yearly 10")), "snap-a"), "own-days-over");
    assert_eq!(reasons(&world.plan(&spec("yearly 10")), "snap-b"), "oldest");
    world.get("snap-b").state = ports::SnapshotState::Error;
    assert_eq!(reasons(&world.plan(&spec("yearly 10")), "snap-c"), "oldest");
}

#[test]
fn r31_the_set_of_the_oldest_stays_whole() {
    let mut world = three_years();
    world.snapshots.push(ours("snap-x", "vol-2", at("2024-05-01T06:00:00Z")));
    world.snapshots.push(ours("snap-y", "vol-2", ago(1)));
    for id in ["snap-a", "snap-x"] {
        world.tag(id, "caretaker:key", "snap#i-1#1");
    }
    let plan = world.plan(&spec("yearly 4 by instance floor 0"));
    assert_eq!((reasons(&plan, "snap-a"), reasons(&plan, "snap-x")), ("oldest".into(), "keep-yearly".into()));
    world.tag("snap-x", "InstanceId", "i-2");
    world.tag("snap-y", "InstanceId", "i-2");
    let plan = world.plan(&spec("last 1 monthly 9 by instance floor 0"));
    assert_eq!(reasons(&plan, "snap-a"), "oldest");
}

#[test]
fn r31_a_plan_whose_oldest_is_gone_already_decides_the_rest_the_same() {
    // `snap-old` is too old for the rule; without it `snap-b` would be the oldest, and young enough.
    let mut world = World::of([("snap-a", "2026-11-23T01:00:00Z"), ("snap-b", "2026-11-23T00:30:00Z")]);
    world.snapshots.push(ours("snap-old", "vol-1", ago(100)));
    let plan = world.plan(&spec("within-daily 2d"));
    assert_eq!(removed(&plan), [id("snap-b"), id("snap-old")].into());
    let left = world.without(&[id("snap-old")].into());
    let again = left.again(&plan);
    assert_eq!((removed(&again), plan.check(&again)), ([id("snap-b")].into(), Ok(())));
    // A plan that knows of nothing older keeps it, as restic would.
    assert_eq!(reasons(&left.plan(&spec("within-daily 2d")), "snap-b"), "oldest");
}

#[test]
fn r31_a_rule_says_that_it_keeps_one_as_the_oldest() {
    use domain::policy::retention::{Retention, RuleAnswer};
    let retention = Retention::new(spec("daily 3 yearly 9")).unwrap();
    let told = retention.explain(&three_years().stock(), now(), &id("snap-a")).unwrap();
    let answers: Vec<RuleAnswer> = told.rules.iter().map(|question| question.answer.clone()).collect();
    assert_eq!(answers, [RuleAnswer::Beyond, RuleAnswer::KeepsOldest(4)]);
    let text = domain::render::retention::explanation(&told);
    assert!(text.contains("keep-yearly 9: keeps it, as number 4: it is the oldest"), "{text}");
}

/// Where we keep more than restic: an age of exactly the period is within it, and a month before the 31st of March is the
/// last day of February, where restic says the 3rd of March.
#[test]
fn at_its_edges_a_period_keeps_more_than_restic() {
    let edge = World::of([("snap-a", "2026-11-21T02:00:00Z"), ("snap-k", "2026-11-23T01:00:00Z")]);
    assert_eq!(keeps(&edge, "within 2d"), "ak");
    let one: SnapshotId = id("snap-a");
    let month = World::of([("snap-a", "2026-02-28T12:00:00Z"), ("snap-k", "2026-03-31T12:00:00Z")]);
    assert!(kept(&month.plan(&spec("within 1m from newest floor 0"))).contains(&one));
}
