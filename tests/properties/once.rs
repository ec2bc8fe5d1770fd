use domain::policy::once::{
    Claim, Fence, InDoubt, LEASE_MARGIN, Owner, Phase, Record, Step, backoff, fits, step,
};
use jiff::{SignedDuration, Timestamp};
use ports::ErrorKind;
use proptest::prelude::*;

type Claimed = Record<u8, u8>;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn claim(owner: u8, lease: i64, settle: i64) -> Claim<u8> {
    Claim {
        owner: Owner { request: "r".parse().unwrap(), nonce: owner.to_string() },
        subject: "s".to_owned(),
        intent: owner,
        lease_until: at(lease),
        settle: SignedDuration::from_secs(settle),
        in_doubt: InDoubt::RunAgain,
    }
}

/// The record of a first claim with this lease.
fn record_of(lease: i64) -> Claimed {
    let Step::Act(record) = step::<u8, u8>(None, &claim(1, lease, 0), at(0)) else { panic!("no claim") };
    record
}

fn record() -> impl Strategy<Value = Claimed> {
    (0..100_i64, 0..5_u8).prop_map(|(lease, phase)| match phase {
        0 => record_of(lease),
        1 => record_of(lease).released("why"),
        2 => record_of(lease).in_doubt(at(50)),
        3 => record_of(lease).halted(at(50), "why"),
        _ => record_of(lease).done(at(50), 7, false),
    })
}

#[test]
fn an_entry_of_the_first_format_counts_as_told() {
    let mut written = serde_json::to_value(record_of(1).done(at(50), 7, false)).unwrap();
    assert_eq!(written["phase"]["done"].as_object_mut().unwrap().remove("told"), Some(false.into()));
    let read: Claimed = serde_json::from_value(written).unwrap();
    assert_eq!(read.phase, Phase::Done { at: at(50), outcome: 7, told: true });
}

#[test]
fn what_is_over_before_the_deadline_fits() {
    assert!(fits(at(0), at(1_000)));
    assert!(!fits(at(1_000), at(1_000)));
}

#[test]
fn a_fence_is_written_as_its_number() {
    assert_eq!(Fence(7).to_string(), "7");
}

proptest! {
    #[test]
    fn nobody_acts_while_another_may(record in record(), now in 0..200_i64, settle in 0..50_i64) {
        let decided = step(Some(&record), &claim(2, 500, settle), at(now));
        if let Phase::Intended { lease_until, .. } = &record.phase {
            let free_at = lease_until.as_second() + settle;
            let acts = matches!(decided, Step::Act(_) | Step::Resolve(_));
            prop_assert_eq!(acts, free_at <= now, "{:?}", decided);
            prop_assert!(!matches!(decided, Step::Act(_)), "an intent that was written may have been acted upon");
        }
    }

    #[test]
    fn every_claim_raises_the_fence(record in record(), now in 0..200_i64) {
        if let Step::Act(next) | Step::Resolve(next) = step(Some(&record), &claim(2, 500, 5), at(now)) {
            prop_assert_eq!(next.fence.0, record.fence.0 + 1);
        }
    }

    #[test]
    fn what_is_done_stays_done(now in 0..200_i64, lease in 0..100_i64) {
        let Step::Act(first) = step::<u8, u8>(None, &claim(1, lease, 0), at(0)) else { panic!() };
        let done = first.done(at(1), 42, false);
        let decided = step(Some(&done), &claim(2, 500, 5), at(now));
        prop_assert_eq!(decided, Step::Return { outcome: 42, told: false });
        prop_assert!(done.is_open(), "people do not know of it yet");
        prop_assert!(!done.told().is_open());
    }

    #[test]
    fn an_effect_that_may_have_happened_is_resolved_with_what_was_intended(record in record(), now in 0..200_i64) {
        if let Step::Resolve(next) = step(Some(&record), &claim(2, 500, 5), at(now)) {
            prop_assert_eq!(next.intent(), Some(&1));
        }
    }

    #[test]
    fn a_key_cannot_be_used_for_two_things(record in record(), now in 0..200_i64) {
        let other = Claim { subject: "another".to_owned(), ..claim(2, 500, 5) };
        prop_assert_eq!(step(Some(&record), &other, at(now)), Step::Reused { recorded: "s".to_owned() });
    }

    #[test]
    fn what_can_neither_be_found_nor_repeated_is_never_done_by_a_second_owner(record in record(), now in 0..900_i64) {
        let claim = Claim { in_doubt: InDoubt::Halt, ..claim(2, 500, 0) };
        let decided = step(Some(&record), &claim, at(now));
        if record.intent().is_some() && !matches!(record.phase, Phase::Released { .. }) {
            prop_assert!(!matches!(decided, Step::Act(_) | Step::Resolve(_)), "{:?}", decided);
        }
    }

    #[test]
    fn a_halted_effect_stays_so(now in 0..900_i64, lease in 0..100_i64) {
        let Step::Act(first) = step::<u8, u8>(None, &claim(1, lease, 0), at(0)) else { panic!() };
        let halted = first.halted(at(1), "why");
        let decided = step(Some(&halted), &claim(2, 500, 0), at(now));
        prop_assert_eq!(decided, Step::Halted { because: "why".to_owned() });
        prop_assert!(halted.is_open());
    }

    /// The owner begins its last call, by its own clock, only if that ends before the deadline; another takes over by a clock
    /// that is off by as much as the lease has for it.
    #[test]
    fn clocks_that_differ_by_the_margin_do_not_let_two_act_at_once(
        deadline in 100..200_i64, sent in 0..300_i64, taken in 0..300_i64, skew in -10..=10_i64,
    ) {
        let lease = deadline + LEASE_MARGIN.as_secs();
        let Step::Act(first) = step::<u8, u8>(None, &claim(1, lease, 0), at(0)) else { panic!() };
        let takes_over = matches!(step(Some(&first), &claim(2, 999, 0), at(taken + skew)), Step::Resolve(_));
        if fits(at(sent), at(deadline)) && takes_over {
            prop_assert!(sent + 10 <= taken, "sent at {}, taken over at {}", sent, taken);
        }
    }

    #[test]
    fn nothing_is_begun_at_or_after_the_deadline(at_second in 0..300_i64, deadline in 0..300_i64) {
        prop_assert!(!fits(at(at_second), at(deadline)) || at_second < deadline);
    }
}

