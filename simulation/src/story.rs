//! One incident, two of them, one alarm, one night: each as a scenario whose events are delivered more than once.

use adapters_sim::Names;
use cloud_sim::Scenario;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::{Fact, Happening, Place};
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::payload;
use cloud_sim::payload::AlarmChange;
use jiff::{SignedDuration, Timestamp};
use ports::trigger::AlarmState;
use ports::{
    Attribute, InstanceId, InstanceState, Snapshot, SnapshotId, SnapshotState, StateReason, Tags, VolumeId,
    time,
};
use serde::Serialize;

use crate::rule::{Answered, Archived, InTime, NIGHT, NoFalseAlarm, NothingOpen, StepAtMost, caretaker};
use crate::stack::{ALARM_TOPIC, FunctionName, RECONCILE, Stack, known, ours, usual_settings};

/// When every story begins: early enough for a night's event to be about the day before.
const BEGIN: &str = "2026-11-24T02:00:00Z";

/// How long a story lasts: until the last retry and whatever it waits for is over.
const LASTS: SignedDuration = SignedDuration::from_mins(90);

/// How long after the beginning, and after each other, reconciles run: longer than the claims of one that dies are left
/// alone, which is 20 minutes and some seconds.
const RECONCILES: SignedDuration = SignedDuration::from_mins(25);

/// A story that can be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// An instance fails.
    AutoSnapshot,
    /// An instance fails, is started, and fails again within a quarter of an hour.
    AutoSnapshotAgain,
    /// An alarm is raised.
    AutoRemediation,
    /// A night.
    NightlyMaintenance,
    /// A night that takes so long that its claim is renewed.
    NightlyMaintenanceSlow,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AutoSnapshot,
        Self::AutoSnapshotAgain,
        Self::AutoRemediation,
        Self::NightlyMaintenance,
        Self::NightlyMaintenanceSlow,
    ];

    /// What it is called: for the usual story of a function, as the function.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoSnapshot => FunctionName::AutoSnapshot.as_str(),
            Self::AutoSnapshotAgain => "auto-snapshot-again",
            Self::AutoRemediation => FunctionName::AutoRemediation.as_str(),
            Self::NightlyMaintenance => FunctionName::NightlyMaintenance.as_str(),
            Self::NightlyMaintenanceSlow => "nightly-maintenance-slow",
        }
    }
}

impl From<FunctionName> for Name {
    fn from(function: FunctionName) -> Self {
        match function {
            FunctionName::AutoSnapshot => Self::AutoSnapshot,
            FunctionName::AutoRemediation => Self::AutoRemediation,
            FunctionName::NightlyMaintenance => Self::NightlyMaintenance,
        }
    }
}

/// A story, or the usual one of a function, whose events are delivered so often at once, and in which at most so many things go
/// wrong.
pub fn story(name: impl Into<Name>, deliveries: u32, faults: u32) -> Scenario {
    let begin: Timestamp = known(BEGIN);
    // To the one who hears it, `Unavailable` is what `InternalError` is.
    let kinds = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Unavailable).collect();
    let name = name.into();
    let slow = if name == Name::NightlyMaintenanceSlow { ANSWERS_AFTER } else { 0 };
    let scenario = Scenario::at(begin)
        .watches(caretaker)
        .lasts(LASTS)
        .faults(FaultPlan { slow, ..FaultPlan::choices(kinds, faults) })
        .expects(|| NothingOpen::new(&Names::default()));
    // As often as it may take: once for whatever goes wrong with the event, and once more for each further thing.
    let scenario = (1..=faults.max(1)).fold(scenario, |scenario, n| {
        scenario.happens(
            RECONCILES * i32::try_from(n).unwrap_or(i32::MAX),
            deliver(FunctionName::NightlyMaintenance, RECONCILE.to_owned()),
        )
    });
    match name {
        Name::AutoSnapshot => incident(scenario, begin, deliveries),
        Name::AutoSnapshotAgain => two_incidents(scenario, begin, deliveries),
        Name::AutoRemediation => alarm(scenario, begin, deliveries),
        Name::NightlyMaintenance | Name::NightlyMaintenanceSlow => night(scenario, begin, deliveries),
    }
}

/// An instance with two volumes stops; the events that it is stopped and that it is stopping arrive in turn, together.
fn incident(scenario: Scenario, begin: Timestamp, deliveries: u32) -> Scenario {
    let mut scenario = fails(with_instance(scenario, 1), SignedDuration::ZERO);
    for (n, state) in
        (0..deliveries).zip([InstanceState::Stopped, InstanceState::Stopping].into_iter().cycle())
    {
        let at = if state == InstanceState::Stopped { time::later(begin, STOPPING) } else { begin };
        scenario = scenario.happens(ARRIVES, deliver(FunctionName::AutoSnapshot, told(n, state, at)));
    }
    scenario
}

/// An instance fails, is started, and fails again, all within a quarter of an hour; one event of each stop arrives so often. It
/// runs again before anybody reconciles, so nobody makes up for a stop that is taken for another.
fn two_incidents(scenario: Scenario, begin: Timestamp, deliveries: u32) -> Scenario {
    let started = || Happening::Run { instance: instance() };
    let mut scenario = with_instance(scenario, 0).happens(STARTED, started()).happens(BACK, started());
    for (n, stop) in (0..).zip([SignedDuration::ZERO, AGAIN]) {
        scenario = fails(scenario, stop);
        let at = time::later(time::later(begin, stop), STOPPING);
        let event = told(n, InstanceState::Stopped, at);
        for _ in 0..deliveries {
            scenario = scenario.happens(stop + ARRIVES, deliver(FunctionName::AutoSnapshot, event.clone()));
        }
    }
    scenario
}

