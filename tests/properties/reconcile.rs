//! What is to be reconciled, one decision at a time.

use domain::policy::open::{GRACE, KEEP_TRYING, NextStep, Open, Stands};
use domain::policy::reconcile::{Matter, Rest, Task, stop_time};
use domain::policy::retention::{Reading, Retention};
use domain::policy::sets::{Progress, SetFound, SetRecord, sets};
use jiff::{SignedDuration, Timestamp};
use ports::{LedgerKey, Snapshot, SnapshotId, SnapshotState, Tags, time};
use proptest::prelude::*;

const NOW: &str = "2026-11-23T14:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    time::earlier(now(), SignedDuration::from_mins(minutes))
}

fn next_step(key: &str, stands: Stands, repeatable: bool) -> NextStep {
    let open = Open { key: key.parse().unwrap(), stands, repeatable };
    open.next_step(SignedDuration::from_mins(10), now())
}

fn matter(next_step: &NextStep) -> Option<Matter> {
    match next_step {
        NextStep::Report(finding) => Some(finding.matter),
        NextStep::Do(_) | NextStep::Finish(_) | NextStep::Wait => None,
    }
}

fn because() -> String {
    "because".to_owned()
}

#[test]
fn an_owner_is_left_to_it_until_its_lease_is_over_and_settled() {
    let key = "snap#i-1#2026-11-23T13:00:00Z";
    for minutes in [-10, 0, 4] {
        assert_eq!(next_step(key, Stands::Intended { lease_until: ago(minutes) }, true), NextStep::Wait);
        assert_eq!(next_step(key, Stands::Untold { at: ago(minutes) }, true), NextStep::Wait);
    }
    let over = ago(GRACE.as_mins());
    let finish = NextStep::Do(Task::FinishSnapshots(key.parse().unwrap()));
    assert_eq!(next_step(key, Stands::Intended { lease_until: over }, true), finish);
    assert_eq!(
        next_step(key, Stands::Untold { at: over }, true),
        NextStep::Do(Task::Tell(key.parse().unwrap()))
    );
}

#[test]
fn a_night_is_seen_through_once_its_claim_is_over_and_until_the_next_one_is() {
    let key = |days_ago: i64| format!("night#run#{}", time::day(ago(days_ago * 24 * 60)));
    let claimed = |until| next_step(&key(0), Stands::Intended { lease_until: until }, true);
    assert_eq!(claimed(time::later(now(), SignedDuration::from_secs(1))), NextStep::Wait);
    assert_eq!(claimed(now()), NextStep::Finish(time::day(now())));
    let released = |days_ago: i64| next_step(&key(days_ago), Stands::Released { because: because() }, true);
    assert!(matches!(released(1), NextStep::Finish(_)));
    assert_eq!(matter(&released(2)), Some(Matter::Unfinished));
}

#[test]
fn a_refused_set_is_tried_for_a_day() {
    let refused = |name: Timestamp| {
        next_step(&format!("snap#i-1#{name}"), Stands::Released { because: because() }, true)
    };
    assert!(matches!(refused(time::earlier(now(), KEEP_TRYING)), NextStep::Do(Task::FinishSnapshots(_))));
    assert_eq!(matter(&refused(ago(KEEP_TRYING.as_mins() + 1))), Some(Matter::GivenUp));
}

#[test]
fn an_answer_to_an_alarm_is_late_when_the_alarm_is_history() {
    let stands = || Stands::Intended { lease_until: ago(6) };
    let late = |minutes| match next_step(&format!("remed#arn#{}", ago(minutes)), stands(), true) {
        NextStep::Do(Task::FinishRemedy { late, .. }) => late,
        other @ (NextStep::Do(_) | NextStep::Finish(_) | NextStep::Report(_) | NextStep::Wait) => {
            panic!("{other:?}")
        }
    };
    assert_eq!((late(10), late(11)), (false, true));
}

#[test]
fn a_restart_that_was_refused_is_not_asked_for_once_its_alarm_is_history() {
    let released = |minutes, repeatable| {
        next_step(&format!("remed#arn#{}", ago(minutes)), Stands::Released { because: because() }, repeatable)
    };
    assert_eq!(matter(&released(11, false)), Some(Matter::GivenUp));
    assert!(matches!(released(9, false), NextStep::Do(_)));
    // Of a scale-out it can still be seen how far it came.
    assert!(matches!(released(11, true), NextStep::Do(Task::FinishRemedy { late: true, .. })));
}

