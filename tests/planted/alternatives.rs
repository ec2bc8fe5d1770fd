//! Other ways to make a set happen once, in the same exploration, and what each of them can end in.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use adapters_sim::SimPorts;
use adapters_sim::{HasPorts, Names};
use async_trait::async_trait;
use cloud_sim::Scenario;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::{Cloud, Fact, Happening};
use cloud_sim::explore::{Bounds, OrderOfAnswers};
use cloud_sim::fault::{Consistency, Fault, FaultPlan};
use cloud_sim::kernel::{FunctionError, Handler};
use cloud_sim::rule::{Invariant, Seen};
use futures::FutureExt;
use jiff::SignedDuration;
use lambda_shims::Ports;
use lambda_shims::handler::{self, Context};
use lambda_shims::settings::SnapshotSettings;
use ports::{
    Clock, CreateOne, CreateSet, CreatedSnapshot, Deletion, Ledger, LedgerEntry, LedgerKey, Page, PageToken,
    PortError, Snapshot, SnapshotFilter, SnapshotId, SnapshotState, Snapshots, Swap, TagSet, VolumeId, time,
};
use simulation::stack::FunctionName::AutoSnapshot;
use simulation::stack::{RECONCILE, usual_settings};
use simulation::story::story;

use crate::part::{Change, Oops, handler as planted, protect, skipped};
use crate::snapshot::checks_then_creates;

/// What a run can end in.
const ENDS: [&str; 5] =
    ["one set, told", "no set, a person knows", "no set, silent", "one set, silent", "two sets"];

/// Remembers what each run ended in.
#[derive(Default)]
struct Ends {
    told: bool,
    given_up: bool,
    all: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Invariant for Ends {
    fn name(&self) -> &'static str {
        "what each run ended in is remembered"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        self.told |= matches!(seen.fact, Fact::Published { key, .. } if key.starts_with("snap#"));
        self.given_up |= matches!(seen.fact, Fact::Exhausted { .. });
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let good = || cloud.snapshots.all().filter(|snapshot| snapshot.state != SnapshotState::Error);
        let of_one_volume = |volume: &VolumeId| good().filter(|snapshot| snapshot.volume == *volume).count();
        let sets = cloud.ec2.disks().map(|(volume, _)| of_one_volume(volume)).max().unwrap_or(0);
        let end = match (sets, self.told, self.given_up) {
            (0, false, false) => ENDS[2],
            (0, _, _) => ENDS[1],
            (1, false, false) => ENDS[3],
            (1, _, _) => ENDS[0],
            _ => ENDS[4],
        };
        self.all.lock().unwrap().insert(end);
        Vec::new()
    }
}

/// Every end that one fault can lead to, and two deliveries at once.
fn ends(way: &dyn Fn(Scenario) -> Scenario, plan: &FaultPlan) -> BTreeSet<&'static str> {
    let all = Arc::default();
    for (deliveries, faults) in [(1, 1), (2, 0)] {
        let shared = Arc::clone(&all);
        let plan = FaultPlan { budget: Some(faults), ..plan.clone() };
        let story = way(story(AutoSnapshot, deliveries, faults).faults(plan))
            .without_rules()
            .expects(move || Ends { all: Arc::clone(&shared), ..Ends::default() });
        let order_of_answers = OrderOfAnswers::IsAllTheSame;
        let explored = story.explore(Bounds { order_of_answers, ..Bounds::default() }, |_| true);
        assert!(explored.complete);
    }
    std::mem::take(&mut *all.lock().unwrap())
}

/// Nobody reconciles: what the function itself ends in.
fn alone(story: Scenario) -> Scenario {
    story.set_up(|sim| sim.cloud(|cloud| cloud.lambda.forget_function("nightly-maintenance")))
}

/// The nightly function reconciles once more, when everything has landed.
fn reconciled_again(story: Scenario) -> Scenario {
    let delivery = Delivery { function: "nightly-maintenance".to_owned(), payload: RECONCILE.into() };
    story.happens(SignedDuration::from_mins(80), Happening::Deliver(delivery))
}

fn with(story: Scenario, handler: &Handler) -> Scenario {
    let handler = Arc::clone(handler);
    alone(story).set_up(move |sim| {
        sim.install("auto-snapshot", Arc::clone(&handler));
        sim.cloud(|cloud| cloud.iam.forget_roles());
    })
}

/// What can go wrong without anything being seen late: answers that get lost, and crashes.
fn troubles() -> FaultPlan {
    FaultPlan::choices(
        vec![
            Fault::TimeoutAfter,
            Fault::TimeoutLate,
            Fault::CrashBefore,
            Fault::CrashLate,
            Fault::CrashAfter,
        ],
        1,
    )
}

