//! What many policies make of one fixed list, as people may read and judge it.

use std::fmt::Write;

use ports::{SnapshotState, UsedBy};

use super::world::{World, ago, at, id, ours, spec};

/// Two days of hours, a fortnight of days, a year and a half of months, a volume that is gone, sets, and one of each
/// kind that no rule may touch.
fn fixed() -> World {
    let mut world = World::default();
    let mut put = |id: &str, volume: &str, start: &str| world.snapshots.push(ours(id, volume, at(start)));
    for (id, start) in [
        ("snap-h0", "2026-11-23T01:30:00Z"),
        ("snap-h1", "2026-11-23T01:00:00Z"),
        ("snap-h2", "2026-11-23T00:10:00Z"),
        ("snap-h3", "2026-11-22T23:59:59Z"),
        ("snap-h4", "2026-11-22T12:00:00Z"),
        ("snap-h5", "2026-11-21T02:00:00Z"),
        ("snap-d0", "2026-11-16T00:00:00Z"),
        ("snap-d1", "2026-11-15T23:59:59Z"),
        ("snap-d2", "2026-11-09T12:00:00Z"),
        ("snap-m0", "2026-10-31T23:00:00Z"),
        ("snap-m1", "2026-10-01T00:00:00Z"),
        ("snap-m2", "2026-09-30T12:00:00Z"),
        ("snap-m3", "2026-05-31T12:00:00Z"),
        ("snap-y0", "2026-01-03T12:00:00Z"),
        ("snap-y1", "2026-01-01T00:00:00Z"),
        ("snap-y2", "2025-12-31T23:59:59Z"),
        ("snap-y3", "2025-06-01T00:00:00Z"),
        ("snap-y4", "2024-12-30T00:00:00Z"),
    ] {
        put(id, "vol-live", start);
    }
    put("snap-dead0", "vol-dead", "2025-03-03T03:00:00Z");
    put("snap-dead1", "vol-dead", "2025-03-02T03:00:00Z");
    put("snap-dead2", "vol-dead", "2025-01-02T03:00:00Z");
    for (n, start) in
        ["2026-11-22T06:00:00Z", "2026-11-20T06:00:00Z", "2026-08-20T06:00:00Z"].iter().enumerate()
    {
        put(&format!("snap-a{n}"), "vol-seta", start);
        put(&format!("snap-b{n}"), "vol-setb", start);
    }
    for kind in [
        "pending", "failed", "recycled", "future", "held", "was-held", "used", "theirs", "backup", "shared",
        "days", "odd-days",
    ] {
        put(&format!("snap-{}", kind.replace('-', "")), "vol-odd", "2026-02-02T02:00:00Z");
    }
    put("snap-odd", "vol-odd", "2026-11-19T02:00:00Z");
    for n in 0..3 {
        for snapshot in [format!("snap-a{n}"), format!("snap-b{n}")] {
            world.tag(&snapshot, "caretaker:key", &format!("snap#i-1#{n}"));
            world.tag(&snapshot, "InstanceId", "i-1");
        }
    }
    world.tag("snap-m3", "env", "prod");
    world.tag("snap-y3", "env", "test");
    strange(&mut world);
    world
}

fn strange(world: &mut World) {
    world.get("snap-pending").state = SnapshotState::Pending;
    world.get("snap-failed").state = SnapshotState::Error;
    world.get("snap-recycled").state = SnapshotState::Recoverable;
    world.get("snap-future").started_at = ago(-5);
    world.tag("snap-held", "caretaker:hold", "2026-12-31");
    world.tag("snap-washeld", "caretaker:hold", "2026-06-30");
    world.in_use.insert(id("snap-used"), UsedBy::Image("ami-1".parse().unwrap()));
    world.tag("snap-theirs", "CreatedBy", "somebody");
    world.tag("snap-backup", "aws:backup:source-resource", "arn:aws:ec2:eu-west-1::volume/vol-odd");
    world.shared_in.insert(id("snap-shared"));
    world.tag("snap-days", "caretaker:keep-days", "365");
    world.tag("snap-odddays", "caretaker:keep-days", "forever");
}

const POLICIES: [&str; 38] = [
    "last 1",
    "last 3",
    "last unlimited",
    "hourly 2",
    "hourly unlimited",
    "daily 1",
    "daily 3",
    "daily unlimited",
    "weekly 1",
    "weekly 3",
    "weekly unlimited",
    "monthly 2",
    "monthly unlimited",
    "yearly 1",
    "yearly 2",
    "yearly unlimited",
    "within 1h",
    "within 2d",
    "within 30d",
    "within 1y",
    "within 2y",
    "within-hourly 3d",
    "within-daily 1m",
    "within-weekly 2m",
    "within-monthly 1y",
    "within-yearly 3y",
    "within 2d from newest",
    "within-monthly 1y from newest",
    "tag env",
    "tag env=prod",
    "last 2 daily 2 weekly 2 monthly 2 yearly 2",
    "hourly 3 within 10d tag env=test",
    "last 2 by instance",
    "last 2 by set",
    "last 2 by none",
    "daily 2 by tag:env",
    "last 1 owned any floor 0",
    "last 1 floor 3",
];

#[test]
fn many_policies_over_one_list() {
    let world = fixed();
    let mut text = String::new();
    for options in POLICIES {
        let plan = world.plan(&spec(options));
        let (keep, remove) = (plan.kept().count(), plan.removed().count());
        let _ = writeln!(text, "== {options}: keeps {keep}, removes {remove}");
        for group in &plan.groups {
            let _ = writeln!(text, "{}", group.key);
            for verdict in &group.keep {
                let _ = writeln!(text, "  keep   {:14} {} {}", verdict.id, verdict.start, verdict.reasons);
            }
            for verdict in &group.remove {
                let _ = writeln!(text, "  remove {:14} {} {}", verdict.id, verdict.start, verdict.reasons);
            }
        }
        let dead: Vec<&str> = plan.dead_volumes.iter().map(ports::VolumeId::as_str).collect();
        let _ = writeln!(text, "floor only: {}\n", dead.join(", "));
    }
    insta::assert_snapshot!(text);
}
