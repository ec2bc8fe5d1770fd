//! Which incident an event is of, whatever an instance lives through.

use domain::policy::incident::{Begun, Incidents, Joined, Kind, KnownIncident, Placement, before_the_end};
use jiff::{SignedDuration, Timestamp};
use ports::{InstanceState, time};
use proptest::collection::vec;
use proptest::prelude::*;

/// What the ledger holds of the incidents of an instance.
#[derive(Clone, Debug, Default)]
struct Known {
    names: Incidents,
    begun: Vec<(Timestamp, Begun)>,
}

impl Known {
    /// What is read of the incidents around an event.
    fn around(&self, sign: &Placement) -> Vec<KnownIncident> {
        let begun = |name| self.begun.iter().find(|(other, _)| *other == name).map(|(_, begun)| *begun);
        self.names.around(sign).map(|name| KnownIncident { name, begun: begun(name) }).collect()
    }

    /// Finds a name, and dies before anything is begun under it.
    fn open(&mut self, sign: &Placement) -> KnownIncident {
        match self.names.join(sign, &self.around(sign)) {
            Joined::Known(known) => known,
            Joined::Opened(name, names) => {
                self.names = names;
                KnownIncident { name, begun: None }
            }
        }
    }

    /// Begins what was not begun under a name.
    fn begin(&mut self, known: KnownIncident, sign: &Placement) -> Timestamp {
        if known.begun.is_none() {
            self.begun.push((known.name, Begun { first: *sign, is_taken: true }));
        }
        known.name
    }

    fn before_the_end(&self, sign: &Placement) -> Option<Timestamp> {
        before_the_end(sign, &self.around(sign))
    }
}

