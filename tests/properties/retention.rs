use std::collections::BTreeSet;

use domain::policy::retention::Retention;
use jiff::{SignedDuration, Timestamp};
use ports::{Snapshot, SnapshotId, SnapshotState, Tags, time};
use proptest::collection::vec;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    let state = prop_oneof![
        6 => Just(SnapshotState::Completed),
        1 => Just(SnapshotState::Pending),
        1 => Just(SnapshotState::Error),
        1 => Just(SnapshotState::Recoverable),
    ];
    vec((0..4_u8, -48..2400_i64, state), 0..40).prop_map(|rows| {
        let of = |(n, (volume, hours, state)): (usize, (u8, i64, SnapshotState))| Snapshot {
            id: format!("snap-{n:04}").parse().unwrap(),
            volume: format!("vol-{volume}").parse().unwrap(),
            state,
            started_at: time::earlier(now(), SignedDuration::from_hours(hours)),
            size_gib: 8,
            tags: Tags::default(),
            description: String::new(),
        };
        rows.into_iter().enumerate().map(of).collect()
    })
}

fn ids<'a>(of: impl IntoIterator<Item = &'a Snapshot>) -> BTreeSet<SnapshotId> {
    of.into_iter().map(|s| s.id.clone()).collect()
}

proptest! {
    #[test]
    fn every_snapshot_is_kept_or_removed_with_a_reason(list in snapshots(), days in 1..100_i64) {
        let plan = Retention::days(days).unwrap().plan(&list, &BTreeSet::new(), now());
        let told: BTreeSet<_> = plan.keep.iter().chain(&plan.remove).map(|v| v.id.clone()).collect();
        prop_assert_eq!(told.len(), plan.keep.len() + plan.remove.len());
        prop_assert_eq!(told, ids(&list));
        prop_assert!(plan.keep.iter().chain(&plan.remove).all(|verdict| !verdict.reasons.is_empty()));
    }

    #[test]
    fn every_volume_keeps_its_newest_completed_snapshot(list in snapshots(), days in 1..100_i64) {
        let plan = Retention::days(days).unwrap().plan(&list, &BTreeSet::new(), now());
        let good = |s: &&Snapshot| s.state == SnapshotState::Completed && s.started_at <= now();
        for volume in list.iter().map(|s| &s.volume) {
            let newest = list.iter().filter(good).filter(|s| s.volume == *volume).max_by_key(|s| s.started_at);
            if let Some(newest) = newest {
                let kept = |v: &&domain::policy::retention::Verdict| v.volume == *volume && v.started_at == newest.started_at;
                prop_assert!(plan.keep.iter().any(|v| kept(&v)), "{volume}");
            }
        }
    }

    #[test]
    fn the_unfinished_the_future_and_the_used_stay(list in snapshots(), used in 0..40_usize) {
        let in_use: BTreeSet<_> = list.get(used).map(|s| s.id.clone()).into_iter().collect();
        let plan = Retention::days(1).unwrap().plan(&list, &in_use, now());
        for removed in &plan.remove {
            let snapshot = list.iter().find(|s| s.id == removed.id).unwrap();
            prop_assert!(matches!(snapshot.state, SnapshotState::Completed | SnapshotState::Error));
            prop_assert!(snapshot.started_at <= now() && !in_use.contains(&snapshot.id));
        }
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(list in snapshots(), days in 1..100_i64) {
        let retention = Retention::days(days).unwrap();
        let mut turned = list.clone();
        turned.reverse();
        prop_assert_eq!(
            retention.plan(&list, &BTreeSet::new(), now()),
            retention.plan(&turned, &BTreeSet::new(), now())
        );
    }

    #[test]
    fn planning_again_after_removing_removes_nothing(list in snapshots(), days in 1..100_i64) {
        let retention = Retention::days(days).unwrap();
        let removed: BTreeSet<_> =
            retention.plan(&list, &BTreeSet::new(), now()).remove.into_iter().map(|v| v.id).collect();
        let left: Vec<_> = list.into_iter().filter(|s| !removed.contains(&s.id)).collect();
        prop_assert!(retention.plan(&left, &BTreeSet::new(), now()).remove.is_empty());
    }

    #[test]
    fn keeping_longer_never_removes_more(list in snapshots(), days in 1..100_i64, more in 0..100_i64) {
        let removed = |days| -> BTreeSet<_> {
            let plan = Retention::days(days).unwrap().plan(&list, &BTreeSet::new(), now());
            plan.remove.into_iter().map(|v| v.id).collect()
        };
        prop_assert!(removed(days + more).is_subset(&removed(days)));
    }
}
