//! The features and the known bugs, one by one.

use domain::policy::retention::{Reason, Reasons, Retention, RetentionError, RetentionSpec, RuleAnswer};
use ports::{SnapshotState, Tags, UsedBy};

use super::world::{World, ago, at, id, now, ours, reasons, removed, spec};

fn goes(world: &World, options: &str) -> Vec<String> {
    removed(&world.plan(&spec(options))).iter().map(ToString::to_string).collect()
}

#[test]
fn r1_what_is_as_old_as_the_limit_stays_and_what_is_older_goes() {
    let world = World::of([
        ("snap-new", "2026-11-23T00:00:00Z"),
        ("snap-edge", "2026-10-24T02:00:00Z"),
        ("snap-old", "2026-10-24T01:59:59.999Z"),
    ]);
    assert_eq!(goes(&world, "within 30d"), ["snap-old"]);
    let plan = Retention::days(30).unwrap().plan(&world.stock(), now());
    assert_eq!(removed(&plan), [id("snap-old")].into());
}

#[test]
fn r2_so_many_of_each_volume_stay() {
    let mut world = World::daily(4);
    world.snapshots.push(ours("snap-x", "vol-2", ago(9_000)));
    assert_eq!(goes(&world, "last 3"), ["snap-3"]);
}

#[test]
fn r3_a_calendar_is_kept_by_several_rules_at_once() {
    let world = World::daily(800);
    let plan = world.plan(&spec("daily 7 weekly 4 monthly 12 yearly 3"));
    assert_eq!(plan.kept().count(), 7 + 2 + 11 + 1);
    assert_eq!(reasons(&plan, "snap-0"), "keep-daily, keep-weekly, keep-monthly, keep-yearly, floor");
}

#[test]
fn r4_days_are_counted_that_have_a_snapshot() {
    let world = World::of([
        ("snap-0", "2026-11-23T00:00:00Z"),
        ("snap-1", "2026-09-01T23:00:00Z"),
        ("snap-2", "2026-09-01T01:00:00Z"),
        ("snap-3", "2026-03-01T00:00:00Z"),
        ("snap-4", "2026-02-01T00:00:00Z"),
    ]);
    assert_eq!(goes(&world, "daily 3"), ["snap-2", "snap-4"]);
}

#[test]
fn r5_a_volume_that_is_gone_grows_no_older_when_ages_are_measured_from_its_newest() {
    let world = World::of([
        ("snap-0", "2025-01-10T00:00:00Z"),
        ("snap-1", "2025-01-08T00:00:00Z"),
        ("snap-2", "2025-01-01T00:00:00Z"),
    ]);
    assert_eq!(goes(&world, "within 7d from newest"), ["snap-2"]);
    assert_eq!(goes(&world, "within 7d"), ["snap-1", "snap-2"]);
}

#[test]
fn r6_what_lacks_the_tag_to_group_by_goes_with_its_volume() {
    let mut world = World::daily(3);
    world.snapshots.push(ours("snap-x", "vol-2", ago(200)));
    world.tag("snap-1", "env", "prod");
    let plan = world.plan(&spec("last 1 by tag:env"));
    let keys: Vec<&str> = plan.groups.iter().map(|group| group.key.as_str()).collect();
    assert_eq!(keys, ["prod", "vol-1", "vol-2"]);
    assert_eq!(removed(&plan), [id("snap-2")].into());
}

#[test]
fn r7_the_last_good_one_of_a_volume_stays_and_the_volume_is_named() {
    let mut world = World::of([("snap-old", "2020-01-01T00:00:00Z"), ("snap-older", "2019-01-01T00:00:00Z")]);
    world.snapshots.push(ours("snap-live", "vol-2", ago(1)));
    let plan = world.plan(&spec("within 30d"));
    assert_eq!(reasons(&plan, "snap-old"), "floor");
    assert_eq!(plan.dead_volumes, ["vol-1".parse().unwrap()]);
    assert_eq!(goes(&world, "within 30d floor 0"), ["snap-old", "snap-older"]);
}

