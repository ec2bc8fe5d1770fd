//! The protocol over a ledger, one clause of it at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use adapters_sim::{HasPorts, Names, SimPorts};
use cloud_sim::Sim;
use cloud_sim::kernel::{Seeded, Trace};
use domain::policy::mode::Mode;
use domain::policy::once::Owner;
use domain::workflow::effect::{Repeatable, Unfinished};
use domain::workflow::once::{How, Once, OnceError, Performed};
use domain::workflow::run::Run;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use ports::{ErrorKind, Ledger, LedgerEntry, LedgerKey, PortError, Retry, Stored, time};
use support::scene::at;

const NOW: &str = "2026-11-23T14:00:00Z";

/// A cloud with nothing but a ledger, and how often the effect happened.
struct Bench {
    sim: Sim,
    acted: Arc<AtomicU32>,
}

fn key() -> LedgerKey {
    "test#1".parse().unwrap()
}

fn run(deadline: Timestamp) -> Run {
    let owner = Owner { request: "r-1".parse().unwrap(), nonce: "a".to_owned() };
    Run { owner, function: "test".to_owned(), deadline, mode: Mode::Act }
}

impl Bench {
    fn new() -> Self {
        let sim = Sim::with(at(NOW), Box::new(Seeded::new(1)), Trace::kept());
        sim.cloud(|cloud| cloud.dynamodb.add_table(&Names::default().ledger, "key"));
        Self { sim, acted: Arc::default() }
    }

    fn seconds_left(&self, seconds: i64) -> Result<Performed<u32>, OnceError> {
        self.perform("count", SignedDuration::from_secs(seconds))
    }

    fn perform(&self, subject: &'static str, left: SignedDuration) -> Result<Performed<u32>, OnceError> {
        let (ports, acted) = (self.sim.ports(), Arc::clone(&self.acted));
        let run = run(time::later(self.sim.now(), left));
        let performing = async move { perform(&ports, &run, subject, &acted).await };
        self.sim.block_on(performing).unwrap()
    }

    fn acted(&self) -> u32 {
        self.acted.load(Ordering::Relaxed)
    }

    fn entry(&self) -> Option<Stored> {
        let ports = self.sim.ports();
        self.sim.block_on(async move { ports.get(&key()).await }).unwrap().unwrap()
    }

    fn put(&self, state: &str) {
        let ports = self.sim.ports();
        let entry =
            LedgerEntry { state: state.to_owned(), open: true, keep_until: at("2026-12-24T00:00:00Z") };
        let put = async move { ports.swap(&key(), None, &entry).await };
        self.sim.block_on(put).unwrap().unwrap();
    }
}

async fn perform(
    ports: &SimPorts,
    run: &Run,
    subject: &'static str,
    acted: &AtomicU32,
) -> Result<Performed<u32>, OnceError> {
    let act = move || async move { Ok(acted.fetch_add(1, Ordering::Relaxed) + 1) }.boxed();
    Once { ledger: ports, clock: ports, run }.perform(&Repeatable::new(key(), subject, act)).await
}

#[test]
fn with_no_time_left_nothing_is_begun_and_nothing_written() {
    for seconds in [0, -1, -3600, 9] {
        let bench = Bench::new();
        let error = bench.seconds_left(seconds).unwrap_err();
        assert_eq!((&error, error.retry()), (&OnceError::OutOfTime { key: key() }, Retry::Later));
        assert_eq!((bench.acted(), bench.entry()), (0, None), "{seconds}");
    }
}

#[test]
fn a_key_that_stands_for_other_parameters_is_refused_and_both_are_named() {
    let bench = Bench::new();
    bench.perform("archive table a", SignedDuration::from_secs(60)).unwrap();
    let error = bench.perform("archive table b", SignedDuration::from_secs(60)).unwrap_err();
    let said = error.to_string();
    assert_eq!(said, "`test#1`: the key stands for `archive table a` already, not for `archive table b`");
    assert_eq!((error.retry(), bench.acted()), (Retry::Never, 1));
}

#[test]
fn an_entry_of_the_first_format_is_understood() {
    let done = r#"{"format":1,"subject":"count","fence":1,
        "phase":{"done":{"at":"2026-11-23T13:00:00Z","outcome":7}}}"#;
    let bench = Bench::new();
    bench.put(done);
    let told = bench.seconds_left(60).unwrap();
    assert_eq!((told.outcome, told.how, told.untold), (7, How::Recorded, None));

    let released = r#"{"format":1,"subject":"count","fence":3,"phase":{"released":{"because":"x"}}}"#;
    let bench = Bench::new();
    bench.put(released);
    assert_eq!(bench.seconds_left(60).unwrap().how, How::Fresh);
    assert!(bench.entry().unwrap().entry.state.contains(r#""fence":4"#));
}

#[test]
fn what_an_earlier_owner_may_have_done_is_not_given_back_by_one_that_is_refused() {
    let begun = r#"{"format":2,"subject":"count","fence":1,"phase":{"intended":{
        "owner":{"request":"r-0","nonce":"z"},"lease_until":"2026-11-23T13:00:00Z","intent":null}}}"#;
    let bench = Bench::new();
    bench.put(begun);
    let (ports, run) = (bench.sim.ports(), run(at("2026-11-23T14:01:00Z")));
    let refused = async move {
        let act = || {
            let denied = PortError::new(ErrorKind::Denied, "SetDesiredCapacity", "AccessDenied");
            async { Err::<u32, _>(Unfinished::from(denied)) }.boxed()
        };
        let once = Once { ledger: &ports, clock: &ports, run: &run };
        once.perform(&Repeatable::new(key(), "count", act)).await
    };
    bench.sim.block_on(refused).unwrap().unwrap_err();
    let state = bench.entry().unwrap().entry.state;
    assert!(state.contains("intended") && state.contains(r#""fence":2"#), "{state}");
}

#[test]
fn an_entry_of_a_later_format_is_left_alone() {
    let later = r#"{"format":9,"subject":"count","fence":1,
        "phase":{"done":{"at":"2026-11-23T13:00:00Z","outcome":7}}}"#;
    for state in [later, "{}", "not JSON"] {
        let bench = Bench::new();
        bench.put(state);
        let error = bench.seconds_left(60).unwrap_err();
        assert!(matches!(error, OnceError::Unreadable { .. }), "{error}");
        assert_eq!((error.retry(), bench.acted()), (Retry::Never, 0));
        assert_eq!(bench.entry().unwrap().entry.state, state);
    }
}

#[test]
fn an_entry_is_kept_longer_than_anything_redelivers_an_event() {
    let bench = Bench::new();
    bench.seconds_left(60).unwrap();
    let kept = bench.entry().unwrap().entry.keep_until.duration_since(bench.sim.now());
    assert!(SignedDuration::from_hours(14 * 24) <= kept, "{kept}");
}

#[test]
fn expiry_is_no_lock_an_expired_entry_that_still_stands_counts() {
    let bench = Bench::new();
    bench.seconds_left(60).unwrap();
    // DynamoDB removes expired entries days late.
    bench.sim.run_for(SignedDuration::from_hours(40 * 24));
    assert!(bench.entry().unwrap().entry.keep_until < bench.sim.now());
    assert_eq!((bench.seconds_left(60).unwrap().how, bench.acted()), (How::Recorded, 1));
}
