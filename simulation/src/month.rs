//! A fleet that lives through so many days: instances fail and are stopped, alarms fire, nights pass.

mod region;

use std::collections::BTreeSet;

use adapters_sim::Names;
use cloud_sim::Sim;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::s3::{Bucket, Object};
use cloud_sim::cloud::{Cloud, Happening};
use cloud_sim::fault::{FaultPlan, Faults, Level};
use cloud_sim::kernel::{Chooser, Context, Seeded, Trace};
use cloud_sim::rule::{Counts, Violation};
use jiff::{SignedDuration, Timestamp};
use ports::trigger::AlarmState;
use ports::{
    Attribute, Capacity, GroupName, InstanceId, ObjectKey, Snapshot, SnapshotState, StateReason, Tags, time,
};
use serde::Serialize;

use crate::stack::{ALARM_TOPIC, Stack, StackError, tags_of};

/// How long and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// How many days.
    pub days: u32,
    /// How many instances.
    pub instances: u32,
    /// How many stacks of Caretaker look after them: one or two.
    pub stacks: u32,
    /// What decides everything that is left open.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// How long and how large it was.
    #[serde(flatten)]
    pub size: Size,
    /// A number that two runs share exactly when all the same things happened in them.
    pub trace_hash: String,
    /// How often what happened.
    pub counts: Counts,
    /// The rules that were watched.
    pub invariants: Vec<&'static str>,
    /// Where they were broken.
    pub violations: Vec<Violation>,
    /// How many records are in the archive.
    pub records_archived: u64,
    /// The subjects of the latest notices.
    #[serde(skip)]
    pub notices: Vec<String>,
}

/// The first instant of every run: a fixed one, so that a run depends on its size and seed alone.
const START: &str = "2026-01-01T00:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const GROUPS: [(&str, u32, u32); 3] = [("web", 4, 12), ("api", 3, 9), ("batch", 2, 6)];
/// The alarms of the groups, and of one disk. Those about Caretaker itself are the stack's.
const ALARMS: [&str; 4] = ["api-high-cpu", "batch-high-cpu", "logs-low-disk-space", "web-high-cpu"];
/// How many of the instances have a past.
const VETERANS: usize = 5;
/// How many records an instance writes a day.
const RECORDS: u32 = 24;
/// How many days records stay in the table.
const RECORD_DAYS: i32 = 9;
/// How many days objects stay in the bucket.
const OBJECT_DAYS: i32 = 30;
/// How many images somebody makes on a day on which somebody makes any.
const IMAGES: usize = 5;
/// How many snapshots somebody copies on a day on which somebody copies any.
const COPIES: usize = 10;
/// How many notices, and how many records of failures, are remembered.
const REMEMBERED: usize = 1000;

/// A fleet, how long it lives, and how much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// How long and how large.
    pub size: Size,
    /// How much goes wrong.
    pub faults: Level,
}

/// A fleet that has lived.
#[derive(Debug)]
pub struct Lived {
    /// What came of it.
    pub story: Story,
    /// The cloud as it was left.
    pub sim: Sim,
}

impl Month {
    /// Lets the fleet live as its seed has it.
    ///
    /// # Errors
    ///
    /// Never with the settings used here; the error is passed on all the same.
    pub fn live(self) -> Result<Lived, StackError> {
        self.live_with(Box::new(Seeded::new(self.size.seed)), Trace::default(), |_| {})
    }

