//! Short stories under the permissions of a template, and whether each went as it should.

use cloud_sim::cloud::cloudwatch::Alarm;
use cloud_sim::cloud::ec2::Machine;
use cloud_sim::deploy::Template;
use cloud_sim::fault::{Fault, Pick, Rule};
use jiff::SignedDuration;
use ports::trigger::AlarmState;
use ports::{Attribute, Capacity, InstanceId, InstanceState, StateReason, time};
use simulation::stack::FunctionName::{AutoRemediation, AutoSnapshot, NightlyMaintenance};
use simulation::stack::{ALARM_TOPIC, FunctionName, RECONCILE};
use support::scene::{Scene, tags};

/// A story: what it takes to go on beside the template, and what happened that should not have.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    /// The role that it is about.
    pub(crate) role: &'static str,
    settings: &'static [(&'static str, &'static str)],
    parameters: &'static [(&'static str, &'static str)],
    /// Whether people are told bad news however it goes.
    is_sad: bool,
    tell: fn(&Scene) -> Option<String>,
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/5b8c7a10-c3a1-11f0-8d4b-0a1b2c3d4e5f";
const SNAPSHOTTER: &str = "AutoSnapshotRole";
const NIGHT: &str = "NightlyMaintenanceRole";
const ANSWERER: &str = "AutoRemediationRole";

const PLAIN: Story =
    Story { name: "", role: "", settings: &[], parameters: &[], is_sad: false, tell: |_| None };

/// Settings under which a table of the stack's own is read by its index.
const OWN_TABLE: &[(&str, &str)] = &[("METRICS_TABLE", "")];

/// A setting under which an alarm of a quarter of an hour ago is young.
const LATE: &[(&str, &str)] = &[("ALARM_MAX_AGE_SECONDS", "3600")];

/// A story of an alarm about which nothing is done.
pub(crate) const ONLY_TOLD: &str = "people are told of an alarm";