#[test]
fn what_is_halted_or_cannot_be_read_is_for_a_person_whatever_it_is() {
    for key in ["snap#i-1#2026-11-23T13:00:00Z", "notice#x", "poison#f#1", "night#archive#2026-11-20", "?"] {
        assert_eq!(
            matter(&next_step(key, Stands::Halted { because: because() }, true)),
            Some(Matter::Halted)
        );
        let unreadable = Stands::Unreadable { why: because() };
        assert_eq!(matter(&next_step(key, unreadable, true)), Some(Matter::Unreadable));
    }
    let unknown = next_step("?", Stands::Released { because: because() }, true);
    assert_eq!(matter(&unknown), Some(Matter::Unreadable));
}

#[test]
fn an_event_that_could_not_even_be_set_aside_is_for_a_person_once_nobody_is_at_it() {
    let begun = |minutes| next_step("poison#f#1", Stands::Intended { lease_until: ago(minutes) }, true);
    assert_eq!(matter(&begun(6)), Some(Matter::Unfinished));
    assert_eq!(begun(4), NextStep::Wait);
}

#[test]
fn a_stop_has_the_time_that_ec2_tells_in_either_way() {
    for text in ["User initiated (2026-11-23 14:27:11 GMT)", "x (y) (2026-11-23 14:27:11 UTC)"] {
        assert_eq!(stop_time(text), Some("2026-11-23T14:27:11Z".parse().unwrap()), "{text}");
    }
    for text in [
        "",
        "()",
        "User initiated",
        "(2026-13-23 14:27:11 GMT)",
        "(2026-11-23 14:27:11 PST)",
        "2026-11-23 14:27:11 GMT",
    ] {
        assert_eq!(stop_time(text), None, "{text}");
    }
    let since = |at, launched_at| Rest { at, launched_at }.since();
    assert_eq!(since(Some(now()), Some(ago(60))), ago(60));
    assert_eq!(since(Some(now()), Some(now())), now());
    // The launch is not told, or does not fit.
    assert_eq!((since(Some(now()), None), since(Some(ago(1)), Some(now()))), (ago(15), ago(16)));
    assert_eq!((since(None, Some(now())), since(None, None)), (now(), Timestamp::MIN));
}

fn snapshot(n: usize, minute: i64, state: SnapshotState, volume: u8) -> Snapshot {
    Snapshot {
        id: format!("snap-{n}").parse().unwrap(),
        volume: format!("vol-{volume}").parse().unwrap(),
        state,
        started_at: ago(minute),
        size_gib: 8,
        tags: Tags::from_iter([("caretaker:key", "snap#i-1#2026-11-23T13:00:00Z")]),
        description: String::new(),
    }
}

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    let states = vec![
        SnapshotState::Completed,
        SnapshotState::Pending,
        SnapshotState::Error,
        SnapshotState::Recoverable,
    ];
    let one = (0..60_i64, proptest::sample::select(states), 1..3_u8);
    proptest::collection::vec(one, 1..8).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (minute, state, volume))| snapshot(n, minute, state, volume))
            .collect()
    })
}

/// The record of a set of these volumes, of which people were told of one snapshot at the most.
fn done<const N: usize>(volumes: [u8; N], recorded: Option<SnapshotId>) -> SetRecord {
    let named = volumes.iter().map(|volume| format!("vol-{volume}").parse().unwrap()).collect();
    SetRecord::Done { named, recorded: recorded.into_iter().collect(), since: ago(60), again: None }
}

fn read(snapshots: &[Snapshot]) -> Reading {
    let mut reading = Retention::days(30).unwrap().reading(None);
    for snapshot in snapshots {
        reading.add(snapshot, false);
    }
    reading
}