    /// Lets the fleet live with a chooser and a trace of one's own, and calls back after every day.
    ///
    /// # Errors
    ///
    /// As [`Month::live`].
    pub fn live_with(
        self,
        mut chooser: Box<dyn Chooser>,
        trace: Trace,
        mut after_day: impl FnMut(u32),
    ) -> Result<Lived, StackError> {
        let start: Timestamp = START.parse().unwrap_or_default();
        let mut plan = FaultPlan::of(self.faults);
        if self.faults == Level::Hostile {
            plan = plan.swarm(chooser.as_mut());
        }
        let sim = Sim::with(start, chooser, trace);
        let stacks = region::stacks(self.size.stacks)?;
        for stack in stacks {
            stack.deploy(&sim);
        }
        sim.fault_plan(plan);
        region::expect(&sim, stacks);
        let owners = region::owners(stacks);
        let fleet = sim.act(|cloud, context| settle_in(cloud, self.size.instances, owners, context));
        sim.cloud(|cloud| cloud.sns.remember = Some(REMEMBERED));
        let mut forgotten = 0;
        for day in 0..self.size.days {
            let begins = sim.now();
            sim.act(|cloud, context| plan_day(cloud, &fleet, self.faults, context));
            sim.run_until(time::later(begins, DAY));
            forgotten += sim.cloud(|cloud| forget(cloud, stacks, begins));
            after_day(day + 1);
        }
        // The last night is at two; then nothing goes wrong any more, and whatever is still being tried comes to rest. What
        // a night left undone is told once its day is over.
        sim.run_for(SignedDuration::from_hours(3));
        sim.faults(Faults::clear);
        sim.run_for(SignedDuration::from_hours(22));
        let violations = sim.at_rest();
        let mut story = story(&sim, self.size, violations);
        story.records_archived += forgotten;
        Ok(Lived { story, sim })
    }
}

fn story(sim: &Sim, size: Size, violations: Vec<Violation>) -> Story {
    let (counts, mut invariants) = sim.watch(|watch| (watch.counts().clone(), watch.rules()));
    // Each stack has the same.
    let mut known = BTreeSet::new();
    invariants.retain(|rule| known.insert(*rule));
    let (records_archived, notices) = sim.cloud(|cloud| {
        let latest = cloud.sns.mails().map(|mail| mail.subject.clone()).collect::<Vec<_>>();
        (archived(cloud), latest.into_iter().rev().take(5).collect())
    });
    Story {
        size,
        trace_hash: format!("{:016x}", sim.trace_hash()),
        counts,
        invariants,
        violations,
        records_archived,
        notices,
    }
}

fn archived(cloud: &Cloud) -> u64 {
    let bucket = cloud.s3.look(&Names::default().bucket);
    bucket.into_iter().flat_map(Bucket::objects).map(|(key, object)| records_in(key, object)).sum()
}

fn records_in(key: &ObjectKey, object: &Object) -> u64 {
    let is_archive = key.as_str().ends_with("metrics.jsonl");
    let lines = || object.bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum();
    if is_archive { lines() } else { 0 }
}

/// The instances, groups and alarms there are. Four instances in five are opted in.
fn settle_in(
    cloud: &mut Cloud,
    instances: u32,
    owners: [&str; 2],
    context: &mut Context<'_>,
) -> Vec<InstanceId> {
    for (name, desired, max) in GROUPS {
        if let Ok(group) = name.parse() {
            cloud.autoscaling.add_group(group, desired, 1, max);
        }
    }
    let allowed = Tags::from_iter([("AutoRemediate", "true")]);
    for (name, ..) in GROUPS {
        if let Some(fleet) = name.parse().ok().and_then(|group| cloud.autoscaling.fleet(&group)) {
            fleet.tags = allowed.clone();
        }
        let mut alarm = Alarm::high_cpu(Some(name));
        match name {
            "api" => alarm.functions.push("auto-remediation".to_owned()),
            _ => alarm.topics.push(ALARM_TOPIC.to_owned()),
        }
        cloud.cloudwatch.add_alarm(&format!("{name}-high-cpu"), alarm);
    }
    let mut disk = Alarm::high_cpu(None);
    disk.topics.push(ALARM_TOPIC.to_owned());
    cloud.cloudwatch.add_alarm("logs-low-disk-space", disk);
    let fleet: Vec<InstanceId> = (0..instances)
        .map(|n| {
            let opted = if n % 5 == 4 { "false" } else { "true" };
            let tags = Tags::from_iter([("Name", format!("host-{n}").as_str()), ("AutoSnapshot", opted)]);
            let volumes = context.choose("fleet/volumes", 3);
            cloud.ec2.add_instance(tags, volumes, context.now)
        })
        .collect();
    for instance in fleet.iter().take(VETERANS) {
        settle_past(cloud, instance, owners, context.now);
    }
    fleet
}