pub(crate) const ALL: &[Story] = &[
    Story { name: "an instance fails", role: SNAPSHOTTER, tell: an_instance_fails, ..PLAIN },
    Story {
        name: "an instance fails, and its volumes are taken one by one",
        role: SNAPSHOTTER,
        settings: &[("SNAPSHOT_MODE", "volume")],
        tell: an_instance_fails,
        ..PLAIN
    },
    Story { name: "the answer about a set is lost", role: SNAPSHOTTER, tell: an_answer_is_lost, ..PLAIN },
    Story {
        name: "an instance fails, and topics are encrypted",
        role: SNAPSHOTTER,
        parameters: &[("KmsKeyArn", KEY)],
        tell: an_instance_fails,
        ..PLAIN
    },
    Story {
        name: "an event for the snapshotter is given up",
        role: SNAPSHOTTER,
        is_sad: true,
        tell: |scene| is_given_up(scene, AutoSnapshot),
        ..PLAIN
    },
    Story { name: "a night", role: NIGHT, settings: OWN_TABLE, tell: a_night, ..PLAIN },
    Story { name: "a night over another's table", role: NIGHT, tell: a_night, ..PLAIN },
    Story {
        name: "a night, and topics and bucket are encrypted",
        role: NIGHT,
        settings: OWN_TABLE,
        parameters: &[("KmsKeyArn", KEY)],
        tell: a_night,
        ..PLAIN
    },
    Story { name: "a stop that nobody heard of", role: NIGHT, tell: a_stop_nobody_heard_of, ..PLAIN },
    Story {
        name: "a stop that nobody heard of, volume by volume",
        role: NIGHT,
        settings: &[("SNAPSHOT_MODE", "volume")],
        tell: a_stop_nobody_heard_of,
        ..PLAIN
    },
    Story {
        name: "a named group was not scaled",
        role: NIGHT,
        settings: LATE,
        is_sad: true,
        tell: a_group_was_not_scaled,
        ..PLAIN
    },
    Story {
        name: "an opted-in group was not scaled",
        role: NIGHT,
        settings: LATE,
        is_sad: true,
        tell: an_opted_in_group_was_not_scaled,
        ..PLAIN
    },
    Story {
        name: "an event for the night is given up",
        role: NIGHT,
        is_sad: true,
        tell: |scene| is_given_up(scene, NightlyMaintenance),
        ..PLAIN
    },
    Story {
        name: "a large upload is given up",
        role: NIGHT,
        settings: OWN_TABLE,
        is_sad: true,
        tell: an_upload_is_given_up,
        ..PLAIN
    },
    Story { name: "a named group grows", role: ANSWERER, tell: a_named_group_grows, ..PLAIN },
    Story { name: "an opted-in group grows", role: ANSWERER, tell: an_opted_in_group_grows, ..PLAIN },
    Story {
        name: "a group grows, and topics are encrypted",
        role: ANSWERER,
        parameters: &[("KmsKeyArn", KEY)],
        tell: a_named_group_grows,
        ..PLAIN
    },
    Story {
        name: "an instance hangs",
        role: ANSWERER,
        settings: &[("ROUTES", r#"[{ "matches": "hangs$", "action": "restart" }]"#)],
        tell: an_instance_hangs,
        ..PLAIN
    },
    Story {
        name: ONLY_TOLD,
        role: ANSWERER,
        settings: &[("ROUTES", r#"[{ "name": "queue-depth", "action": "notify", "text": "it grows" }]"#)],
        tell: people_are_told,
        ..PLAIN
    },
    Story {
        name: "an event for the answerer is given up",
        role: ANSWERER,
        is_sad: true,
        tell: |scene| is_given_up(scene, AutoRemediation),
        ..PLAIN
    },
];

impl Story {
    /// What went wrong, if something did.
    pub(crate) fn trouble(&self, template: &Template) -> Option<String> {
        let scene = Scene::of(template, self.settings, self.parameters);
        let told = (self.tell)(&scene);
        let unlogged: u64 = scene.cloud(|cloud| cloud.lambda.unlogged.values().sum());
        told.or_else(|| (0 < unlogged).then(|| format!("{unlogged} invocations left no log")))
            .or_else(|| bad_news(&scene).filter(|_| !self.is_sad))
    }
}

/// What people were told that is no good news.
fn bad_news(scene: &Scene) -> Option<String> {
    let mails = scene.mails().into_iter().map(|mail| format!("{}\n{}", mail.subject, mail.body));
    mails.into_iter().find(|mail| {
        ["FAILED", "PARTIAL", "not authorized", "ALARM: "].iter().any(|word| mail.contains(word))
    })
}

/// What is expected, or what there was instead.
fn unless(expected: bool, otherwise: impl std::fmt::Debug) -> Option<String> {
    (!expected).then(|| format!("{otherwise:?}"))
}

fn answers(scene: &Scene) -> impl std::fmt::Debug {
    FunctionName::ALL.map(|function| scene.answer(function))
}

/// An instance with a disk on its host, of which people are told that it is not protected.
fn with_instance_store(scene: &Scene) -> InstanceId {
    let instance = scene.instance("web-1", 1);
    let kind = "m5d.large".to_owned();
    scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().instance_type = kind);
    instance
}

fn are_told_of_it(scene: &Scene) -> bool {
    scene.mails().iter().any(|mail| mail.body.contains("75 GB"))
}

fn an_instance_fails(scene: &Scene) -> Option<String> {
    scene.stop(&with_instance_store(scene), "Server.InternalError");
    let named = |s: &ports::Snapshot| s.tags.get("Name").is_some_and(|name| name.starts_with("auto-"));
    let taken = scene.snapshots();
    let is_done =
        taken.len() == 2 && taken.iter().all(named) && scene.mails().len() == 1 && are_told_of_it(scene);
    unless(is_done && scene.sim.watch(|watch| watch.counts().failures) == 0, answers(scene))
}

fn an_answer_is_lost(scene: &Scene) -> Option<String> {
    scene.sim.faults(|faults| faults.add(Rule::on("CreateSnapshots", Fault::TimeoutAfter, Pick::Nth(1))));
    scene.stop(&scene.instance("web-1", 1), "Server.InternalError");
    unless(scene.snapshots().len() == 2 && scene.mails().len() == 1, answers(scene))
}

/// What a function fails at until its event is given up is not the point; where the record of it is, is.
fn is_given_up(scene: &Scene, function: FunctionName) -> Option<String> {
    for operation in ["GetItem", "UpdateItem", "DescribeSnapshots", "DescribeInstances"] {
        scene.sim.faults(|faults| faults.add(Rule::on(operation, Fault::Unavailable, Pick::Every)));
    }
    let event = match function {
        AutoSnapshot => support::scene::event("ec2-state-change"),
        NightlyMaintenance => RECONCILE.as_bytes().to_vec(),
        AutoRemediation => support::scene::event("alarm-sns"),
    };
    let now = scene.sim.now();
    let event = String::from_utf8(event).unwrap().replace("2026-11-23", &time::day(now).to_string());
    let _ = scene.send(function, event.as_bytes());
    let records = scene.cloud(|cloud| cloud.lambda.failures.get(&function.failures()).map_or(0, Vec::len));
    unless(records == 1, format!("{records} records"))
}

fn record(n: u32, text: usize) -> ports::Record {
    let mut record = support::scene::record(&format!("record-{n}"), "2026-11-23T12:00:00Z", "0.5");
    record.insert("date".to_owned(), Attribute::S("2026-11-23".to_owned()));
    record.insert("text".to_owned(), Attribute::S("x".repeat(text)));
    record
}

fn a_night(scene: &Scene) -> Option<String> {
    let old = scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    scene.put_record(record(1, 1));
    let night = scene.night();
    let records = scene.object("metrics-archive/2026-11-23/metrics.jsonl").map_or(0, |o| o.lines().count());
    let is_done = !scene.has_snapshot(&old) && records == 1 && scene.mails().len() == 1;
    // A day that is archived already is read.
    let again = scene.night();
    unless(is_done && night.is_ok() && again.is_ok(), (night, again, records))
}

fn a_stop_nobody_heard_of(scene: &Scene) -> Option<String> {
    let instance = with_instance_store(scene);
    scene.cloud(|cloud| {
        let machine: &mut Machine = cloud.ec2.machine(&instance).unwrap();
        machine.state = InstanceState::Stopped;
        let code = "Server.InternalError".to_owned();
        machine.reason = Some(StateReason { message: code.clone(), code });
    });
    let answer = scene.send(NightlyMaintenance, RECONCILE.as_bytes());
    let named = |s: &ports::Snapshot| s.tags.get("Name").is_some_and(|name| name.starts_with("auto-"));
    let taken = scene.snapshots();
    let is_done = taken.len() == 2 && taken.iter().all(named) && are_told_of_it(scene);
    unless(is_done && answer.is_ok(), answer)
}

fn watched(scene: &Scene, group: &str) {
    scene.group(group, 2, 10);
    scene.alarm(&format!("{group}-high-cpu"), Some(group));
}

fn opted_in(scene: &Scene) {
    watched(scene, "api");
    scene.cloud(|cloud| {
        cloud.autoscaling.fleet(&"api".parse().unwrap()).unwrap().tags = tags([("AutoRemediate", "true")]);
    });
}

/// Auto Scaling does not answer; the night finishes what was begun while the alarm is young.
fn not_scaled(scene: &Scene, group: &str) -> Option<String> {
    scene.cloud(|cloud| cloud.lambda.never_retry("auto-remediation"));
    scene.sim.faults(|faults| faults.add(Rule::on("SetDesiredCapacity", Fault::Unavailable, Pick::Every)));
    scene.turns(&format!("{group}-high-cpu"), AlarmState::Alarm);
    scene.sim.faults(cloud_sim::fault::Faults::clear);
    let answer = scene.send(NightlyMaintenance, RECONCILE.as_bytes());
    unless(scene.desired(group) == Capacity(4), answer)
}

fn a_group_was_not_scaled(scene: &Scene) -> Option<String> {
    watched(scene, "web");
    not_scaled(scene, "web")
}

fn an_opted_in_group_was_not_scaled(scene: &Scene) -> Option<String> {
    opted_in(scene);
    not_scaled(scene, "api")
}

/// A page cannot be read while a part of an archive is on its way already: what was sent must not linger, and cost.
fn an_upload_is_given_up(scene: &Scene) -> Option<String> {
    (0..30).for_each(|n| scene.put_record(record(n, 380_000)));
    let read = Rule::on("Query", Fault::Denied, Pick::Nth(11));
    scene.sim.faults(|faults| faults.add(read));
    let lingering =
        |scene: &Scene| scene.cloud(|cloud| cloud.s3.look("reports").unwrap().lingering_uploads());
    scene.sim.run_for(SignedDuration::from_hours(13));
    unless(lingering(scene) == 0, "an upload lingers").or_else(|| {
        let told = scene.mails().iter().any(|mail| mail.body.contains("metrics archival"));
        // The night says that it failed; that is not the trouble here.
        unless(told, "nothing was given up").map(|_| "the story is another one".to_owned())
    })
}

/// It is told by the function itself: reconcile would do it later.
fn grows(scene: &Scene, group: &str) -> Option<String> {
    scene.turns(&format!("{group}-high-cpu"), AlarmState::Alarm);
    let answered = scene.answer(FunctionName::AutoRemediation).is_some_and(|answer| answer.is_ok());
    unless(answered && scene.desired(group) == Capacity(4) && scene.mails().len() == 1, answers(scene))
}

fn a_named_group_grows(scene: &Scene) -> Option<String> {
    watched(scene, "web");
    grows(scene, "web")
}

fn an_opted_in_group_grows(scene: &Scene) -> Option<String> {
    opted_in(scene);
    grows(scene, "api")
}

fn people_are_told(scene: &Scene) -> Option<String> {
    scene.alarm("queue-depth", None);
    scene.turns("queue-depth", AlarmState::Alarm);
    let are_told = scene.mails().iter().any(|mail| mail.body.contains("it grows"));
    unless(are_told, answers(scene))
}

fn an_instance_hangs(scene: &Scene) -> Option<String> {
    let instance = scene.tagged(tags([("AutoRemediate", "true")]), 0);
    let mut alarm = Alarm::high_cpu(None);
    alarm.metric.dimensions.insert("InstanceId".to_owned(), instance.to_string());
    alarm.topics.push(ALARM_TOPIC.to_owned());
    scene.cloud(|cloud| cloud.cloudwatch.add_alarm("web-1-hangs", alarm));
    scene.turns("web-1-hangs", AlarmState::Alarm);
    let reboots = scene.cloud(|cloud| cloud.ec2.machine(&instance).unwrap().reboots);
    unless(reboots == 1 && scene.mails().len() == 1, answers(scene))
}
