use domain::policy::episode::{Episodes, Joined};
use jiff::Timestamp;
use ports::time;
use proptest::collection::vec;
use proptest::prelude::*;

/// Joins events one after the other and tells where each belongs.
fn join_all(events: &[Timestamp]) -> Vec<Timestamp> {
    let mut known = Episodes::default();
    let mut join = |at: &Timestamp| match known.join(*at) {
        Joined::Known(opened) => opened,
        Joined::Opened(opened, episodes) => {
            known = episodes;
            opened
        }
    };
    events.iter().map(&mut join).collect()
}

proptest! {
    #[test]
    fn an_event_belongs_to_an_incident_near_it(seconds in vec(0..100_000_i64, 1..30)) {
        let events: Vec<_> = seconds.iter().map(|s| Timestamp::from_second(*s).unwrap()).collect();
        for (at, opened) in events.iter().zip(join_all(&events)) {
            prop_assert!(time::apart(*at, opened) <= Episodes::WINDOW);
        }
    }

    #[test]
    fn a_redelivered_event_belongs_where_it_belonged(seconds in vec(0..20_000_i64, 1..20)) {
        let once: Vec<_> = seconds.iter().map(|s| Timestamp::from_second(*s).unwrap()).collect();
        let twice: Vec<_> = once.iter().flat_map(|at| [*at, *at]).collect();
        let joined = join_all(&twice);
        prop_assert!(joined.chunks(2).all(|pair| pair[0] == pair[1]));
    }
}