/// Joins an event as a run of the function does; gives the name of its incident.
fn join(known: &mut Known, sign: &Placement) -> Timestamp {
    let its = known.open(sign);
    known.begin(its, sign)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn end(second: i64, state: InstanceState, launch: i64) -> Placement {
    Placement { at: at(second), kind: Kind::End, entered: Some(state), launched_at: Some(at(launch)) }
}

fn running(second: i64, launch: i64) -> Placement {
    Placement { at: at(second), kind: Kind::Running, entered: None, launched_at: Some(at(launch)) }
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

/// The incidents of these seconds.
fn named(seconds: &[i64]) -> Incidents {
    let names: Vec<Timestamp> = seconds.iter().copied().map(at).collect();
    serde_json::from_value(serde_json::json!(names)).unwrap()
}

#[test]
fn only_incidents_near_an_event_are_around_it_and_of_an_end_those_of_its_run_too() {
    let names = named(&[10_000, 12_000, 19_100, 20_000, 20_900, 20_901]);
    let around = |sign: &Placement| names.around(sign).map(Timestamp::as_second).collect::<Vec<_>>();
    let stopped = end(20_000, InstanceState::Stopped, 11_000);
    assert_eq!(around(&stopped), [12_000, 19_100, 20_000, 20_900, 20_901]);
    let running = Placement { kind: Kind::Running, entered: None, ..stopped };
    assert_eq!(around(&running), [19_100, 20_000, 20_900]);
}

#[test]
fn a_run_begins_with_the_moment_of_its_launch() {
    let mut known = Known::default();
    let first = join(&mut known, &end(100, InstanceState::Stopping, 100));
    assert_eq!(join(&mut known, &end(160, InstanceState::Stopped, 100)), first);
}

#[test]
fn the_incidents_since_a_time_are_those_of_then_and_later() {
    let since: Vec<Timestamp> = named(&[100, 200, 300]).since(at(200)).collect();
    assert_eq!(since, [at(200), at(300)]);
}

proptest! {
    /// However long it runs, is down, or takes to stop, in either order of its events, each as often as they come.
    #[test]
    fn s26_each_run_ends_in_one_incident_and_no_two_in_the_same(runs in runs(), order in vec(any::<bool>(), 12)) {
        let mut known = Known::default();
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
        let mut known = Known::default();
        let tell = |known: &mut Known, (_, stopping, _): (i64, i64, i64), launch| {
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
        let mut known = Known::default();
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
        let mut known = Known::default();
        for second in seconds {
            let name = join(&mut known, &running(second, 0));
            prop_assert!(time::apart(at(second), name) <= Incidents::WINDOW);
        }
    }

    #[test]
    fn what_leaves_it_running_and_its_end_are_never_one(seconds in vec((0..3_000_i64, any::<bool>()), 1..30)) {
        let mut known = Known::default();
        let (mut ends, mut others) = (Vec::new(), Vec::new());
        for (second, is_end) in seconds {
            if is_end {
                ends.push(join(&mut known, &Placement { entered: None, ..end(second, InstanceState::Stopped, 0) }));
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
    let mut known = Known::default();
    let first = join(&mut known, &running(10_000, 0));
    assert_eq!(join(&mut known, &running(10_900, 0)), first);
    assert_eq!(join(&mut known, &running(9_100, 0)), first);
    assert_eq!(join(&mut known, &running(9_099, 0)), at(9_099));
    assert_eq!(join(&mut known, &running(10_901, 0)), at(10_901));
}

#[test]
fn a_launch_in_between_ends_the_window() {
    let mut known = Known::default();
    let first = join(&mut known, &running(10_000, 0));
    assert_ne!(join(&mut known, &running(10_060, 10_060)), first);
    // An event at the very launch is of the new run; one a second before it is not.
    assert_eq!(join(&mut known, &running(10_059, 10_060)), first);
}

/// Where no launch is told, or only a later one, an hour decides.
#[test]
fn s26_an_end_of_which_no_launch_is_known_lasts_an_hour() {
    for launched_at in [None, Some(at(100_000))] {
        let mut known = Known::default();
        let sign = |second, state| Placement { launched_at, ..end(second, state, 0) };
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
    let sign = |minutes| Placement {
        at: later(minutes),
        kind: Kind::End,
        entered: Some(InstanceState::Terminated),
        launched_at: Some(time::earlier(begin, SignedDuration::from_hours(1))),
    };
    let known = Known { names, ..Known::default() };
    // Nobody knows what it was: then whatever is near is of it.
    assert_eq!(known.names.around(&sign(1)).collect::<Vec<_>>(), [begin]);
    assert_eq!(join(&mut known.clone(), &sign(15)), begin);
    assert_ne!(join(&mut known.clone(), &sign(16)), begin);
    // Its record says that it was a stop: then the end of that run is.
    let bare = Begun { first: Placement::bare(begin, Kind::End), is_taken: true };
    let stop = Known { begun: vec![(begin, bare)], ..known };
    assert_eq!(join(&mut stop.clone(), &sign(600)), begin);
}

#[test]
fn thirty_two_incidents_are_remembered() {
    let mut known = Known::default();
    for second in 0..40 {
        join(&mut known, &running(second * 1_000, 0));
    }
    let names = serde_json::to_value(&known.names).unwrap();
    assert_eq!(names.as_array().unwrap().len(), Incidents::REMEMBERED);
    assert_eq!(names[0], serde_json::json!(at(8_000)));
}

#[test]
fn the_earlier_set_of_a_run_is_the_latest_that_left_it_running() {
    let mut known = Known::default();
    for (second, launch) in [(1_000, 0), (5_000, 4_000), (7_000, 4_000)] {
        join(&mut known, &running(second, launch));
    }
    let stop = end(8_000, InstanceState::Stopping, 4_000);
    assert_eq!(known.before_the_end(&stop), Some(at(7_000)));
    assert_eq!(known.before_the_end(&end(6_000, InstanceState::Stopping, 4_000)), Some(at(5_000)));
    assert_eq!(known.before_the_end(&end(4_500, InstanceState::Stopping, 4_000)), None);
    assert_eq!(known.before_the_end(&running(8_000, 4_000)), None);
}

/// Whatever dies between opening and beginning, and however the events mix: each is answered under one name however often it
/// comes, and never under that of the other kind.
#[test]
fn s26_a_name_that_was_opened_and_left_goes_to_whoever_is_near_and_costs_nobody_a_set() {
    let reboot = running(1_000, 0);
    for minutes in [1, 10, 15] {
        let stop = end(1_000 + minutes * 60, InstanceState::Stopping, 0);
        for (left, other) in [(reboot, stop), (stop, reboot)] {
            let mut known = Known::default();
            let name = known.open(&left).name;
            assert_eq!(join(&mut known, &other), name);
            let again = join(&mut known, &left);
            assert_ne!(again, name);
            assert_eq!((join(&mut known, &left), join(&mut known, &other)), (again, name));
        }
    }
}

#[test]
fn s26_an_event_that_opened_a_name_and_died_finds_it_whatever_comes_before_it_comes_again() {
    let stop = end(1_000, InstanceState::Stopping, 0);
    let mut known = Known::default();
    let name = known.open(&stop).name;
    // It was started in between, and stopped again.
    let next = join(&mut known, &end(1_600, InstanceState::Stopping, 1_300));
    assert_ne!(next, name);
    for launch in [0, 1_300] {
        let stop = Placement { launched_at: Some(at(launch)), ..stop };
        assert_eq!(join(&mut known.clone(), &stop), name);
    }
}

/// The second stop was read with the launch of the first one's run, so it took the name that the first had left.
#[test]
fn s26_a_stop_under_the_name_of_another_run_finds_it_again_once_its_launch_is_told() {
    let (first, second) = (end(1_000, InstanceState::Stopping, 0), end(1_600, InstanceState::Stopping, 0));
    let mut known = Known::default();
    let name = known.open(&first).name;
    assert_eq!(join(&mut known, &second), name);
    assert_eq!(join(&mut known, &Placement { launched_at: Some(at(1_300)), ..second }), name);
    let its = join(&mut known, &Placement { launched_at: Some(at(1_300)), ..first });
    assert_ne!(its, name);
    assert_eq!(join(&mut known, &first), its);
}

/// A stop that takes longer than the window: what the first event left is not taken up, and the end has one set all the same.
#[test]
fn s26_a_name_that_a_long_stop_left_makes_no_second_set_of_its_end() {
    let (stopping, stopped) = (end(1_000, InstanceState::Stopping, 0), end(2_260, InstanceState::Stopped, 0));
    let mut known = Known::default();
    known.open(&stopping);
    let name = join(&mut known, &stopped);
    assert_eq!(join(&mut known, &stopping), name);
}

/// Two that read the same name before anything was begun under it: the record that is there first tells whose it is.
#[test]
fn s26_an_incident_is_met_only_by_events_of_its_own_kind_and_run() {
    let (reboot, stop) = (running(1_000, 0), end(1_060, InstanceState::Stopping, 0));
    assert!(!reboot.is_met_by(&stop) && !stop.is_met_by(&reboot));
    assert!(stop.is_met_by(&end(2_000, InstanceState::Stopped, 0)));
    assert!(!stop.is_met_by(&end(2_000, InstanceState::Stopped, 1_500)));
    assert!(!stop.with_launch(Some(at(1_500))).is_met_by(&end(2_000, InstanceState::Stopped, 0)));
    // The event itself always meets it.
    assert!(stop.is_met_by(&Placement { launched_at: Some(at(1_500)), ..stop }));
}