#[test]
fn r7_a_volume_of_which_one_is_held_is_not_named() {
    let mut world = World::of([("snap-old", "2020-01-01T00:00:00Z"), ("snap-older", "2019-01-01T00:00:00Z")]);
    world.tag("snap-older", "caretaker:hold", "");
    assert_eq!(world.plan(&spec("within 30d")).dead_volumes, []);
}

#[test]
fn r7_copies_name_no_volume_so_each_has_a_floor_of_its_own() {
    let mut world = World::daily(3);
    world.snapshots.iter_mut().for_each(|s| s.volume = "vol-ffffffff".parse().unwrap());
    let plan = world.plan(&spec("last 1"));
    assert_eq!((removed(&plan).len(), plan.dead_volumes.len()), (0, 0));
    assert_eq!(goes(&world, "last 1 floor 0"), ["snap-1", "snap-2"]);
}

#[test]
fn r8_only_completed_ones_are_a_floor_or_count() {
    for state in [SnapshotState::Pending, SnapshotState::Error, SnapshotState::Recovering] {
        let mut world = World::daily(3);
        world.get("snap-0").state = state;
        let plan = world.plan(&spec("last 1"));
        assert_eq!(reasons(&plan, "snap-1"), "keep-last, floor", "{state:?}");
        assert_eq!(reasons(&plan, "snap-2"), "expired");
    }
}

#[test]
fn r8_a_failed_one_is_kept_by_its_age_alone() {
    let mut world = World::daily(3);
    world.get("snap-1").state = SnapshotState::Error;
    assert_eq!(reasons(&world.plan(&spec("last 9")), "snap-1"), "failed");
    assert_eq!(reasons(&world.plan(&spec("within 1d")), "snap-1"), "keep-within");
    assert_eq!(reasons(&world.plan(&spec("within 23h")), "snap-1"), "failed");
    assert_eq!(reasons(&world.plan(&spec("within-daily 9d")), "snap-1"), "failed");
}

#[test]
fn r9_a_tag_of_its_own_goes_before_the_rules() {
    let mut world = World::daily(10);
    world.tag("snap-1", "caretaker:keep-days", "1");
    world.tag("snap-2", "caretaker:keep-days", "1");
    world.tag("snap-9", "caretaker:keep-days", " 365 ");
    let plan = world.plan(&spec("last 5 tag AutoCreated"));
    assert_eq!(reasons(&plan, "snap-1"), "own-days");
    assert_eq!(reasons(&plan, "snap-2"), "own-days-over");
    assert_eq!(reasons(&plan, "snap-9"), "own-days");
    // It takes nobody's place.
    assert_eq!(reasons(&plan, "snap-6"), "keep-last, keep-tag");
}

#[test]
fn r9_a_tag_that_cannot_be_read_keeps() {
    for days in ["soon", "0", "-3", "36526", "1.5", ""] {
        let mut world = World::daily(3);
        world.tag("snap-2", "caretaker:keep-days", days);
        assert_eq!(reasons(&world.plan(&spec("last 1")), "snap-2"), "unreadable-tag", "{days}");
    }
}

#[test]
fn r10_a_hold_ends_with_its_day() {
    for (value, held) in [
        ("", true),
        ("legal case 7", true),
        ("2026-11-23", true),
        ("2026-11-22", false),
        ("2026-11-23T02:00:00Z", false),
        ("2026-11-23T02:00:01Z", true),
        ("FALSE", false),
        ("no", false),
        ("off", false),
        ("0", false),
    ] {
        let mut world = World::daily(3);
        world.tag("snap-2", "caretaker:hold", value);
        let told = reasons(&world.plan(&spec("last 1")), "snap-2");
        assert_eq!(told, if held { "held" } else { "expired" }, "{value}");
    }
}

