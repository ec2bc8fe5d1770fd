//! Very many snapshots, made up one by one.

use jiff::{SignedDuration, Timestamp};
use ports::{Snapshot, SnapshotState, Tags, time};

/// One of so many snapshots: volumes with thirty each, one every 20 hours, three volumes to an instance, tagged as Caretaker
/// does. In no order, as EC2 lists them.
pub(crate) fn snapshot(n: usize, count: usize, now: Timestamp) -> Snapshot {
    let n = n.wrapping_mul(7_919) % count;
    let volumes = count.div_ceil(30);
    let (volume, age) = (n % volumes, n / volumes);
    let instance = format!("i-{:017x}", volume / 3);
    let key = format!("snap#{instance}#{age}");
    Snapshot {
        id: format!("snap-{n:017x}").parse().unwrap(),
        volume: format!("vol-{volume:017x}").parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: time::earlier(now, SignedDuration::from_hours(20 * i64::try_from(age).unwrap())),
        size_gib: 100,
        tags: Tags::from_iter([
            ("AutoCreated", "true"),
            ("CreatedBy", "caretaker"),
            ("InstanceId", &instance),
            ("Name", &format!("auto-{instance}-2026-11-23")),
            ("TriggerState", "stopped"),
            ("CreatedAt", "2026-11-23T02:00:00Z"),
            ("LambdaFunction", "auto-snapshot"),
            ("caretaker:key", &key),
            ("caretaker:fence", "1"),
            ("caretaker:owner", "default"),
            ("caretaker:scheme", "2"),
        ]),
        description: format!("Auto snapshot of {instance} on stopped at 2026-11-23T02:00:00Z"),
    }
}
