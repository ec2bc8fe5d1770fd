//! Rules: which events reach which functions, and when schedules are due
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html>).

use std::collections::BTreeMap;

use ports::{InstanceId, InstanceState, Snapshot, SnapshotId, SnapshotState};

use super::cloudwatch::Alarm;
use super::lambda::hand_over;
use super::pattern::{Event, Pattern};
use super::schedule::Schedule;
use super::{Cloud, Fact, Happening};
use crate::kernel::Context;
use crate::payload::{self, AlarmChange};

/// The rules of the account.
#[derive(Clone, Debug, Default)]
pub struct EventBridge {
    rules: BTreeMap<String, Rule>,
    last: u64,
}

/// A rule with one function as its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it waits for.
    pub on: On,
    /// The function it invokes.
    pub function: String,
    /// What the function gets instead of the event, if the target has an input of its own
    /// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html>).
    pub input: Option<String>,
}

impl Rule {
    /// A rule whose function gets the event as it is.
    pub fn new(on: On, function: &str) -> Self {
        Self { on, function: function.to_owned(), input: None }
    }

    /// The same rule, whose function always gets this.
    #[must_use]
    pub fn with_input(self, input: &str) -> Self {
        Self { input: Some(input.to_owned()), ..self }
    }
}

/// What a rule waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// Events that match a pattern.
    Events(Pattern),
    /// The runs of a schedule.
    Schedule(Schedule),
}

impl EventBridge {
    fn next_id(&mut self) -> String {
        self.last += 1;
        format!("7bf73129-1428-4cd3-a780-{:012x}", self.last)
    }

    /// The rules that wait for an event; it is read once for all of them.
    fn waiting_for(&self, payload: &str) -> Vec<Rule> {
        let Ok(event) = payload.parse::<Event>() else { return Vec::new() };
        let is_for = |rule: &&Rule| match &rule.on {
            On::Events(pattern) => pattern.matches(&event),
            On::Schedule(_) => false,
        };
        self.rules.values().filter(is_for).cloned().collect()
    }
}

/// Tells the bus that an instance entered a state. EC2's events are best effort.
pub(super) fn ec2_state_change(
    cloud: &mut Cloud,
    instance: &InstanceId,
    state: InstanceState,
    context: &mut Context<'_>,
) {
    let id = cloud.eventbridge.next_id();
    let payload = payload::instance_state(&cloud.place, &id, instance, state, context.now);
    emit(cloud, &payload, true, context);
}

/// Hands an event to the functions of the rules that wait for it. A best-effort source may lose it on the way.
fn emit(cloud: &Cloud, payload: &str, best_effort: bool, context: &mut Context<'_>) {
    for Rule { function, input, .. } in cloud.eventbridge.waiting_for(payload) {
        hand_over(&function, input.unwrap_or_else(|| payload.to_owned()), best_effort, context);
    }
}

/// Tells the bus that something was done with a snapshot. EBS's events are best effort.
pub(super) fn ebs_snapshot(
    cloud: &mut Cloud,
    event: &str,
    snapshot: &SnapshotId,
    state: SnapshotState,
    context: &mut Context<'_>,
) {
    let Some(found) = cloud.snapshots.get(snapshot).cloned() else { return };
    let id = cloud.eventbridge.next_id();
    let told = payload::EbsSnapshot { event, snapshot: &found, succeeded: state != SnapshotState::Error };
    let payload = payload::ebs_snapshot(&cloud.place, &id, &told, context.now);
    emit(cloud, &payload, true, context);
}

/// Tells the bus that a set of snapshots is over.
pub(super) fn ebs_set(
    cloud: &mut Cloud,
    snapshots: &[SnapshotId],
    state: SnapshotState,
    context: &mut Context<'_>,
) {
    let found = |id: &SnapshotId| cloud.snapshots.get(id).cloned();
    let set: Vec<Snapshot> = snapshots.iter().filter_map(found).collect();
    let id = cloud.eventbridge.next_id();
    let payload = payload::ebs_set(&cloud.place, &id, &set, (state != SnapshotState::Error, context.now));
    emit(cloud, &payload, true, context);
}

/// Tells the bus, through CloudTrail, that somebody asked for a reboot.
pub(super) fn ec2_reboot(cloud: &mut Cloud, instance: &InstanceId, context: &mut Context<'_>) {
    let id = cloud.eventbridge.next_id();
    let payload = payload::reboot_call(&cloud.place, &id, instance, context.now);
    emit(cloud, &payload, true, context);
}

/// Tells the bus that an alarm changed its state.
pub(super) fn alarm_state_change(cloud: &mut Cloud, name: &str, alarm: &Alarm, context: &mut Context<'_>) {
    let id = cloud.eventbridge.next_id();
    let change = AlarmChange { place: &cloud.place, name, alarm };
    let payload = payload::alarm_event(&change, &id);
    emit(cloud, &payload, false, context);
}

impl Cloud {
    /// Adds a rule; a schedule begins to run.
    pub fn add_rule(&mut self, name: &str, rule: Rule, context: &mut Context<'_>) {
        if let On::Schedule(schedule) = &rule.on {
            tick_next(name, schedule, context);
        }
        self.eventbridge.rules.insert(name.to_owned(), rule);
    }

    /// A schedule is due: within its minute, and a few seconds late.
    pub(super) fn tick(&mut self, name: &str, context: &mut Context<'_>) {
        let Some(rule) = self.eventbridge.rules.get(name).cloned() else { return };
        let Rule { on: On::Schedule(schedule), function, input } = rule else { return };
        context.note(Fact::Due { rule: name.to_owned() });
        let id = self.eventbridge.next_id();
        let payload = input.unwrap_or_else(|| payload::scheduled(&self.place, &id, name, context.now));
        hand_over(&function, payload, false, context);
        tick_next(name, &schedule, context);
    }
}

fn tick_next(name: &str, schedule: &Schedule, context: &mut Context<'_>) {
    if let Some(run) = schedule.next(context.now) {
        context.at(run, Happening::Tick { rule: name.to_owned() });
    }
}