/// IAM takes no blanks away and cannot read a calendar: what it denies as a hold for good is one
/// for the code, too.
#[test]
fn r10_what_is_neither_a_plain_no_nor_a_plain_date_holds_for_good() {
    for value in [
        " false ",
        "no ",
        " 2026-11-22",
        "2026-11-22 ",
        "9999-99-99 forever",
        "9999-99-99",
        "2026-02-30",
        "2026-11-22 or so",
        "1999-12-31",
        "20261122",
        "2026-11-22 02:00:00Z",
        "2026-11-22t02:00:00Z",
    ] {
        let mut world = World::daily(3);
        world.tag("snap-2", "caretaker:hold", value);
        assert_eq!(reasons(&world.plan(&spec("last 1")), "snap-2"), "held", "{value}");
    }
}

#[test]
fn r10_a_hold_ends_at_midnight() {
    let mut world = World::daily(3);
    world.tag("snap-2", "caretaker:hold", "2026-11-23");
    let retention = Retention::new(spec("last 1")).unwrap();
    let goes = |now: &str| removed(&retention.plan(&world.stock(), at(now))).contains(&id("snap-2"));
    assert!(!goes("2026-11-23T23:59:59.999Z") && goes("2026-11-24T00:00:00Z"));
}

#[test]
fn r11_a_set_stays_whole_when_one_of_it_stays() {
    let mut world = World::daily(3);
    world.snapshots.push(ours("snap-x", "vol-2", ago(48)));
    for id in ["snap-2", "snap-x"] {
        world.tag(id, "caretaker:key", "snap#i-1#1");
    }
    let plan = world.plan(&spec("last 1"));
    assert_eq!(reasons(&plan, "snap-2"), "set");
    assert_eq!(reasons(&plan, "snap-x"), "keep-last, floor");
}

#[test]
fn r11_a_set_that_is_kept_by_nothing_goes_whole() {
    let mut world = World::daily(3);
    world.snapshots.extend([ours("snap-x", "vol-2", ago(48)), ours("snap-y", "vol-2", ago(1))]);
    for id in ["snap-2", "snap-x"] {
        world.tag(id, "caretaker:key", "snap#i-1#1");
    }
    assert_eq!(goes(&world, "last 1"), ["snap-1", "snap-2", "snap-x"]);
}

#[test]
fn r11_a_set_counts_once_where_snapshots_are_counted() {
    let mut world = World::default();
    for (set, hours) in [("k0", 0), ("k1", 24), ("k2", 48)] {
        for n in 1..=3 {
            let mut snapshot = ours(&format!("snap-{set}{n}"), &format!("vol-{n}"), ago(hours));
            snapshot.tags.insert("caretaker:key", set);
            snapshot.tags.insert("InstanceId", "i-1");
            world.snapshots.push(snapshot);
        }
    }
    assert_eq!(goes(&world, "last 2 by instance"), ["snap-k21", "snap-k22", "snap-k23"]);
}

#[test]
fn r12_what_an_image_is_made_of_stays() {
    let mut world = World::daily(3);
    world.in_use.insert(id("snap-2"), UsedBy::Image("ami-1".parse().unwrap()));
    assert_eq!(reasons(&world.plan(&spec("last 1")), "snap-2"), "in-use");
}

#[test]
fn r16_what_other_tools_take_care_of_stays() {
    for tag in ["aws:backup:source-resource", "aws:dlm:lifecycle-policy-id", "dlm:managed"] {
        let mut world = World::daily(3);
        world.tag("snap-2", tag, "x");
        assert_eq!(reasons(&world.plan(&spec("last 1 owned any")), "snap-2"), "other-tool", "{tag}");
    }
    for description in
        ["This snapshot is created by the AWS Backup service.", "Created for policy: policy-0a schedule: x"]
    {
        let mut world = World::daily(3);
        world.get("snap-2").description = description.to_owned();
        assert_eq!(reasons(&world.plan(&spec("last 1 owned any")), "snap-2"), "other-tool");
    }
}

#[test]
fn r16_what_another_account_shares_stays_and_counts_for_nothing() {
    let mut world = World::daily(3);
    world.shared_in.insert(id("snap-0"));
    let plan = world.plan(&spec("last 1 owned any"));
    assert_eq!(reasons(&plan, "snap-0"), "shared-in");
    assert_eq!(reasons(&plan, "snap-1"), "keep-last, floor");
}

