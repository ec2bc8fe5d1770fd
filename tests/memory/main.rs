//! How much memory a night needs to decide about very many snapshots: of the whole process, as Lambda counts it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figure is what it is run for")]

use async_trait::async_trait;
use domain::policy::retention::{Draft, Retention, RetentionPlan};
use domain::workflow::prune::{PrunePorts, plan};
use jiff::{SignedDuration, Timestamp};
use ports::{
    Clock, CreateOne, CreateSet, CreatedSnapshot, Deletion, ErrorKind, Instance, InstanceId, InstanceStore,
    Inventory, Page, PageToken, PortError, Snapshot, SnapshotFilter, SnapshotId, SnapshotLock, SnapshotState,
    SnapshotUse, Snapshots, TagSet, Tags, Volume, time,
};

const PAGE: usize = 1_000;

/// An account with so many snapshots: volumes with thirty each, three volumes to an instance, tagged as Caretaker does. A page
/// is made when it is asked for, so that they take no memory here.
#[derive(Debug)]
struct Account(usize);

fn now() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

impl Account {
    fn snapshot(&self, n: usize) -> Snapshot {
        // In no order, as EC2 lists them.
        let n = n.wrapping_mul(7_919) % self.0;
        let volumes = self.0.div_ceil(30);
        let (volume, age) = (n % volumes, n / volumes);
        let instance = format!("i-{:017x}", volume / 3);
        let key = format!("snap#{instance}#{age}");
        Snapshot {
            id: format!("snap-{n:017x}").parse().unwrap(),
            volume: format!("vol-{volume:017x}").parse().unwrap(),
            state: SnapshotState::Completed,
            started_at: time::earlier(now(), SignedDuration::from_hours(20 * i64::try_from(age).unwrap())),
            size_gib: 100,
            tags: Tags::from_iter([
                ("AutoCreated", "true"),
                ("CreatedBy", "caretaker"),
                ("InstanceId", &instance),
                ("Name", &format!("auto-{instance}-2026-11-23")),
                ("TriggerState", "stopped"),
                ("CreatedAt", "2026-11-23T02:00:00Z"),
                ("LambdaFunction", "auto-snapshot"),
                ("caretaker:key", &key),
                ("caretaker:fence", "1"),
                ("caretaker:owner", "default"),
                ("caretaker:scheme", "2"),
            ]),
            description: format!("Auto snapshot of {instance} on stopped at 2026-11-23T02:00:00Z"),
        }
    }
}

fn not_asked<T>() -> Result<T, PortError> {
    Err(PortError::new(ErrorKind::Rejected, "test", "a plan does not ask for this"))
}

#[async_trait]
impl Snapshots for Account {
    async fn page(&self, _: &SnapshotFilter, from: Option<PageToken>) -> Result<Page<Snapshot>, PortError> {
        let from: usize = from.map_or(0, |token| token.0.parse().unwrap());
        let to = self.0.min(from + PAGE);
        let next = (to < self.0).then(|| PageToken(to.to_string()));
        Ok(Page { items: (from..to).map(|n| self.snapshot(n)).collect(), next })
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
        not_asked()
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
        not_asked()
    }
}

#[async_trait]
impl Clock for Account {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn sleep(&self, _: SignedDuration) {}
}

/// The night's plan by a calendar, of which most is to go.
async fn planned(count: usize) -> RetentionPlan {
    let account = Account(count);
    let ports = PrunePorts { clock: &account, inventory: &account, snapshots: &account };
    let draft = Draft {
        keep_daily: Some("7".parse().unwrap()),
        keep_monthly: Some("12".parse().unwrap()),
        ..Draft::default()
    };
    plan(&ports, &Retention::new(draft).unwrap(), now()).await.unwrap()
}

/// The most memory that this process ever held, in MB, where the system tells
/// (<https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kb / 1_024)
}

async fn needs_less_than(mb: u64, count: usize) {
    let plan = planned(count).await;
    assert_eq!(plan.kept().count() + plan.removed().count(), count);
    assert!(plan.removed().count() * 2 > count, "most is to go");
    if let Some(peak) = peak() {
        println!("{count} snapshots: {peak} MB");
        assert!(peak < mb, "{count} snapshots: {peak} MB");
    }
}

#[tokio::test]
async fn r19_a_nights_plan_for_a_hundred_thousand_snapshots_needs_less_than_60_mb() {
    needs_less_than(60, 100_000).await;
}

#[tokio::test]
#[ignore = "takes half a minute; run alone, because it is about the whole process"]
async fn r19_a_nights_plan_for_a_million_snapshots_needs_less_than_512_mb() {
    needs_less_than(512, 1_000_000).await;
}
