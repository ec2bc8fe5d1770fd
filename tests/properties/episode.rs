//! Which incident an event is of, whatever an instance lives through.

use domain::policy::episode::{Episodes, Joined, Kind, Sign};
use jiff::{SignedDuration, Timestamp};
use ports::{InstanceState, time};
use proptest::collection::vec;
use proptest::prelude::*;

/// Joins an event as a run of the function does; gives the name of its incident.
fn join(known: &mut Episodes, sign: &Sign) -> Timestamp {
    // Two notes at the most come before: one of the launch, one of the incident.
    for _ in 0..4 {
        match known.join(sign) {
            Joined::Known(name) => return name,
            Joined::Note(notes) => known.notes = notes,
            Joined::Opened(_, names) => known.names = names,
        }
    }
    panic!("{sign:?} finds no place in {known:?}")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn end(second: i64, state: InstanceState, launch: i64) -> Sign {
    Sign { at: at(second), kind: Kind::End, entered: Some(state), launched_at: Some(at(launch)) }
}

fn running(second: i64, launch: i64) -> Sign {
    Sign { at: at(second), kind: Kind::Running, entered: None, launched_at: Some(at(launch)) }
}

/// The ends of some runs: of each when it was launched, when it was `stopping`, and when it was `stopped`.
fn runs() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
    vec((1..900_i64, 30..90_000_i64, 1..10_000_i64), 1..12).prop_map(|lengths| {
        let mut now = 1_000_000;
        let mut runs = Vec::new();
        for (down, up, stopping) in lengths {
            let launch = now + down;
            now = launch + up + stopping;
            runs.push((launch, launch + up, now));
        }
        runs
    })
}

proptest! {
    /// However long it runs, is down, or takes to stop, in either order of its events, each as often as they come.
    #[test]
    fn s26_each_run_ends_in_one_incident_and_no_two_in_the_same(runs in runs(), order in vec(any::<bool>(), 12)) {
        let mut known = Episodes::default();
        let mut names = Vec::new();
        for ((launch, stopping, stopped), turned) in runs.into_iter().zip(order) {
            let mut events = [end(stopping, InstanceState::Stopping, launch), end(stopped, InstanceState::Stopped, launch)];
            if turned {
                events.reverse();
            }
            let its: Vec<_> = events.iter().chain(&events).map(|sign| join(&mut known, sign)).collect();
            prop_assert!(its.iter().all(|name| *name == its[0]), "{its:?}");
            prop_assert!(!names.contains(&its[0]));
            names.push(its[0]);
        }
    }

    /// A redelivery comes after any number of restarts.
    #[test]
    fn s26_an_event_that_comes_again_after_restarts_belongs_where_it_belonged(runs in runs()) {
        let mut known = Episodes::default();
        let tell = |known: &mut Episodes, (_, stopping, _): (i64, i64, i64), launch| {
            join(known, &end(stopping, InstanceState::Stopping, launch))
        };
        let names: Vec<_> = runs.iter().map(|run| tell(&mut known, *run, run.0)).collect();
        let last = runs.last().unwrap().0;
        let again: Vec<_> = runs.iter().map(|run| tell(&mut known, *run, last)).collect();
        prop_assert_eq!(again, names);
    }

    /// EC2 may tell the launch before for as long as it likes: an instance stops once a run.
    #[test]
    fn s26_no_stop_is_hidden_by_a_launch_that_is_read_stale(runs in runs()) {
        let mut known = Episodes::default();
        let first = runs[0].0;
        let tell = |(_, stopping, _): &(i64, i64, i64)| {
            join(&mut known, &end(*stopping, InstanceState::Stopping, first))
        };
        let mut names: Vec<_> = runs.iter().map(tell).collect();
        names.dedup();
        prop_assert_eq!(names.len(), runs.len());
    }

    #[test]
    fn what_leaves_it_running_belongs_to_an_incident_near_it(seconds in vec(0..100_000_i64, 1..30)) {
        let mut known = Episodes::default();
        for second in seconds {
            let name = join(&mut known, &running(second, 0));
            prop_assert!(time::apart(at(second), name) <= Episodes::WINDOW);
        }
    }

    #[test]
    fn what_leaves_it_running_and_its_end_are_never_one(seconds in vec((0..3_000_i64, any::<bool>()), 1..30)) {
        let mut known = Episodes::default();
        let (mut ends, mut others) = (Vec::new(), Vec::new());
        for (second, is_end) in seconds {
            if is_end {
                ends.push(join(&mut known, &Sign { entered: None, ..end(second, InstanceState::Stopped, 0) }));
            } else {
                others.push(join(&mut known, &running(second, 0)));
            }
        }
        prop_assert!(ends.iter().all(|name| !others.contains(name)));
        ends.dedup();
        prop_assert!(ends.len() <= 1, "{ends:?}");
    }
}