fn instance() -> InstanceId {
    known("i-0000000000000000a")
}

/// The stack and an opted-in instance with a root volume and so many others.
fn with_instance(scenario: Scenario, data_volumes: u32) -> Scenario {
    let tags = Tags::from_iter([("Name", "web-1"), ("AutoSnapshot", "true")]);
    installed(scenario).instance(instance(), tags, data_volumes)
}

/// The instance fails so long after the beginning.
fn fails(scenario: Scenario, after: SignedDuration) -> Scenario {
    let reason = StateReason {
        code: "Server.InternalError".to_owned(),
        message: "Server.InternalError: Internal error on launch".to_owned(),
    };
    scenario.happens(after, Happening::Stop { instance: instance(), reason })
}

/// The nth event, which tells that the instance entered a state.
fn told(n: u32, state: InstanceState, at: Timestamp) -> String {
    let id = format!("7bf73129-1428-4cd3-a780-{n:012x}");
    payload::instance_state(&Place::default(), &id, &instance(), state, at)
}

/// How many seconds each answer takes in a slow night: some sixty of them are two minutes, so its claim of 45 s is renewed
/// again and again, and Lambda's retry of a duplicate after a minute meets an owner that is alive.
const ANSWERS_AFTER: u32 = 2;

/// How long after it was due a night is done at the latest.
const NIGHT_OVER: SignedDuration = SignedDuration::from_hours(1);
/// How long an instance is stopping when nothing unusual happens.
const STOPPING: SignedDuration = SignedDuration::from_secs(20);
/// When the events arrive.
const ARRIVES: SignedDuration = SignedDuration::from_secs(30);

/// When the instance is started: before the last retry of an event of its stop.
const STARTED: SignedDuration = SignedDuration::from_mins(2);
/// When it fails again.
const AGAIN: SignedDuration = SignedDuration::from_mins(6);
/// When it is started for good: after the last retry.
const BACK: SignedDuration = SignedDuration::from_mins(15);

/// The percentage that raises the alarm.
const HIGH_CPU: u32 = 96;

/// A group's alarm is raised; its message arrives so often.
fn alarm(scenario: Scenario, begin: Timestamp, deliveries: u32) -> Scenario {
    let name = "web-high-cpu";
    let quiet = Alarm::high_cpu(Some("web"));
    let mut alarm = quiet.clone();
    let place = Place::default();
    alarm.force(&place, AlarmState::Alarm, HIGH_CPU, begin);
    let change = AlarmChange { place: &place, name, alarm: &alarm };
    let message = payload::alarm_message(&change);
    let envelope = payload::Sns {
        topic: ALARM_TOPIC,
        id: "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        subject: &payload::alarm_subject(&change),
        message: &message,
        at: begin,
    };
    let payload = payload::sns(&envelope);
    let raised = Happening::Alarm { alarm: name.to_owned(), state: AlarmState::Alarm, value: HIGH_CPU };
    let mut scenario = installed(scenario)
        .group(known("web"), 2, 1, 10)
        .alarm(name, quiet)
        .happens(SignedDuration::ZERO, raised)
        .expects(|| StepAtMost(2))
        .expects(Answered::default);
    for _ in 0..deliveries {
        scenario = scenario.happens(ARRIVES, deliver(FunctionName::AutoRemediation, payload.clone()));
    }
    scenario
}

/// A night with a snapshot to remove, one to keep, and two records; its event arrives so often.
fn night(scenario: Scenario, begin: Timestamp, deliveries: u32) -> Scenario {
    let id = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa";
    let payload = payload::scheduled(&Place::default(), id, NIGHT, begin);
    let yesterday = time::earlier(begin, SignedDuration::from_hours(12));
    let mut scenario = installed(scenario)
        .cloud(move |cloud| {
            for (n, days) in [(1, 40), (2, 35), (3, 1)] {
                cloud.snapshots.put(snapshot(n, time::earlier(begin, SignedDuration::from_hours(24 * days))));
            }
            for n in 0..2 {
                let record = [
                    ("id", Attribute::S(format!("record-{n}"))),
                    ("timestamp", Attribute::S(yesterday.to_string())),
                    ("cpu", Attribute::N("0.12345678901234567890123456789012345678".to_owned())),
                ];
                let record = record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                let _ = cloud.dynamodb.table(&Names::default().metrics).and_then(|table| table.put(record));
            }
        })
        .expects(|| Archived::new(Names::default(), "timestamp"))
        .expects(|| InTime::within(NIGHT_OVER))
        .expects(NoFalseAlarm::default)
        .set_up(|sim| sim.act(|_, context| context.note(Fact::Due { rule: NIGHT.to_owned() })));
    for _ in 0..deliveries {
        scenario = scenario.happens(ARRIVES, deliver(FunctionName::NightlyMaintenance, payload.clone()));
    }
    scenario
}

fn snapshot(n: u32, started_at: Timestamp) -> Snapshot {
    Snapshot {
        id: known::<SnapshotId>(&format!("snap-{n:017x}")),
        volume: known::<VolumeId>("vol-0000000000000000a"),
        state: SnapshotState::Completed,
        started_at,
        size_gib: 8,
        tags: ours(),
        description: String::new(),
    }
}

fn installed(scenario: Scenario) -> Scenario {
    let stack = Stack::new(&usual_settings());
    let stack = stack.unwrap_or_else(|error| unreachable!("the usual settings are right: {error}"));
    scenario.set_up(move |sim| stack.install(sim))
}

fn deliver(function: FunctionName, payload: String) -> Happening {
    Happening::Deliver(Delivery { function: function.as_str().to_owned(), payload: payload.into_bytes() })
}
