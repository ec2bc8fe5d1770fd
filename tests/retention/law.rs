use std::collections::BTreeSet;

use domain::policy::retention::{Floor, Reason, Retention, RetentionSpec, RuleAnswer, SnapshotVerdict};
use ports::{SnapshotId, SnapshotState};
use proptest::prelude::*;
use proptest::sample::Index;

use super::world::{World, ids, kept, now, removed, rule, spec, specs, worlds};

/// The same policy with one rule more, or with one that reaches further.
fn with(policy: &RetentionSpec, rule: &str) -> RetentionSpec {
    let more = spec(rule);
    let mut keep_tag = policy.keep_tag.clone();
    keep_tag.extend(more.keep_tag);
    RetentionSpec {
        keep_last: policy.keep_last.or(more.keep_last),
        keep_hourly: policy.keep_hourly.or(more.keep_hourly),
        keep_daily: policy.keep_daily.or(more.keep_daily),
        keep_weekly: policy.keep_weekly.or(more.keep_weekly),
        keep_monthly: policy.keep_monthly.or(more.keep_monthly),
        keep_yearly: policy.keep_yearly.or(more.keep_yearly),
        keep_within: policy.keep_within.or(more.keep_within),
        keep_within_hourly: policy.keep_within_hourly.or(more.keep_within_hourly),
        keep_within_daily: policy.keep_within_daily.or(more.keep_within_daily),
        keep_within_weekly: policy.keep_within_weekly.or(more.keep_within_weekly),
        keep_within_monthly: policy.keep_within_monthly.or(more.keep_within_monthly),
        keep_within_yearly: policy.keep_within_yearly.or(more.keep_within_yearly),
        keep_tag,
        ..policy.clone()
    }
}

fn set_of(world: &World, id: &SnapshotId) -> Option<String> {
    let snapshot = world.snapshots.iter().find(|s| s.id == *id).unwrap();
    snapshot.tags.get("caretaker:key").map(str::to_owned)
}

