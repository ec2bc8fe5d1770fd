//! How much memory the nightly function needs for very many snapshots: of the whole process, as Lambda counts it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figure is what it is run for")]

mod listing;

use std::sync::Arc;

use adapters_sim::HasPorts;
use async_trait::async_trait;
use domain::policy::mode::Mode;
use domain::policy::once::Owner;
use domain::policy::pace::Rate;
use domain::policy::reconcile::ReconcilePolicy;
use domain::policy::retention::{Cap, Retention, RetentionSpec};
use domain::policy::snapshot::SnapshotPolicy;
use domain::workflow::maintain::{Hooks, Night, NightPolicy, Task, maintain};
use domain::workflow::reconcile::{Reconciled, reconcile};
use domain::workflow::run::Run;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use lambda_shims::Ports;
use ports::trigger::NightTrigger;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, ErrorKind, Instance, InstanceId, InstanceStore,
    Inventory, Page, PageToken, PortError, Presence, Snapshot, SnapshotFilter, SnapshotId, SnapshotLock,
    SnapshotUse, Snapshots, TagSet, Volume, VolumeId, time,
};
use support::scene::Scene;

const PAGE: usize = 1_000;

/// An account with so many snapshots. A page is made when it is asked for, so that they take no memory here.
#[derive(Clone, Copy, Debug)]
struct Account {
    count: usize,
    now: Timestamp,
}

fn not_asked<T>() -> Result<T, PortError> {
    Err(PortError::new(ErrorKind::Rejected, "test", "it does not ask for this"))
}

#[async_trait]
impl Snapshots for Account {
    async fn page(&self, _: &SnapshotFilter, from: Option<PageToken>) -> Result<Page<Snapshot>, PortError> {
        let from: usize = from.map_or(0, |token| token.0.parse().unwrap());
        let to = self.count.min(from + PAGE);
        let next = (to < self.count).then(|| PageToken(to.to_string()));
        Ok(Page { items: (from..to).map(|n| listing::snapshot(n, self.count, self.now)).collect(), next })
    }

    async fn create_set(&self, _: &CreateSet) -> Result<Vec<CreatedSnapshot>, PortError> {
        not_asked()
    }

    async fn create_one(&self, _: &CreateOne) -> Result<CreatedSnapshot, PortError> {
        not_asked()
    }

    async fn tag(&self, _: &SnapshotId, _: &TagSet) -> Result<(), PortError> {
        not_asked()
    }

    async fn delete(&self, _: &SnapshotId) -> Result<Deletion, PortError> {
        Ok(Deletion::Deleted)
    }
}

#[async_trait]
impl Inventory for Account {
    async fn instance(&self, _: &InstanceId) -> Result<Option<Instance>, PortError> {
        not_asked()
    }

    async fn volumes(&self, _: &InstanceId) -> Result<Vec<Volume>, PortError> {
        not_asked()
    }

    async fn presence(&self, _: &VolumeId) -> Result<Presence, PortError> {
        not_asked()
    }

    async fn instance_store(&self, _: &str) -> Result<Option<InstanceStore>, PortError> {
        not_asked()
    }

    async fn uses(&self, _: &[SnapshotId]) -> Result<Vec<SnapshotUse>, PortError> {
        Ok(Vec::new())
    }

