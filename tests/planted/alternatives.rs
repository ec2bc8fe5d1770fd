//! Other ways to make a set happen once, in the same exploration, and what each of them can end in.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use adapters_sim::cloud::{Cloud, Fact};
use adapters_sim::explore::{Bounds, OrderOfAnswers};
use adapters_sim::fault::{Consistency, Fault, FaultPlan};
use adapters_sim::invariant::{Invariant, Seen};
use adapters_sim::kernel::{FunctionError, Handler};
use adapters_sim::port::Names;
use adapters_sim::{Scenario, SimPorts};
use async_trait::async_trait;
use cli::stack::FunctionName::AutoSnapshot;
use cli::stack::usual_settings;
use cli::story::story;
use futures::FutureExt;
use jiff::SignedDuration;
use lambda_shims::Ports;
use lambda_shims::handler::{self, Context};
use lambda_shims::settings::SnapshotSettings;
use ports::{
    Clock, CreateOne, CreateSet, CreatedSnapshot, Deletion, Ledger, LedgerEntry, LedgerKey, Page, PageToken,
    PortError, Snapshot, SnapshotFilter, SnapshotId, SnapshotState, Snapshots, Swap, TagSet, VolumeId, time,
};

use crate::part::{Change, Oops, handler as planted, protect, skipped};
use crate::snapshot::checks_then_creates;

/// What a run can end in.
const ENDS: [&str; 5] =
    ["one set, told", "no set, a person knows", "no set, silent", "one set, silent", "two sets"];

/// Remembers what each run ended in.
#[derive(Clone, Default)]
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
        match seen.fact {
            Fact::Published { key, .. } => self.told |= key.starts_with("snap#"),
            Fact::Exhausted { .. } => self.given_up = true,
            _ => {}
        }
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

/// Every end that two deliveries and one fault can lead to.
fn ends(story: Scenario) -> BTreeSet<&'static str> {
    let ends = Ends::default();
    let fresh = ends.clone();
    let story =
        story.own_rules_only().expects(move || Ends { all: Arc::clone(&fresh.all), ..Ends::default() });
    let bounds =
        Bounds { preemptions: Some(1), order_of_answers: OrderOfAnswers::IsAllTheSame, ..Bounds::default() };
    assert!(story.explore(bounds, |_| true).complete);
    let all = ends.all.lock().unwrap().clone();
    all
}

/// The story without anybody who reconciles: what the function itself ends in.
fn alone(plan: FaultPlan, handler: Option<Handler>) -> Scenario {
    let story = story(AutoSnapshot, 2, 1).faults(plan).set_up(|sim| {
        sim.cloud(|cloud| cloud.lambda.forget_function("nightly-maintenance"));
    });
    match handler {
        Some(handler) => story.set_up(move |sim| sim.install("auto-snapshot", Arc::clone(&handler))),
        None => story,
    }
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
#[derive(Clone)]
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
            let answer =
                handler::auto_snapshot(&move |_| ports.clone(), &settings, &invocation.payload, &context)
                    .await;
            answer.map(|reply| reply.body).map_err(|failure| FunctionError {
                error_type: failure.error_type.to_owned(),
                message: failure.message,
            })
        }
        .boxed()
    })
}

/// A plan in which what goes wrong lands only when the time to settle is over.
fn lands_too_late() -> FaultPlan {
    FaultPlan { landings: vec![900], ..troubles() }
}

/// A plan in which nothing new is seen before the time to settle is over.
fn seen_too_late() -> FaultPlan {
    FaultPlan {
        consistency: Consistency { lagging: 1000, soonest: 900, latest: 900, flapping: false },
        ..troubles()
    }
}

fn reconciled(plan: FaultPlan) -> Scenario {
    story(AutoSnapshot, 2, 1).faults(plan)
}

#[test]
fn what_each_way_to_make_a_set_happen_once_can_end_in() {
    let ways: [(&str, Scenario); 8] = [
        ("check, then create", alone(troubles(), Some(checks_then_creates()))),
        ("a record that expires", alone(troubles(), Some(keeps_a_record_that_expires()))),
        ("ours, with the SDK's retries left on", alone(troubles(), Some(ours_with_retries_left_on()))),
        ("ours, never reconciled", alone(troubles(), None)),
        ("ours", reconciled(troubles())),
        ("ours, a request lands after the settle time", alone(lands_too_late(), None)),
        ("the same, reconciled", reconciled(lands_too_late())),
        ("ours, a new set is unseen after the settle time", reconciled(seen_too_late())),
    ];
    let mut table = format!("| two deliveries, one fault | {} |\n", ENDS.join(" | "));
    table.push_str("| --- |");
    table.push_str(&" --- |".repeat(ENDS.len()));
    table.push('\n');
    for (way, story) in ways {
        let reached = ends(story);
        let cells = ENDS.map(|end| if reached.contains(end) { "yes" } else { "" });
        writeln!(table, "| {way} | {} |", cells.join(" | ")).unwrap();
    }
    insta::assert_snapshot!(table);
}
