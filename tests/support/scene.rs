//! A small account with Caretaker deployed in it, for stories.

use adapters_sim::Names;
use cloud_sim::Sim;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::sns::Delivered;
use cloud_sim::cloud::{Cloud, Happening};
use cloud_sim::deploy::Template;
use cloud_sim::kernel::{FunctionError, Seeded, Trace};
use jiff::{SignedDuration, Timestamp};
use lambda_shims::settings::Pairs;
use ports::trigger::AlarmState;
use ports::{
    Attribute, Capacity, InstanceId, Record, Snapshot, SnapshotId, SnapshotState, StateReason, Tags,
    VolumeId, time,
};
use serde_json::Value;
use simulation::rule::caretaker;
use simulation::stack::{ALARM_TOPIC, FunctionName, Stack, deploy, ours, usual_settings};

/// When every story begins.
pub const BEGIN: &str = "2026-11-23T14:00:00Z";

#[derive(Debug)]
pub struct Scene {
    pub sim: Sim,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn tags<const N: usize>(tags: [(&str, &str); N]) -> Tags {
    Tags::from_iter(tags)
}

impl Default for Scene {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Scene {
    /// An account in which Caretaker acts, with these settings over the usual ones.
    pub fn new(settings: &[(&str, &str)]) -> Self {
        Self::seeded(1, settings)
    }

    /// The same, in which another seed decides what is left open.
    pub fn seeded(seed: u64, settings: &[(&str, &str)]) -> Self {
        let mut pairs = usual_settings();
        pairs.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let sim = Sim::with(at(BEGIN), Box::new(Seeded::new(seed)), Trace::kept());
        sim.watch_for(caretaker());
        deploy(&sim, &pairs).unwrap();
        Self { sim }
    }

    /// An account in which the stack of a template acts, but for the schedule of reconciling.
    pub fn of(template: &Template, settings: &[(&str, &str)], parameters: &[(&str, &str)]) -> Self {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Pairs>()
        };
        let mut all = usual_settings();
        all.extend(pairs(settings));
        let sim = Sim::with(at(BEGIN), Box::new(Seeded::new(1)), Trace::kept());
        sim.watch_for(caretaker());
        let stack = Stack::of(template, &all, &pairs(parameters)).unwrap();
        stack.install(&sim);
        stack.connect(&sim, |rule| rule != "reconcile");
        Self { sim }
    }

    pub fn cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        self.sim.cloud(look)
    }

    /// A running instance of that name with so many data volumes, opted in.
    pub fn instance(&self, name: &str, data_volumes: u32) -> InstanceId {
        self.tagged(tags([("Name", name), ("AutoSnapshot", "true")]), data_volumes)
    }

    pub fn tagged(&self, tags: Tags, data_volumes: u32) -> InstanceId {
        let now = self.sim.now();
        self.cloud(|cloud| cloud.ec2.add_instance(tags, data_volumes, now))
    }

    /// The instance stops for a reason; half an hour later everything has come to rest.
    pub fn stop(&self, instance: &InstanceId, code: &str) {
        let reason = StateReason { code: code.to_owned(), message: code.to_owned() };
        self.sim.at(self.sim.now(), Happening::Stop { instance: instance.clone(), reason });
        self.sim.run_for(SignedDuration::from_mins(30));
    }

    /// Sends an event to a function and lets a quarter of an hour pass; gives its last answer.
    pub fn send(&self, function: FunctionName, payload: &[u8]) -> Result<Value, FunctionError> {
        self.send_and_wait(function, payload, SignedDuration::from_mins(15))
    }

    /// Sends an event to a function and lets so much time pass; gives its last answer.
    pub fn send_and_wait(
        &self,
        function: FunctionName,
        payload: &[u8],
        wait: SignedDuration,
    ) -> Result<Value, FunctionError> {
        let delivery = Delivery { function: function.as_str().to_owned(), payload: payload.to_vec() };
        self.sim.at(self.sim.now(), Happening::Deliver(delivery));
        self.sim.run_for(wait);
        self.answer(function).unwrap()
    }

    pub fn answer(&self, function: FunctionName) -> Option<Result<Value, FunctionError>> {
        self.cloud(|cloud| cloud.lambda.answers.get(function.as_str()).cloned())
    }