    async fn locks(&self, _: Option<PageToken>) -> Result<Page<SnapshotLock>, PortError> {
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn not_running(&self, _: &str, _: Option<PageToken>) -> Result<Page<Instance>, PortError> {
        Ok(Page { items: Vec::new(), next: None })
    }
}

/// The simulated account, but for its snapshots.
fn ports(scene: &Scene, count: usize) -> Ports {
    let account = Account { count, now: scene.sim.now() };
    Ports { inventory: Arc::new(account), snapshots: Arc::new(account), ..Ports::of(scene.sim.ports()) }
}

fn run(scene: &Scene) -> Run {
    let owner = Owner { request: "r-1".parse().unwrap(), nonce: "a".to_owned() };
    let deadline = time::later(scene.sim.now(), SignedDuration::from_mins(15));
    Run { owner, function: "nightly-maintenance".to_owned(), deadline, mode: Mode::Act }
}

/// By a calendar, after which most is to go, in one slice and unasked.
fn calendar() -> RetentionSpec {
    RetentionSpec {
        keep_daily: Some("7".parse().unwrap()),
        keep_monthly: Some("12".parse().unwrap()),
        max_remove: Cap { percent: 100, number: u32::MAX },
        ..RetentionSpec::default()
    }
}

/// A night of so many days ago, done now in an account with so many snapshots.
fn night(scene: &Scene, days: i64, spec: RetentionSpec, count: usize) -> Night {
    let (ports, run) = (ports(scene, count), run(scene));
    let trigger = NightTrigger { at: time::earlier(scene.sim.now(), SignedDuration::from_hours(24 * days)) };
    let policy = NightPolicy {
        retention: Retention::new(spec).unwrap(),
        delete_rate: Rate::default(),
        accept: None,
        ledger: "ledger".to_owned(),
        source: None,
    };
    let night = async move {
        let hooks = Hooks { decided: &|_| {}, reconciling: async { Task::Observed }.boxed() };
        maintain(&ports.night(), &policy, &run, &trigger, hooks).await.unwrap().outcome
    };
    scene.sim.block_on(night).unwrap()
}

/// The cleanup of a night whose policy reads other tags than that of the night before: everything that a night may do.
fn cleans_up(count: usize) {
    let scene = Scene::default();
    night(&scene, 1, calendar(), 30);
    let tagged = RetentionSpec { keep_tag: vec!["gold".parse().unwrap()], ..calendar() };
    let Task::Done(pruned, _) = night(&scene, 0, tagged, count).cleanup else { panic!("it is to go on") };
    assert!(0 < pruned.deleted, "{pruned:?}");
    let (kept, all) = (usize::try_from(pruned.kept).unwrap(), pruned.deleted + pruned.left + pruned.kept);
    assert!(usize::try_from(all) == Ok(count) && kept * 2 < count, "most is to go: {pruned:?}");
}

fn reconciles(count: usize) {
    let scene = Scene::default();
    let (ports, run) = (ports(&scene, count), run(&scene));
    let policy = ReconcilePolicy {
        snapshots: SnapshotPolicy::default(),
        retention: Retention::days(30).unwrap(),
        alarm_max_age: SignedDuration::from_hours(1),
        place: None,
    };
    let work = async move { reconcile(&ports.reconcile(), &policy, &run).await };
    let told: Reconciled = scene.sim.block_on(work).unwrap();
    assert!(told.failed.is_empty() && 0 < told.sets.completed, "{told:?}");
}

/// The most memory that this process ever held, in MB, where the system tells
/// (<https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kb / 1_024)
}

fn needs_less_than(mb: u64, count: usize, work: impl FnOnce(usize)) {
    work(count);
    if let Some(peak) = peak() {
        println!("{count} snapshots: {peak} MB");
        assert!(peak < mb, "{count} snapshots: {peak} MB");
    }
}

#[test]
fn r19_a_nights_cleanup_of_a_hundred_thousand_snapshots_needs_less_than_80_mb() {
    needs_less_than(80, 100_000, cleans_up);
}

#[test]
#[ignore = "takes a minute; run alone, because it is about the whole process"]
fn r19_a_nights_cleanup_of_a_million_snapshots_needs_less_than_512_mb() {
    needs_less_than(512, 1_000_000, cleans_up);
}

#[test]
#[ignore = "takes a minute; run alone, because it is about the whole process"]
fn r19_reconciling_a_million_snapshots_needs_less_than_512_mb() {
    needs_less_than(512, 1_000_000, reconciles);
}