#[test]
fn r17_ours_are_those_with_all_marks_of_their_owner() {
    for (key, value) in [
        ("AutoCreated", "yes"),
        ("CreatedBy", "Caretaker"),
        ("caretaker:owner", "another"),
        ("caretaker:owner", "Default"),
        ("caretaker:scheme", "3"),
    ] {
        let mut world = World::daily(3);
        world.tag("snap-2", key, value);
        assert_eq!(reasons(&world.plan(&spec("last 1")), "snap-2"), "not-ours", "{key}");
        assert_eq!(reasons(&world.plan(&spec("last 1 owned any")), "snap-2"), "expired");
    }
    let mut world = World::daily(3);
    world.get("snap-2").tags = Tags::from_iter([("team", "db")]);
    assert_eq!(goes(&world, "last 1 owned team=db floor 0"), [""; 0]);
    assert_eq!(goes(&world, "within 1d owned team=db floor 0"), ["snap-2"]);
}

/// Two stacks in one region: each keeps the last of a volume that it has itself.
#[test]
fn r30_what_another_owner_has_is_neither_removed_nor_counted() {
    let mut world = World::daily(3);
    for newer in ["snap-0", "snap-1"] {
        world.tag(newer, "caretaker:owner", "another");
    }
    let plan = world.plan(&spec("within 1h"));
    assert_eq!(reasons(&plan, "snap-0"), "not-ours");
    assert_eq!(reasons(&plan, "snap-2"), "floor");
    assert_eq!(goes(&world, "within 1h owned caretaker:another"), ["snap-1"]);
}

/// A set of two volumes of which one says how long it is kept.
#[test]
fn the_days_of_one_volume_of_a_set_hold_for_its_snapshot_only() {
    let mut world = World::daily(3);
    for snapshot in ["snap-1", "snap-2"] {
        world.tag(snapshot, "caretaker:keep-days:vol-1", "365");
    }
    world.get("snap-2").volume = "vol-2".parse().unwrap();
    let plan = world.plan(&spec("within 1h floor 0"));
    assert_eq!(reasons(&plan, "snap-1"), "own-days");
    assert_eq!(reasons(&plan, "snap-2"), "expired");
}

#[test]
fn r22_every_rule_says_why_it_does_not_keep_one() {
    let mut world = World::daily(30);
    world.snapshots.push(ours("snap-early", "vol-1", at("2026-11-23T01:00:00Z")));
    let retention = Retention::new(spec("last 2 daily 3 weekly 1 within 5d tag env")).unwrap();
    let answers = |snapshot: &str| -> Vec<RuleAnswer> {
        let told = retention.explain(&world.stock(), now(), &id(snapshot)).unwrap();
        told.rules.into_iter().map(|question| question.answer).collect()
    };
    let outdone = || RuleAnswer::OutdoneBy(id("snap-0"));
    assert_eq!(
        answers("snap-early"),
        [RuleAnswer::Keeps(2), outdone(), outdone(), RuleAnswer::Matches, RuleAnswer::Untagged]
    );
    assert_eq!(
        answers("snap-9"),
        [
            RuleAnswer::Beyond,
            RuleAnswer::Beyond,
            RuleAnswer::Beyond,
            RuleAnswer::TooOld,
            RuleAnswer::Untagged
        ]
    );
    assert_eq!(retention.explain(&world.stock(), now(), &id("snap-none")), None);
}