/// An instance whose volumes have five snapshots, so that the first night has something to remove;
/// the owners in turn.
fn settle_past(cloud: &mut Cloud, instance: &InstanceId, owners: [&str; 2], now: Timestamp) {
    let disks: Vec<_> =
        cloud.ec2.attached(instance).map(|(volume, disk, _)| (volume.clone(), disk.size_gib)).collect();
    for (volume, size_gib) in disks {
        for (days, owner) in [8, 6, 4, 2, 1].into_iter().zip(owners.into_iter().cycle()) {
            let snapshot = Snapshot {
                id: cloud.snapshots.new_id(),
                volume: volume.clone(),
                state: SnapshotState::Completed,
                started_at: time::earlier(now, DAY * days),
                size_gib,
                tags: tags_of(owner),
                description: String::new(),
            };
            cloud.snapshots.put(snapshot);
        }
    }
}

/// What is to happen on a day.
fn plan_day(cloud: &mut Cloud, fleet: &[InstanceId], faults: Level, context: &mut Context<'_>) {
    for instance in fleet {
        // About one instance in ten stops on a day, for one reason or another, and is started again.
        if context.choose("day/stops", 10) == 1 {
            let at = minute(context, "day/stops-at");
            let reason = reason(context);
            context.at(at, Happening::Stop { instance: instance.clone(), reason });
            let started = time::later(at, down(context));
            context.at(started, Happening::Run { instance: instance.clone() });
            // One in five fails again as soon as it is up.
            if context.choose("day/again", 5) == 1 {
                let soon = SignedDuration::from_mins(2 + i64::from(context.choose("day/again-at", 8)));
                let again = time::later(started, soon);
                let reason = self::reason(context);
                context.at(again, Happening::Stop { instance: instance.clone(), reason });
                let started = time::later(again, down(context));
                context.at(started, Happening::Run { instance: instance.clone() });
            }
        }
    }
    for alarm in ALARMS.map(str::to_owned) {
        if context.choose("day/alarms", 3) == 1 {
            let at = minute(context, "day/alarms-at");
            let value = 81 + context.choose("day/value", 19);
            context.at(at, Happening::Alarm { alarm: alarm.clone(), state: AlarmState::Alarm, value });
            let quiet = time::later(at, SignedDuration::from_mins(25));
            context.at(quiet, Happening::Alarm { alarm, state: AlarmState::Ok, value: 40 });
        }
    }
    write_records(cloud, fleet, context);
    shrink(cloud, context);
    if faults != Level::None {
        meddle(cloud, context);
    }
}

/// What people and the world do on a day that is not a good one: an alarm flaps, a group cannot launch, somebody makes an
/// image of a snapshot, or copies some, somebody changes a group by hand.
fn meddle(cloud: &mut Cloud, context: &mut Context<'_>) {
    let (name, _, max) = GROUPS[0];
    if context.happens("trouble/flap-alarm", 300) {
        let at = minute(context, "day/flap-at");
        for n in 0..6 {
            let state = if n % 2 == 0 { AlarmState::Alarm } else { AlarmState::Ok };
            let alarm = format!("{name}-high-cpu");
            let turn = time::later(at, SignedDuration::from_mins(4 * n));
            context.at(turn, Happening::Alarm { alarm, state, value: 90 });
        }
    }
    let now = context.now;
    let old = |snapshot: &&Snapshot| DAY * 7 < now.duration_since(snapshot.started_at);
    let mut go_last: Vec<Snapshot> = cloud.snapshots.all().filter(old).cloned().collect();
    go_last.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.started_at));
    if context.happens("trouble/image", 500) {
        // While the night's cleanup is at it, which begins some time within its minute.
        for snapshot in go_last.into_iter().take(IMAGES) {
            let seconds = 2 * 3600 + i64::from(context.choose("day/image-at", 68));
            let snapshots = vec![snapshot.id];
            context.later(SignedDuration::from_secs(seconds), Happening::RegisterImage { snapshots });
        }
    }
    if context.happens("trouble/copies", 300) {
        // With another key, and the tags of what they are copies of.
        let young = cloud.snapshots.all().filter(|snapshot| !old(snapshot) && !snapshot.is_copy());
        let snapshots = young.take(COPIES).map(|snapshot| snapshot.id.clone()).collect();
        let at = minute(context, "day/copies-at");
        context.at(at, Happening::CopySnapshots { snapshots });
    }
    let Ok(group) = name.parse::<GroupName>() else { return };
    if context.happens("trouble/suspended", 100)
        && let Some(fleet) = cloud.autoscaling.fleet(&group)
    {
        fleet.suspended.insert("Launch".to_owned());
    }
    if context.happens("trouble/person", 200) {
        let desired = 1 + context.choose("trouble/person-wants", max);
        let at = minute(context, "day/person-at");
        context.at(at, Happening::Resize { group, desired: Capacity(desired) });
    }
}