proptest! {
    #[test]
    fn keep_and_remove_partition_the_list(world in worlds(40), spec in specs()) {
        let plan = world.plan(&spec);
        prop_assert!(kept(&plan).is_disjoint(&removed(&plan)));
        prop_assert_eq!(&kept(&plan) | &removed(&plan), ids(&world.snapshots, |s| &s.id));
        prop_assert_eq!(plan.kept().count() + plan.removed().count(), world.snapshots.len());
    }

    #[test]
    fn every_verdict_has_reasons_of_its_kind(world in worlds(40), spec in specs()) {
        let plan = world.plan(&spec);
        for verdict in plan.kept() {
            prop_assert!(verdict.reasons.iter().next().is_some() && verdict.reasons.iter().all(Reason::keeps));
        }
        for verdict in plan.removed() {
            prop_assert_eq!(verdict.reasons.iter().count(), 1);
            prop_assert!(!verdict.reasons.iter().any(Reason::keeps));
        }
    }

    #[test]
    fn no_volume_falls_below_its_floor(world in worlds(40), spec in specs(), floor in 1..4_usize) {
        // Of those that are gone another law tells.
        let spec = RetentionSpec { floor: Floor(u32::try_from(floor).unwrap()), keep_dead_days: None, ..spec };
        let plan = world.plan(&spec);
        let strange = |s: &&ports::Snapshot| plan.kept().any(|v| v.id == s.id && v.reasons.are_of_others());
        let good = |s: &&ports::Snapshot| s.state == SnapshotState::Completed && s.started_at <= now() && !strange(s);
        for volume in world.snapshots.iter().map(|s| &s.volume) {
            let of_volume: Vec<_> = world.snapshots.iter().filter(good).filter(|s| s.volume == *volume).collect();
            let left = of_volume.iter().filter(|s| kept(&plan).contains(&s.id)).count();
            prop_assert!(floor.min(of_volume.len()) <= left, "{volume}: {left} of {}", of_volume.len());
        }
    }

    #[test]
    fn nothing_protected_is_ever_removed(world in worlds(40), spec in specs()) {
        let gone = removed(&world.plan(&spec));
        for s in world.snapshots.iter().filter(|s| gone.contains(&s.id)) {
            prop_assert!(matches!(s.state, SnapshotState::Completed | SnapshotState::Error));
            prop_assert!(s.started_at <= now());
            prop_assert!(!world.in_use.contains_key(&s.id) && !world.shared_in.contains(&s.id));
            prop_assert!(!world.locked.contains_key(&s.id));
            prop_assert!(s.description.is_empty() && s.tags.get("aws:backup:source-resource").is_none());
            let hold = s.tags.get("caretaker:hold");
            prop_assert!(!matches!(hold, Some("" | "true" | "2026-11-23" | "soon" | " false " | "1999-11-22")));
        }
    }

    #[test]
    fn adding_a_rule_never_removes_more(world in worlds(40), spec in specs(), rule in rule()) {
        let more = removed(&world.plan(&with(&spec, &rule)));
        prop_assert!(more.is_subset(&removed(&world.plan(&spec))));
    }

    #[test]
    fn keeping_longer_never_removes_more(world in worlds(40), days in 1..100_i64, more in 0..100_i64) {
        let plan = |days| removed(&Retention::days(days).unwrap().plan(&world.stock(), now()));
        prop_assert!(plan(days + more).is_subset(&plan(days)));
    }

    #[test]
    fn a_higher_floor_never_removes_more(world in worlds(40), spec in specs()) {
        let higher = RetentionSpec { floor: Floor(spec.floor.0 + 1), ..spec.clone() };
        prop_assert!(removed(&world.plan(&higher)).is_subset(&removed(&world.plan(&spec))));
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(world in worlds(40), spec in specs(), by in any::<Index>()) {
        let mut turned = world.clone();
        turned.snapshots.reverse();
        let middle = by.index(world.snapshots.len() + 1).min(world.snapshots.len());
        turned.snapshots.rotate_left(middle);
        prop_assert_eq!(world.plan(&spec), turned.plan(&spec));
    }

    #[test]
    fn planning_after_applying_removes_nothing(world in worlds(40), spec in specs()) {
        let plan = world.plan(&spec);
        let again = world.without(&removed(&plan)).plan(&spec);
        prop_assert_eq!(removed(&again), BTreeSet::new());
        prop_assert_eq!(kept(&again), kept(&plan));
    }

    #[test]
    fn what_is_kept_as_the_oldest_is_so_by_some_rule(world in worlds(20), spec in specs()) {
        let plan = world.plan(&spec);
        let retention = Retention::new(spec).unwrap();
        for verdict in plan.kept().filter(|verdict| verdict.reasons.has(Reason::Oldest)) {
            let told = retention.explain(&world.stock(), now(), &verdict.id).unwrap();
            prop_assert!(told.rules.iter().any(|question| matches!(question.answer, RuleAnswer::KeepsOldest(_))));
        }
    }

    #[test]
    fn a_plan_carried_out_in_part_is_still_the_same_plan(
        world in worlds(40),
        spec in specs(),
        part in any::<Index>(),
    ) {
        let plan = world.plan(&spec);
        let gone: BTreeSet<_> = removed(&plan).into_iter().take(part.index(world.snapshots.len() + 1)).collect();
        let now = world.without(&gone).again(&plan);
        prop_assert_eq!(removed(&now), &removed(&plan) - &gone);
        prop_assert_eq!(plan.check(&now), Ok(()));
    }

    #[test]
    fn a_set_is_kept_or_removed_as_a_whole(world in worlds(40), spec in specs()) {
        let plan = world.plan(&spec);
        // What is not ours keeps out of our sets.
        let strange = |v: &&SnapshotVerdict| v.reasons.are_of_others();
        let kept: BTreeSet<_> = plan.kept().filter(|v| !strange(v)).filter_map(|v| set_of(&world, &v.id)).collect();
        let removed: BTreeSet<_> = plan.removed().filter_map(|v| set_of(&world, &v.id)).collect();
        prop_assert!(kept.is_disjoint(&removed), "{kept:?} and {removed:?}");
    }

    #[test]
    fn an_explanation_says_what_the_plan_says(world in worlds(20), spec in specs()) {
        let plan = world.plan(&spec);
        let retention = Retention::new(spec).unwrap();
        for verdict in plan.kept().chain(plan.removed()) {
            let told = retention.explain(&world.stock(), now(), &verdict.id).unwrap();
            prop_assert_eq!(&told.verdict, verdict);
            prop_assert_eq!(told.kept, kept(&plan).contains(&verdict.id));
            for question in &told.rules {
                let word = question.rule.split(' ').next().unwrap();
                let reason = Reason::ALL.iter().find(|reason| reason.as_str() == word).unwrap();
                let keeps = matches!(question.answer, RuleAnswer::Keeps(_) | RuleAnswer::Matches);
                let as_oldest = matches!(question.answer, RuleAnswer::KeepsOldest(_));
                prop_assert!(!as_oldest || verdict.reasons.has(Reason::Oldest), "{question:?}: {verdict:?}");
                let told = verdict.reasons.has(*reason);
                prop_assert!(told == keeps || (*reason == Reason::Tagged && told), "{question:?}: {verdict:?}");
            }
        }
    }
}