/// An idempotency record, as AWS's Powertools keep it: in progress until the function's time is over, completed, or
/// deleted when the function fails (<https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/>).
fn keeps_a_record_that_expires() -> Handler {
    planted(|invocation, ports| async move {
        let change = Change::read(&invocation)?;
        let key: LedgerKey = format!("idempotency#{}", change.instance).parse()?;
        let stored = ports.get(&key).await?;
        match &stored {
            Some(stored) if stored.entry.state == "COMPLETED" => return Ok(skipped("it was done")),
            Some(stored) if stored.entry.state == "INPROGRESS" && ports.now() < stored.entry.keep_until => {
                return Err("already in progress".into());
            }
            _ => {}
        }
        let entry = |state: &str| LedgerEntry {
            state: state.to_owned(),
            open: false,
            keep_until: time::later(ports.now(), SignedDuration::from_secs(60)),
        };
        let Swap::Won(version) =
            ports.swap(&key, stored.map(|stored| stored.version), &entry("INPROGRESS")).await?
        else {
            return Err("already in progress".into());
        };
        let done = protect(&ports, &change).await;
        let state = if done.is_ok() { "COMPLETED" } else { "DELETED" };
        ports.swap(&key, Some(version), &entry(state)).await.map_err(Oops::from)?;
        done
    })
}

/// The real snapshots, behind a client that sends a request again when it hears no answer, as the AWS SDK does by default.
#[derive(Clone, Debug)]
struct SentAgain(SimPorts);

#[async_trait]
impl Snapshots for SentAgain {
    async fn page(
        &self,
        filter: &SnapshotFilter,
        from: Option<PageToken>,
    ) -> Result<Page<Snapshot>, PortError> {
        Snapshots::page(&self.0, filter, from).await
    }

    async fn create_set(&self, wish: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError> {
        match self.0.create_set(wish).await {
            Err(error) if error.effect() == ports::Effect::Unknown => {
                // Long enough for EC2 to take another snapshot of the volume.
                self.0.sleep(SignedDuration::from_secs(15)).await;
                self.0.create_set(wish).await
            }
            answer => answer,
        }
    }

    async fn create_one(&self, wish: &CreateOne) -> Result<CreatedSnapshot, PortError> {
        self.0.create_one(wish).await
    }

    async fn tag(&self, id: &SnapshotId, tags: &TagSet) -> Result<(), PortError> {
        self.0.tag(id, tags).await
    }

    async fn delete(&self, id: &SnapshotId) -> Result<Deletion, PortError> {
        self.0.delete(id).await
    }
}

fn ours_with_retries_left_on() -> Handler {
    let settings = Arc::new(SnapshotSettings::parse(&usual_settings()).unwrap());
    Arc::new(move |invocation| {
        let settings = Arc::clone(&settings);
        async move {
            let all = invocation.ports().bound_to(Names::default());
            let ports = Ports { snapshots: Arc::new(SentAgain(all.clone())), ..Ports::of(all) };
            let context = Context {
                request: invocation.request.parse().unwrap(),
                nonce: invocation.id.0.to_string(),
                function: invocation.function.clone(),
                account: None,
                region: None,
                deadline: invocation.deadline,
            };
            let ports_in = move |_: Option<&ports::Region>| ports.clone().into();
            let answer = handler::auto_snapshot(&ports_in, &settings, &invocation.payload, &context).await;
            answer.map(|reply| reply.body).map_err(|failure| FunctionError {
                error_type: failure.error_type.to_owned(),
                message: failure.message,
            })
        }
        .boxed()
    })
}

/// A plan in which what lands late does so when the time to settle is over, and others have acted.
fn lands_too_late() -> FaultPlan {
    FaultPlan { landings: vec![1500], ..troubles() }
}

/// A plan in which nothing new is seen before the time to settle is over.
fn seen_too_late() -> FaultPlan {
    FaultPlan {
        consistency: Consistency { lagging: 1000, soonest: 900, latest: 900, ..Consistency::default() },
        ..troubles()
    }
}

type Way = Box<dyn Fn(Scenario) -> Scenario>;

#[test]
fn what_each_way_to_make_a_set_happen_once_can_end_in() {
    let handled = |handler: Handler| -> Way { Box::new(move |story| with(story, &handler)) };
    let as_it_is = || -> Way { Box::new(|story| story) };
    let ways = [
        ("check, then create", handled(checks_then_creates()), troubles()),
        ("a record that expires", handled(keeps_a_record_that_expires()), troubles()),
        ("ours, with the SDK's retries left on", handled(ours_with_retries_left_on()), troubles()),
        ("ours, never reconciled", Box::new(alone), troubles()),
        ("ours", as_it_is(), troubles()),
        ("ours, a request lands after the reconciler acted", as_it_is(), lands_too_late()),
        ("the same, once it is reconciled again", Box::new(reconciled_again), lands_too_late()),
        ("ours, a new set is not seen before the settle time is over", as_it_is(), seen_too_late()),
    ];
    let mut table = format!("| way | {} |\n| --- |{}\n", ENDS.join(" | "), " --- |".repeat(ENDS.len()));
    for (way, story, plan) in ways {
        let reached = ends(&story, &plan);
        let cells = ENDS.map(|end| if reached.contains(end) { "yes" } else { "" });
        writeln!(table, "| {way} | {} |", cells.join(" | ")).unwrap();
    }
    insta::assert_snapshot!(table);
}
