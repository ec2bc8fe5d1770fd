//! The worlds in which the bugs show, with the real handlers in them.

use adapters_sim::Names;
use cloud_sim::Scenario;
use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::sns::Subscriber;
use cloud_sim::cloud::{Fact, Happening};
use jiff::{SignedDuration, Timestamp};
use ports::trigger::AlarmState;
use ports::{InstanceId, Snapshot, SnapshotState, StateReason, time};
use simulation::rule::{Answered, Archived, NIGHT, StepAtMost, caretaker};
use simulation::stack::{ALARM_TOPIC, FunctionName, Stack, deploy, reconcile_regularly, usual_settings};
use support::scene::{record, tags};

/// When the worlds begin: an hour before a night.
pub(crate) const BEGIN: &str = "2026-11-24T01:00:00Z";

pub(crate) fn begin() -> Timestamp {
    BEGIN.parse().unwrap()
}

/// The whole of Caretaker, with the usual settings and these.
pub(crate) fn deployed(settings: &'static [(&str, &str)]) -> Scenario {
    Scenario::at(begin()).watches(caretaker).set_up(move |sim| {
        let mut pairs = usual_settings();
        pairs.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        deploy(sim, &pairs).unwrap();
        reconcile_regularly(sim).unwrap();
    })
}

/// The functions, which nothing sets off.
pub(crate) fn installed(at: Timestamp) -> Scenario {
    let stack = Stack::new(&usual_settings()).unwrap();
    Scenario::at(at).watches(caretaker).set_up(move |sim| stack.install(sim))
}

/// So many nights of a deployed Caretaker.
pub(crate) fn nights(count: i64) -> Scenario {
    nights_with(USUAL, count)
}

/// The cap that refuses large removals is not what these nights are about.
pub(crate) const USUAL: &[(&str, &str)] = &[("MAX_REMOVE_PERCENT", "100")];

/// So many nights of Caretaker deployed with these settings.
pub(crate) fn nights_with(settings: &'static [(&str, &str)], count: i64) -> Scenario {
    deployed(settings).lasts(SignedDuration::from_hours(24 * (count - 1) + 2))
}

/// A night with records of the day before it.
pub(crate) fn archived(records: u32) -> Scenario {
    nights(1).expects(|| Archived::new(Names::default(), "timestamp")).cloud(move |cloud| {
        let table = cloud.dynamodb.table(&Names::default().metrics).unwrap();
        for n in 0..records {
            table.put(record(&format!("record-{n}"), "2026-11-23T12:00:00Z", "0.5")).unwrap();
        }
    })
}

/// A night that is due a minute before midnight, with records of the two days before it.
pub(crate) fn late_night() -> Scenario {
    let at: Timestamp = "2026-11-23T23:59:00Z".parse().unwrap();
    let payload = cloud_sim::payload::scheduled(&cloud_sim::cloud::Place::default(), "e-1", NIGHT, at);
    installed(at)
        .expects(|| Archived::new(Names::default(), "timestamp"))
        .cloud(|cloud| {
            let table = cloud.dynamodb.table(&Names::default().metrics).unwrap();
            for day in ["2026-11-22", "2026-11-23"] {
                table.put(record(day, &format!("{day}T12:00:00Z"), "0.5")).unwrap();
            }
        })
        .set_up(|sim| sim.act(|_, context| context.note(Fact::Due { rule: NIGHT.to_owned() })))
        .delivers(FunctionName::NightlyMaintenance.as_str(), payload.as_bytes(), 1)
}

/// Somebody asks for a night two days before it is due.
pub(crate) fn of_a_night_to_come() -> Scenario {
    let asked = br#"{"time": "2026-11-26T02:00:00Z"}"#;
    nights(1).delivers(FunctionName::NightlyMaintenance.as_str(), asked, 1)
}

/// A snapshot of ours, so many days old.
pub(crate) fn snapshot(id: u32, volume: &str, days: i64) -> Snapshot {
    Snapshot {
        id: format!("snap-{id:017x}").parse().unwrap(),
        volume: volume.parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: time::earlier(begin(), SignedDuration::from_hours(24 * days)),
        size_gib: 8,
        tags: simulation::stack::ours(),
        description: String::new(),
    }
}

/// The instance of every story about one.
pub(crate) fn instance() -> InstanceId {
    "i-0000000000000000a".parse().unwrap()
}

/// A deployed Caretaker and an opted-in instance with two volumes.
pub(crate) fn with_instance(settings: &'static [(&str, &str)]) -> Scenario {
    deployed(settings).lasts(SignedDuration::from_hours(3)).instance(
        instance(),
        tags([("Name", "web-1"), ("AutoSnapshot", "true")]),
        1,
    )
}

/// The instance stops, for a reason.
pub(crate) fn stops(code: &str) -> Happening {
    let reason = StateReason { code: code.to_owned(), message: code.to_owned() };
    Happening::Stop { instance: instance(), reason }
}

/// A group of two and an alarm, which is raised at once; nobody is told.
pub(crate) fn raised(name: &str, alarm: Alarm) -> Scenario {
    let raised = Happening::Alarm { alarm: name.to_owned(), state: AlarmState::Alarm, value: 96 };
    installed(begin())
        .group("web".parse().unwrap(), 2, 1, 10)
        .alarm(name, alarm)
        .happens(SignedDuration::ZERO, raised)
        .expects(|| StepAtMost(2))
        .expects(Answered::default)
}

/// The same, and the function is told through a topic.
pub(crate) fn alarmed(name: &str, alarm: Alarm) -> Scenario {
    let topics = vec![ALARM_TOPIC.to_owned()];
    let function = Subscriber::Function(FunctionName::AutoRemediation.as_str().to_owned());
    raised(name, Alarm { topics, ..alarm }).topic(ALARM_TOPIC, function)
}