#[test]
fn a_lease_is_over_at_its_end_and_not_a_nanosecond_earlier() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    let other = claim(2, 500, 0);
    let just_before = at(100) - SignedDuration::from_nanos(1);
    assert_eq!(step(Some(&first), &other, just_before), Step::Busy { until: at(100) });
    assert!(matches!(step(Some(&first), &other, at(100)), Step::Resolve(_)));
}

#[test]
fn an_effect_has_settled_when_its_time_is_over_and_not_before() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    let other = claim(2, 500, 50);
    assert_eq!(step(Some(&first), &other, at(149)), Step::Look { intent: 1, settled_at: at(150) });
    assert!(matches!(step(Some(&first), &other, at(150)), Step::Resolve(_)));
}

#[test]
fn an_owner_in_doubt_gives_its_lease_up_at_once_and_never_lengthens_it() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    let lease = |record: Claimed| match record.phase {
        Phase::Intended { lease_until, .. } => lease_until,
        other @ (Phase::Released { .. } | Phase::Done { .. } | Phase::Halted { .. }) => panic!("{other:?}"),
    };
    assert_eq!(lease(first.in_doubt(at(40))), at(40));
    assert_eq!(lease(first.in_doubt(at(140))), at(100));
}

#[test]
fn what_was_written_down_before_an_effect_is_known_until_it_is_done() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    let why = "why";
    for record in [first.clone(), first.released(why), first.halted(at(1), why)] {
        assert_eq!((record.intent(), record.phase.parameters(|_| 9)), (Some(&1), Some(1)));
    }
    let done = first.done(at(1), 42, true);
    assert_eq!((done.intent(), done.phase.parameters(|outcome| outcome + 1)), (None, Some(43)));
    // What is done cannot be halted any more.
    assert_eq!(done.halted(at(2), why), done);
}

#[test]
fn only_what_is_halted_waits_for_a_person() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    assert!(first.halted(at(1), "why").is_halted());
    assert!(!first.is_halted() && !first.done(at(1), 42, false).is_halted());
}

#[test]
fn an_effect_is_done_once_more_under_the_next_fence_with_what_is_asked_for_now() {
    let Step::Act(first) = step::<u8, u8>(None, &claim(1, 100, 0), at(0)) else { panic!() };
    let again = first.done(at(1), 42, true).again(&claim(2, 500, 0));
    assert_eq!((again.fence.0, again.intent(), again.is_open()), (2, Some(&2), true));
}

#[test]
fn the_next_attempt_waits_twice_as_long_up_to_a_minute_and_a_busy_resource_at_least_15_seconds() {
    let wait = |attempts, kind| backoff(attempts, kind).as_secs();
    let plain: Vec<i64> = (0..8).map(|attempts| wait(attempts, ErrorKind::Unavailable)).collect();
    assert_eq!(plain, [1, 2, 4, 8, 16, 32, 32, 32]);
    let busy: Vec<i64> = (0..4).map(|attempts| wait(attempts, ErrorKind::Busy)).collect();
    assert_eq!(busy, [15, 30, 60, 60]);
}