/// How long an instance is down: longer than it takes until somebody looks what was lost.
fn down(context: &mut Context<'_>) -> SignedDuration {
    SignedDuration::from_mins(20 + i64::from(context.choose("day/down", 120)))
}

fn minute(context: &mut Context<'_>, site: &'static str) -> Timestamp {
    let minute = i64::from(context.choose(site, 24 * 60 - 30));
    time::later(context.now, SignedDuration::from_mins(minute))
}

fn reason(context: &mut Context<'_>) -> StateReason {
    let reasons = [
        ("Client.UserInitiatedShutdown", "User initiated shutdown"),
        ("Server.InternalError", "Internal error on the host"),
        ("Server.ScheduledStop", "Stopped for a scheduled retirement"),
        ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown"),
        ("Server.SpotInstanceShutdown", "Spot interruption"),
    ];
    let nth = usize::try_from(context.choose("day/reason", 5)).unwrap_or(0);
    let (code, message) = reasons.get(nth).copied().unwrap_or_default();
    StateReason { code: code.to_owned(), message: message.to_owned() }
}

/// A day's records, a few of them with the numbers that floats cannot hold.
fn write_records(cloud: &mut Cloud, fleet: &[InstanceId], context: &mut Context<'_>) {
    let names = Names::default();
    let Ok(table) = cloud.dynamodb.table(&names.metrics) else { return };
    for instance in fleet {
        for hour in 0..RECORDS {
            let at = time::later(context.now, SignedDuration::from_hours(i64::from(hour)));
            let cpu = context.choose("day/cpu", 100_000);
            let record = [
                ("id", Attribute::S(format!("{instance}#{at}"))),
                ("timestamp", Attribute::S(at.to_string())),
                ("date", Attribute::S(time::day(at).to_string())),
                ("instance", Attribute::S(instance.to_string())),
                ("cpu", Attribute::N(format!("{}.{:035}", cpu % 100, cpu))),
            ];
            let _ = table.put(record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        }
    }
}

/// The tables forget old records and entries, as expiry would, and the bucket old objects, as its lifecycle would. Gives
/// how many archived records went with the objects.
fn forget(cloud: &mut Cloud, stacks: &[Stack], now: Timestamp) -> u64 {
    let names = Names::default();
    let cutoff = time::earlier(now, DAY * RECORD_DAYS).to_string();
    if let Ok(table) = cloud.dynamodb.table(&names.metrics) {
        table.retain(|item| !matches!(item.get("timestamp"), Some(Attribute::S(at)) if *at < cutoff));
    }
    for stack in stacks {
        cloud.dynamodb.expire(&stack.names().ledger, "keep_until", now);
    }
    for records in cloud.lambda.failures.values_mut() {
        let surplus = records.len().saturating_sub(REMEMBERED);
        records.drain(..surplus);
    }
    let oldest = time::day(time::earlier(now, DAY * OBJECT_DAYS)).to_string();
    let Ok(bucket) = cloud.s3.bucket(&names.bucket) else { return 0 };
    let is_old = |key: &ObjectKey| key.as_str().rsplit('/').nth(1).is_some_and(|day| *day < *oldest);
    let gone = bucket.expire(is_old);
    gone.iter().map(|(key, object)| records_in(key, object)).sum()
}

/// A person brings the groups back to their size every morning.
fn shrink(cloud: &mut Cloud, context: &mut Context<'_>) {
    for (name, desired, _) in GROUPS {
        if let Ok(group) = name.parse() {
            cloud.autoscaling.resize(&group, Capacity(desired), context);
        }
    }
}