/// Both edges of the window.
#[test]
fn fifteen_minutes_apart_is_one_incident_and_a_second_more_is_two() {
    let mut known = Episodes::default();
    let first = join(&mut known, &running(10_000, 0));
    assert_eq!(join(&mut known, &running(10_900, 0)), first);
    assert_eq!(join(&mut known, &running(9_100, 0)), first);
    assert_eq!(join(&mut known, &running(9_099, 0)), at(9_099));
    assert_eq!(join(&mut known, &running(10_901, 0)), at(10_901));
}

#[test]
fn a_launch_in_between_ends_the_window() {
    let mut known = Episodes::default();
    let first = join(&mut known, &running(10_000, 0));
    assert_ne!(join(&mut known, &running(10_060, 10_060)), first);
    // An event at the very launch is of the new run; one a second before it is not.
    assert_eq!(join(&mut known, &running(10_059, 10_060)), first);
}

/// Where no launch is told, or only a later one, an hour decides.
#[test]
fn s26_an_end_of_which_no_launch_is_known_lasts_an_hour() {
    for launched_at in [None, Some(at(100_000))] {
        let mut known = Episodes::default();
        let sign = |second, state| Sign { launched_at, ..end(second, state, 0) };
        let first = join(&mut known, &sign(10_000, InstanceState::Stopping));
        assert_eq!(join(&mut known, &sign(13_600, InstanceState::Stopped)), first);
        assert_ne!(join(&mut known, &sign(13_601, InstanceState::Stopped)), first);
    }
}

#[test]
fn an_incident_of_an_earlier_version_is_joined_as_it_was() {
    let names = serde_json::from_str(r#"["2026-11-23T14:00:00Z"]"#).unwrap();
    let begin: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
    let later = |minutes| time::later(begin, SignedDuration::from_mins(minutes));
    let sign = |minutes| Sign {
        at: later(minutes),
        kind: Kind::End,
        entered: Some(InstanceState::Terminated),
        launched_at: Some(time::earlier(begin, SignedDuration::from_hours(1))),
    };
    let known = Episodes { names, ..Episodes::default() };
    // Nobody knows what it was: then whatever is near is of it.
    assert_eq!(known.unknown(&sign(1)).collect::<Vec<_>>(), [begin]);
    assert_eq!(join(&mut known.clone(), &sign(15)), begin);
    assert_ne!(join(&mut known.clone(), &sign(16)), begin);
    // Its record says that it was a stop: then the end of that run is.
    let stop = known.with_kind(begin, Kind::End);
    assert_eq!(stop.unknown(&sign(1)).count(), 0);
    assert_eq!(join(&mut stop.clone(), &sign(600)), begin);
}

#[test]
fn thirty_two_incidents_are_remembered() {
    let mut known = Episodes::default();
    for second in 0..40 {
        join(&mut known, &running(second * 1_000, 0));
    }
    let names = serde_json::to_value(&known.names).unwrap();
    assert_eq!(names.as_array().unwrap().len(), Episodes::REMEMBERED);
    assert_eq!(names[0], serde_json::json!(at(8_000)));
}

#[test]
fn the_earlier_set_of_a_run_is_the_latest_that_left_it_running() {
    let mut known = Episodes::default();
    for (second, launch) in [(1_000, 0), (5_000, 4_000), (7_000, 4_000)] {
        join(&mut known, &running(second, launch));
    }
    let stop = end(8_000, InstanceState::Stopping, 4_000);
    assert_eq!(known.before_the_end(&stop), Some(at(7_000)));
    assert_eq!(known.before_the_end(&end(6_000, InstanceState::Stopping, 4_000)), Some(at(5_000)));
    assert_eq!(known.before_the_end(&end(4_500, InstanceState::Stopping, 4_000)), None);
    assert_eq!(known.before_the_end(&running(8_000, 4_000)), None);
}