#[test]
fn r22_what_the_rules_do_not_count_is_told_to_be_so() {
    let mut world = World::daily(3);
    world.tag("snap-1", "caretaker:hold", "2027-01-01");
    world.get("snap-1").state = SnapshotState::Pending;
    let retention = Retention::new(spec("last 1 daily 1 within 30h tag AutoCreated")).unwrap();
    let told = retention.explain(&world.stock(), now(), &id("snap-1")).unwrap();
    assert_eq!((told.kept, told.group.as_str()), (true, "vol-1"));
    assert!(
        told.rules[..3].iter().all(|question| question.answer == RuleAnswer::NotCounted),
        "{:?}",
        told.rules
    );
    assert_eq!(
        (told.rules[3].rule.as_str(), &told.rules[3].answer),
        ("keep-tag AutoCreated", &RuleAnswer::Matches)
    );
    let tags: Vec<(&str, &str)> =
        told.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("caretaker:hold", "2027-01-01"), ("caretaker:owner", "default")]);
}

#[test]
fn r24_a_policy_that_keeps_nothing_cannot_be_made() {
    assert_eq!(Retention::new(RetentionSpec::default()), Err(RetentionError::Empty));
    for days in [0, -1, -30, 36_501, i64::MAX] {
        assert_eq!(Retention::days(days), Err(RetentionError::Days(days.to_string())));
    }
    assert!(Retention::days(1).is_ok() && Retention::days(36_500).is_ok());
    assert!(Retention::new(spec("tag env")).is_ok());
}

#[test]
fn r27_what_is_dated_in_the_future_stays_and_ages_nothing() {
    let mut world = World::daily(3);
    world.get("snap-0").started_at = ago(-100);
    let plan = world.plan(&spec("last 1"));
    assert_eq!(reasons(&plan, "snap-0"), "future-dated");
    assert_eq!(reasons(&plan, "snap-1"), "keep-last, floor");
    assert_eq!(goes(&world, "within 1d from newest"), [""; 0]);
    assert_eq!(goes(&world, "within 23h from newest"), ["snap-2"]);
}

#[test]
fn r29_what_is_locked_stays_and_the_explanation_says_until_when() {
    let mut world = World::daily(4);
    world.locked.insert(id("snap-2"), Some(at("2027-01-01T00:00:00Z")));
    world.locked.insert(id("snap-3"), None);
    let plan = world.plan(&spec("last 1"));
    assert_eq!((reasons(&plan, "snap-2"), reasons(&plan, "snap-3")), ("locked".into(), "locked".into()));
    assert_eq!(removed(&plan), [id("snap-1")].into());
    let retention = Retention::new(spec("last 1")).unwrap();
    let told = |snapshot: &str| {
        domain::render::retention::explanation(
            &retention.explain(&world.stock(), now(), &id(snapshot)).unwrap(),
        )
    };
    assert!(told("snap-2").contains("\nlocked until 2027-01-01T00:00:00Z\n"), "{}", told("snap-2"));
    assert!(told("snap-3").contains("\nlocked until nobody knows when\n"), "{}", told("snap-3"));
    assert!(!told("snap-1").contains("\nlocked"), "{}", told("snap-1"));
}

#[test]
fn r29_what_is_locked_is_not_removed_as_surplus_either() {
    let mut world = World::daily(4);
    world.locked.insert(id("snap-2"), None);
    let wished = [id("snap-2"), id("snap-3")].into();
    let clearance = world.stock().read(&Retention::days(30).unwrap(), None).clear(&wished, now());
    assert!(!clearance.clears(&id("snap-2")) && clearance.clears(&id("snap-3")));
}

#[test]
fn a_month_is_a_month_of_its_year() {
    let world = World::of([("snap-a", "2026-11-01T00:00:00Z"), ("snap-b", "2025-11-01T00:00:00Z")]);
    assert_eq!(goes(&world, "monthly 9 floor 0"), [""; 0]);
}

#[test]
fn every_reason_has_a_place_a_word_and_a_meaning() {
    assert!(Reason::ALL.len() <= 32);
    assert_eq!(format!("{:?}", Reasons::from_iter([Reason::Floor, Reason::Last])), "{Last, Floor}");
    for reason in Reason::ALL {
        let meaning = reason.meaning();
        assert!(meaning.starts_with(if reason.keeps() { "Kept: " } else { "Removed: " }), "{meaning}");
        assert_eq!(Reason::ALL.iter().filter(|other| other.as_str() == reason.as_str()).count(), 1);
    }
}
