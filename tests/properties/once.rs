use domain::policy::once::{Claim, Owner, Phase, Record, Step, step};
use jiff::{SignedDuration, Timestamp};
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
    }
}

fn record() -> impl Strategy<Value = Claimed> {
    let first = |lease| {
        let Step::Act(record) = step::<u8, u8>(None, &claim(1, lease, 0), at(0)) else { panic!("no claim") };
        record
    };
    (0..100_i64, 0..4_u8).prop_map(move |(lease, phase)| match phase {
        0 => first(lease),
        1 => first(lease).released("why".to_owned()),
        2 => first(lease).in_doubt(at(50)),
        _ => first(lease).done(at(50), 7),
    })
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
        let done = first.done(at(1), 42);
        prop_assert_eq!(step(Some(&done), &claim(2, 500, 5), at(now)), Step::Return(42));
        prop_assert!(!done.is_open());
    }

    #[test]
    fn an_effect_that_may_have_happened_is_resolved_with_what_was_intended(record in record(), now in 0..200_i64) {
        if let Step::Resolve(next) = step(Some(&record), &claim(2, 500, 5), at(now)) {
            let intended = match &next.phase {
                Phase::Intended { intent, .. } => *intent,
                Phase::Released { .. } | Phase::Done { .. } => 0,
            };
            prop_assert_eq!(intended, 1);
        }
    }

    #[test]
    fn a_key_cannot_be_used_for_two_things(record in record(), now in 0..200_i64) {
        let other = Claim { subject: "another".to_owned(), ..claim(2, 500, 5) };
        prop_assert_eq!(step(Some(&record), &other, at(now)), Step::Reused { recorded: "s".to_owned() });
    }
}
