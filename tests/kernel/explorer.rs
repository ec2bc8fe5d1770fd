use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use adapters_sim::HasPorts;
use cloud_sim::Scenario;
use cloud_sim::cloud::Cloud;
use cloud_sim::explore::{Bounds, OrderOfAnswers};
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::kernel::{Handler, Invocation};
use cloud_sim::rule::{Invariant, Seen, generic};
use futures::FutureExt;
use futures::future::join_all;
use jiff::SignedDuration;
use ports::{Ledger, LedgerEntry, LedgerKey, Swap, Version};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const KEYS: [&str; 2] = ["a", "b"];

/// What a worker does: look at a key, or write it with the version it last saw.
#[derive(Clone, Copy, Debug)]
enum Do {
    Look(usize),
    Write(usize),
    /// Look at both, together.
    LookAtAll,
}

/// What every worker saw, and what is left in the ledger: one outcome of one execution.
type Outcome = (Vec<(u64, String)>, Vec<String>);

/// Remembers the outcome of each execution.
#[derive(Clone, Default)]
struct Outcomes {
    saw: Arc<Mutex<Vec<(u64, String)>>>,
    all: Arc<Mutex<BTreeSet<Outcome>>>,
}

impl Invariant for Outcomes {
    fn name(&self) -> &'static str {
        "every outcome is remembered"
    }

    fn see(&mut self, _: Seen<'_>) -> Option<String> {
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let mut saw = std::mem::take(&mut *self.saw.lock().unwrap());
        saw.sort();
        let table = cloud.dynamodb.look("ledger").unwrap();
        let left = KEYS.iter().map(|key| format!("{:?}", table.get(key))).collect();
        self.all.lock().unwrap().insert((saw, left));
        Vec::new()
    }
}

async fn work(invocation: Invocation, program: Vec<Do>, outcomes: Outcomes) {
    let ports = invocation.ports();
    let key = |k: usize| KEYS[k].parse::<LedgerKey>().unwrap();
    let mut seen: [Option<Version>; 2] = [None; 2];
    let mut log = String::new();
    for step in program {
        match step {
            Do::Look(k) => seen[k] = ports.get(&key(k)).await.unwrap().map(|stored| stored.version),
            Do::LookAtAll => {
                let keys = [key(0), key(1)];
                let both = join_all(keys.iter().map(|key| ports.get(key))).await;
                seen = [0, 1].map(|k| both[k].as_ref().unwrap().as_ref().map(|stored| stored.version));
            }
            Do::Write(k) => {
                let keep_until = "2027-01-01T00:00:00Z".parse().unwrap();
                let entry = LedgerEntry { state: format!("{}", invocation.id.0), open: false, keep_until };
                let swap = ports.swap(&key(k), seen[k], &entry).await.unwrap();
                log += if matches!(swap, Swap::Won(_)) { "won " } else { "lost " };
            }
        }
        write!(log, "{seen:?} ").unwrap();
    }
    outcomes.saw.lock().unwrap().push((invocation.id.0, log));
}

fn outcomes_of(programs: &[Vec<Do>], bounds: Bounds, plan: &FaultPlan) -> (BTreeSet<Outcome>, u64) {
    let outcomes = Outcomes::default();
    let watching = outcomes.clone();
    let mut scenario = Scenario::at("2026-11-23T14:00:00Z".parse().unwrap())
        .watches(generic)
        .table("ledger", "key")
        .lasts(SignedDuration::from_mins(10))
        .faults(plan.clone())
        .expects(move || {
            // An execution that was left half-way told of no outcome.
            watching.saw.lock().unwrap().clear();
            watching.clone()
        });
    for (n, program) in programs.iter().enumerate() {
        let (program, outcomes) = (program.clone(), outcomes.clone());
        let worker: Handler = Arc::new(move |invocation| {
            let (program, outcomes) = (program.clone(), outcomes.clone());
            async move {
                work(invocation, program, outcomes).await;
                Ok(().into())
            }
            .boxed()
        });
        let name = format!("worker-{n}");
        scenario = scenario.function(&name, SignedDuration::from_mins(1), worker).delivers(&name, b"{}", 1);
    }
    let explored = scenario.explore(bounds, |_| true);
    assert!(explored.complete);
    let all = std::mem::take(&mut *outcomes.all.lock().unwrap());
    (all, explored.executions)
}

/// Every order, one by one.
const PLAIN: Bounds = Bounds {
    preemptions: None,
    order_of_answers: OrderOfAnswers::Matters,
    executions: None,
    first_only: false,
    every_order: true,
};