    /// Lets time pass until the next night has been worked through.
    pub fn night(&self) -> Result<Value, FunctionError> {
        let today = time::midnight(time::day(self.sim.now()));
        let two = time::later(today, SignedDuration::from_hours(2));
        let next = if self.sim.now() < two { two } else { time::later(two, SignedDuration::from_hours(24)) };
        self.sim.run_until(time::later(next, SignedDuration::from_hours(1)));
        self.answer(FunctionName::NightlyMaintenance).unwrap()
    }

    pub fn snapshots(&self) -> Vec<Snapshot> {
        self.cloud(|cloud| cloud.snapshots.all().cloned().collect())
    }

    /// A snapshot of ours, so many days old, of a volume that need not exist.
    pub fn old_snapshot(&self, id: &str, volume: &str, days: i64) -> SnapshotId {
        self.put_snapshot(id, volume, days, ours())
    }

    pub fn put_snapshot(&self, id: &str, volume: &str, days: i64, tags: Tags) -> SnapshotId {
        let snapshot = Snapshot {
            id: id.parse().unwrap(),
            volume: volume.parse::<VolumeId>().unwrap(),
            state: SnapshotState::Completed,
            started_at: time::earlier(self.sim.now(), SignedDuration::from_hours(24 * days)),
            size_gib: 8,
            tags,
            description: String::new(),
        };
        let id = snapshot.id.clone();
        self.cloud(|cloud| cloud.snapshots.put(snapshot));
        id
    }

    pub fn has_snapshot(&self, id: &SnapshotId) -> bool {
        self.snapshots().iter().any(|s| s.id == *id)
    }

    pub fn group(&self, name: &str, desired: u32, max: u32) {
        self.cloud(|cloud| cloud.autoscaling.add_group(name.parse().unwrap(), desired, 1, max));
    }

    pub fn desired(&self, name: &str) -> Capacity {
        self.cloud(|cloud| cloud.autoscaling.fleet(&name.parse().unwrap()).unwrap().desired)
    }

    /// An alarm that tells the alarm topic.
    pub fn alarm(&self, name: &str, group: Option<&str>) {
        let mut alarm = Alarm::high_cpu(group);
        alarm.topics.push(ALARM_TOPIC.to_owned());
        self.cloud(|cloud| cloud.cloudwatch.add_alarm(name, alarm));
    }

    /// The alarm changes its state; a quarter of an hour later everything has come to rest.
    pub fn turns(&self, alarm: &str, state: AlarmState) {
        let happening = Happening::Alarm { alarm: alarm.to_owned(), state, value: 96 };
        self.sim.at(self.sim.now(), happening);
        self.sim.run_for(SignedDuration::from_mins(15));
    }

    pub fn put_record(&self, record: Record) {
        let names = Names::default();
        self.cloud(|cloud| cloud.dynamodb.table(&names.metrics).unwrap().put(record).unwrap());
    }

    /// So many records over a day.
    pub fn records(&self, day: &str, count: u32) {
        for n in 0..count {
            self.put_record(record(&format!("{day}-{n}"), &format!("{day}T{:02}:00:00Z", n % 24), "0.5"));
        }
    }

    pub fn object(&self, key: &str) -> Option<String> {
        let names = Names::default();
        self.cloud(|cloud| {
            let bucket = cloud.s3.bucket(&names.bucket).unwrap();
            let object = bucket.get(&key.parse().unwrap())?;
            Some(String::from_utf8(object.bytes.to_vec()).unwrap())
        })
    }

    pub fn mails(&self) -> Vec<Delivered> {
        self.cloud(|cloud| cloud.sns.mails().cloned().collect())
    }

    pub fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.subject).collect()
    }

    pub fn broken(&self) -> Vec<String> {
        self.sim.at_rest().iter().map(|v| format!("{}: {}", v.invariant, v.detail)).collect()
    }
}

pub fn record(id: &str, time: &str, cpu: &str) -> Record {
    [
        ("id", Attribute::S(id.to_owned())),
        ("timestamp", Attribute::S(time.to_owned())),
        ("cpu", Attribute::N(cpu.to_owned())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// One of AWS's documented sample events.
pub fn event(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