/// What is said of the set that all of these are of.
fn set<T>(snapshots: &[Snapshot], said: impl FnOnce(&SetFound<'_>) -> T) -> T {
    said(&sets(&read(snapshots)).next().unwrap())
}

/// What is removed, and what is kept for it.
fn removals(snapshots: &[Snapshot], record: &SetRecord) -> Vec<(SnapshotId, SnapshotId)> {
    let reading = read(snapshots);
    let next_steps = sets(&reading).flat_map(|set| set.next_steps(record, now())).collect::<Vec<_>>();
    let removal = |next_step| match next_step {
        NextStep::Do(Task::Remove { snapshot, kept, .. }) => Some((snapshot, kept)),
        NextStep::Do(_) | NextStep::Finish(_) | NextStep::Report(_) | NextStep::Wait => None,
    };
    next_steps.into_iter().filter_map(removal).collect()
}

proptest! {
    #[test]
    fn what_is_removed_leaves_a_completed_one_of_its_volume(all in snapshots(), told in proptest::option::of(0..8_usize)) {
        let recorded = told.and_then(|nth| all.get(nth)).map(|s| s.id.clone());
        let removed = removals(&all, &done([1, 2], recorded));
        let by_id = |id: &SnapshotId| all.iter().find(|s| s.id == *id).unwrap();
        for (gone, kept) in &removed {
            prop_assert_eq!(&by_id(gone).volume, &by_id(kept).volume);
            prop_assert_eq!(by_id(kept).state, SnapshotState::Completed);
            prop_assert!(removed.iter().all(|(other, _)| other != kept), "{} is kept and removed", kept);
        }
    }

    #[test]
    fn nothing_is_removed_that_the_ledger_does_not_prove_to_be_too_many(all in snapshots()) {
        prop_assert_eq!(removals(&all, &SetRecord::Forgotten), Vec::new());
        let of_one = removals(&all, &done([1], None));
        let is_of_it = |id: &SnapshotId| all.iter().any(|s| s.id == *id && s.volume.as_str() == "vol-1");
        prop_assert!(of_one.iter().all(|(gone, _)| is_of_it(gone)), "{of_one:?}");
    }

    #[test]
    fn removing_and_looking_again_removes_nothing(all in snapshots()) {
        let record = done([1, 2], None);
        let removed = removals(&all, &record);
        let left: Vec<Snapshot> = all.into_iter().filter(|s| removed.iter().all(|(gone, _)| *gone != s.id)).collect();
        prop_assert_eq!(removals(&left, &record), Vec::new());
    }

    #[test]
    fn the_order_of_the_listing_does_not_matter(all in snapshots()) {
        let mut turned = all.clone();
        turned.reverse();
        let record = done([1, 2], None);
        prop_assert_eq!(removals(&all, &record), removals(&turned, &record));
    }

    #[test]
    fn a_set_that_somebody_is_at_is_left_alone(all in snapshots()) {
        for set in sets(&read(&all)) {
            prop_assert_eq!(set.next_steps(&SetRecord::Open, now()), Vec::new());
        }
    }

    #[test]
    fn any_key_has_a_next_step(key in "[a-z]{0,6}(#[a-z0-9:T-]{0,24}){0,3}", minutes in 0..3000_i64) {
        prop_assume!(LedgerKey::new(key.as_str()).is_ok());
        next_step(&key, Stands::Intended { lease_until: ago(minutes) }, true);
    }
}

#[test]
fn a_set_that_was_made_again_is_judged_once_it_can_be_seen() {
    let failed = [snapshot(1, 30, SnapshotState::Error, 1)];
    let named = || ["vol-1".parse().unwrap()].into();
    let record = |again| SetRecord::Done { named: named(), recorded: [].into(), since: ago(60), again };
    let judge = |again| set(&failed, |set| set.next_steps(&record(again), now()));
    assert!(matches!(judge(None)[..], [NextStep::Do(Task::MakeAgain(_))]));
    assert_eq!(judge(Some(ago(4))), [NextStep::Wait]);
    assert_eq!(matter(&judge(Some(ago(5)))[0]), Some(Matter::SetFailed));
}

#[test]
fn a_snapshot_of_the_first_moment_of_an_incident_is_of_it() {
    let two = [snapshot(1, 60, SnapshotState::Completed, 1), snapshot(2, 29, SnapshotState::Completed, 1)];
    assert_eq!(removals(&two, &done([1], Some(two[0].id.clone()))).len(), 1);
}

#[test]
fn nobody_waits_for_a_single_snapshot() {
    let one = [snapshot(1, 30, SnapshotState::Pending, 1)];
    assert_eq!(set(&one, |set| set.next_steps(&done([1], None), now())), []);
}

#[test]
fn several_snapshots_of_a_volume_are_for_a_person_where_the_ledger_proves_nothing() {
    let two = [snapshot(1, 30, SnapshotState::Completed, 1), snapshot(2, 29, SnapshotState::Completed, 1)];
    let later = SetRecord::Done {
        named: ["vol-1".parse().unwrap()].into(),
        recorded: ["snap-2".parse().unwrap()].into(),
        // Somebody copied the tags of one to another that was there before the incident.
        since: time::later(ago(30), SignedDuration::from_secs(1)),
        again: None,
    };
    for record in [SetRecord::Forgotten, done([2], None), later] {
        let next_steps = set(&two, |set| set.next_steps(&record, now()));
        assert_eq!(next_steps.iter().map(matter).collect::<Vec<_>>(), [Some(Matter::Surplus)], "{record:?}");
    }
}

#[test]
fn copies_are_no_part_of_a_set() {
    let mut copies =
        [snapshot(1, 30, SnapshotState::Completed, 1), snapshot(2, 29, SnapshotState::Completed, 1)];
    for copy in &mut copies {
        copy.volume = "vol-ffffffff".parse().unwrap();
    }
    assert_eq!(sets(&read(&copies)).count(), 0);
}

#[test]
fn a_notice_that_nobody_sends_any_more_is_sent() {
    let key = "notice#snap#i-1#2026-11-23T13:00:00Z";
    let send = NextStep::Do(Task::SendNotice(key.parse().unwrap()));
    for stands in [Stands::Intended { lease_until: ago(6) }, Stands::Released { because: because() }] {
        assert_eq!(next_step(key, stands, true), send);
    }
}

#[test]
fn a_transition_of_an_alarm_is_late_only_beyond_its_age() {
    let late = |at: Timestamp| {
        let stands = Stands::Intended { lease_until: ago(6) };
        matches!(
            next_step(&format!("remed#arn#{at}"), stands, true),
            NextStep::Do(Task::FinishRemedy { late: true, .. })
        )
    };
    assert!(!late(ago(10)) && late(ago(10) - SignedDuration::from_nanos(1)));
}

#[test]
fn an_owner_may_be_at_an_entry_until_its_lease_is_over() {
    let has_owner = |stands| Open { key: "?".parse().unwrap(), stands, repeatable: true }.has_owner(now());
    assert!(has_owner(Stands::Intended { lease_until: now() + SignedDuration::from_nanos(1) }));
    assert!(!has_owner(Stands::Intended { lease_until: now() }));
    assert!(!has_owner(Stands::Released { because: because() }));
}

#[test]
fn a_set_is_as_far_as_its_slowest_volume() {
    use SnapshotState::{Completed, Error, Pending};
    let progress = |states: &[(SnapshotState, u8)]| {
        let all: Vec<Snapshot> =
            states.iter().enumerate().map(|(n, (state, volume))| snapshot(n, 30, *state, *volume)).collect();
        set(&all, |set| (set.progress(), set.is_odd()))
    };
    assert_eq!(progress(&[(Completed, 1), (Completed, 2)]), (Progress::Completed, false));
    assert_eq!(progress(&[(Completed, 1), (Pending, 2)]), (Progress::Pending, false));
    assert_eq!(progress(&[(Completed, 1), (Error, 2)]), (Progress::Failed, true));
    // A good one makes up for a bad one.
    assert_eq!(progress(&[(Completed, 1), (Error, 1)]), (Progress::Completed, false));
    assert_eq!(progress(&[(Completed, 1), (Completed, 1)]), (Progress::Completed, true));
}

#[test]
fn a_set_begins_with_its_oldest_snapshot() {
    let all = [snapshot(1, 10, SnapshotState::Completed, 1), snapshot(2, 20, SnapshotState::Completed, 2)];
    assert_eq!(sets(&read(&all)).next().unwrap().begun_at(), Some(ago(20)));
}

#[test]
fn the_one_that_people_were_told_of_is_kept_and_else_the_oldest() {
    let all = [snapshot(1, 30, SnapshotState::Completed, 1), snapshot(2, 29, SnapshotState::Completed, 1)];
    let id = |n: usize| all[n].id.clone();
    assert_eq!(removals(&all, &done([1], None)), [(id(1), id(0))]);
    assert_eq!(removals(&all, &done([1], Some(id(1)))), [(id(0), id(1))]);
}

#[test]
fn a_part_of_a_set_that_the_ledger_does_not_name_is_not_made_again() {
    let failed = [snapshot(1, 30, SnapshotState::Error, 1), snapshot(2, 30, SnapshotState::Completed, 2)];
    assert_eq!(set(&failed, |set| set.next_steps(&done([2], None), now())), []);
    let again = set(&failed, |set| set.next_steps(&done([1, 2], None), now()));
    assert!(matches!(again[..], [NextStep::Do(Task::MakeAgain(_))]), "{again:?}");
    assert_eq!(
        matter(&set(&failed, |set| set.next_steps(&SetRecord::Forgotten, now()))[0]),
        Some(Matter::SetFailed)
    );
}

#[test]
fn what_a_person_holds_is_not_told_as_one_too_many() {
    let mut all =
        [snapshot(1, 30, SnapshotState::Completed, 1), snapshot(2, 29, SnapshotState::Completed, 1)];
    all[1].tags.insert("caretaker:hold", "true");
    assert_eq!(set(&all, |set| set.next_steps(&SetRecord::Forgotten, now())), []);
}