fn step() -> impl Strategy<Value = Do> {
    prop_oneof![(0..2_usize).prop_map(Do::Look), (0..2_usize).prop_map(Do::Write), Just(Do::LookAtAll),]
}

fn programs() -> impl Strategy<Value = Vec<Vec<Do>>> {
    proptest::collection::vec(proptest::collection::vec(step(), 1..=3), 2..=3).prop_filter(
        "few enough orders to try them one by one",
        |programs| {
            let requests = |program: &Vec<Do>| {
                program.iter().map(|step| 1 + usize::from(matches!(step, Do::LookAtAll))).sum::<usize>()
            };
            programs.iter().map(requests).sum::<usize>() <= 7
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn leaving_orders_out_loses_no_outcome(programs in programs()) {
        let none = FaultPlan::default();
        let (every, plain) = outcomes_of(&programs, PLAIN, &none);
        for order_of_answers in [OrderOfAnswers::Matters, OrderOfAnswers::IsAllTheSame] {
            let (found, few) = outcomes_of(&programs, Bounds { order_of_answers, ..Bounds::default() }, &none);
            prop_assert_eq!(&found, &every);
            prop_assert!(few <= plain);
        }
    }

    #[test]
    fn remembering_where_one_has_been_loses_no_outcome(programs in programs(), most in 0..4_u32) {
        let none = FaultPlan::default();
        let bounds = Bounds { preemptions: Some(most), ..PLAIN };
        let (every, plain) = outcomes_of(&programs, bounds, &none);
        for order_of_answers in [OrderOfAnswers::Matters, OrderOfAnswers::IsAllTheSame] {
            let bounds = Bounds { order_of_answers, every_order: false, ..bounds };
            let (found, few) = outcomes_of(&programs, bounds, &none);
            prop_assert_eq!(&found, &every);
            prop_assert!(few <= plain);
        }
    }
}

#[test]
fn leaving_orders_out_loses_no_outcome_when_something_goes_wrong() {
    let programs = [vec![Do::Look(0), Do::Write(0)], vec![Do::Look(0), Do::Write(0)]];
    let plan =
        FaultPlan::choices(vec![Fault::Denied, Fault::CrashBefore, Fault::CrashAfter, Fault::CrashLate], 1);
    let (every, plain) = outcomes_of(&programs, PLAIN, &plan);
    for preemptions in [None, Some(99)] {
        let (found, few) = outcomes_of(&programs, Bounds { preemptions, ..Bounds::default() }, &plan);
        assert_eq!(found, every);
        assert!(few < plain, "{few} of {plain}");
    }
}

#[test]
fn remembering_where_one_has_been_loses_no_outcome_within_a_bound_when_something_goes_wrong() {
    let programs = [vec![Do::Look(0), Do::Write(0), Do::Look(1)], vec![Do::LookAtAll, Do::Write(0)]];
    let plan =
        FaultPlan::choices(vec![Fault::Denied, Fault::CrashBefore, Fault::CrashAfter, Fault::CrashLate], 1);
    for most in 0..3 {
        let bounds = Bounds { preemptions: Some(most), ..PLAIN };
        let (every, plain) = outcomes_of(&programs, bounds, &plan);
        let (found, few) = outcomes_of(&programs, Bounds { every_order: false, ..bounds }, &plan);
        assert_eq!(found, every);
        assert!(few <= plain, "{few} of {plain}");
    }
}

#[test]
fn of_orders_that_nobody_can_tell_apart_one_is_tried() {
    let programs = [vec![Do::Look(0), Do::Write(0)], vec![Do::Look(1), Do::Write(1)]];
    let (_, executions) = outcomes_of(&programs, Bounds::default(), &FaultPlan::default());
    assert_eq!(executions, 1);
}

#[test]
fn every_order_that_matters_is_tried() {
    // Each of two looks and writes: of the six orders of four requests two are like others.
    let programs = [vec![Do::Look(0), Do::Write(0)], vec![Do::Look(0), Do::Write(0)]];
    let (outcomes, _) = outcomes_of(&programs, Bounds::default(), &FaultPlan::default());
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
}

#[test]
fn a_bound_on_preemptions_is_kept() {
    let programs = [vec![Do::Look(0), Do::Write(0)], vec![Do::Look(0), Do::Write(0)]];
    let executions = |most| {
        let bounds = Bounds { preemptions: Some(most), ..PLAIN };
        outcomes_of(&programs, bounds, &FaultPlan::default()).1
    };
    assert_eq!([executions(0), executions(1), executions(2)], [2, 4, 6]);
}
