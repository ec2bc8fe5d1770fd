//! Rules: which events reach which functions, and when schedules are due
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html>).

use std::collections::BTreeMap;

use aws_vocabulary::ErrorKind;
use aws_vocabulary::SpotAction;
use aws_vocabulary::{InstanceId, InstanceState, Snapshot, SnapshotId, SnapshotState};
use eventbridge::pattern::{Event, Pattern};
use eventbridge::schedule::Schedule;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::backoff::RetryPolicy;
use super::cloudwatch::Alarm;
use super::delivery::{Dispatch, Origin, Target, hand_over};
use super::{ApiError, Cloud, Fact, Happening};
use crate::kernel::Context;
use crate::payload::{self, AlarmChange, HealthIssue};

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
    /// How long it is tried to reach the function.
    pub retry: RetryPolicy,
    /// The queue for what did not reach it.
    pub dead_letters: Option<String>,
}

impl Rule {
    /// A rule whose function gets the event as it is.
    pub fn new(on: On, function: &str) -> Self {
        Self {
            on,
            function: function.to_owned(),
            input: None,
            retry: RetryPolicy::default(),
            dead_letters: None,
        }
    }

    /// The same rule, whose function always gets this.
    #[must_use]
    pub fn with_input(self, input: &str) -> Self {
        Self { input: Some(input.to_owned()), ..self }
    }
}

impl Rule {
    /// The same rule, which tries so long.
    #[must_use]
    pub fn retrying(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// The same rule with a dead-letter queue.
    #[must_use]
    pub fn dead_letters(self, queue: &str) -> Self {
        Self { dead_letters: Some(queue.to_owned()), ..self }
    }

    /// Puts an event on its way to the function: Lambda takes it into its own queue, so a dead letter of this rule never
    /// tells of an error of the function
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchevents.html>).
    fn send(&self, name: &str, payload: &str, how: (bool, SignedDuration), context: &mut Context<'_>) {
        let dispatch = Dispatch {
            to: Target::Function(self.function.clone()),
            payload: self.input.clone().unwrap_or_else(|| payload.to_owned()),
            from: Origin::Rule { rule: name.to_owned() },
            dead_letters: self.dead_letters.clone(),
            since: context.now,
            retries: 0,
        };
        hand_over(&dispatch, how, context);
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

/// An event that somebody puts on the bus.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// Who it says that it is of.
    pub source: &'a str,
    /// What it says that it is.
    pub detail_type: &'a str,
    /// What it tells.
    pub detail: &'a Value,
}

impl EventBridge {
    fn next_id(&mut self) -> String {
        self.last += 1;
        format!("7bf73129-1428-4cd3-a780-{:012x}", self.last)
    }

    /// Whether any rule waits for events.
    fn listens(&self) -> bool {
        self.rules.values().any(|rule| matches!(rule.on, On::Events(_)))
    }

    /// The rules that wait for an event; it is read once for all of them.
    fn waiting_for(&self, payload: &str) -> Vec<(String, Rule)> {
        let Ok(event) = payload.parse::<Event>() else { return Vec::new() };
        let is_for = |(_, rule): &(&String, &Rule)| match &rule.on {
            On::Events(pattern) => pattern.matches(&event),
            On::Schedule(_) => false,
        };
        self.rules.iter().filter(is_for).map(|(name, rule)| (name.clone(), rule.clone())).collect()
    }

    /// How long a rule tries to reach its target.
    pub(super) fn retry_policy(&self, rule: &str) -> RetryPolicy {
        self.rules.get(rule).map(|rule| rule.retry).unwrap_or_default()
    }
}

/// Tells the bus that an instance entered a state. EC2's events are best effort.
pub(super) fn ec2_state_change(
    cloud: &mut Cloud,
    instance: &InstanceId,
    state: InstanceState,
    context: &mut Context<'_>,
) {
    let event =
        |cloud: &Cloud, id: &str, now| payload::instance_state(&cloud.place, id, instance, state, now);
    emit(cloud, event, true, context);
}

/// Hands an event to the functions of the rules that wait for it. A best-effort source may lose it
/// on the way. Where no rule waits for any event, it is not written.
fn emit(
    cloud: &mut Cloud,
    event: impl FnOnce(&Cloud, &str, Timestamp) -> String,
    best_effort: bool,
    context: &mut Context<'_>,
) {
    let id = cloud.eventbridge.next_id();
    if !cloud.eventbridge.listens() {
        return;
    }
    let payload = event(cloud, &id, context.now);
    for (name, rule) in cloud.eventbridge.waiting_for(&payload) {
        rule.send(&name, &payload, (best_effort, SignedDuration::ZERO), context);
    }
}

/// Tells the bus that EC2 takes a spot instance back soon: best effort.
pub(super) fn ec2_spot_warning(
    cloud: &mut Cloud,
    instance: &InstanceId,
    action: SpotAction,
    context: &mut Context<'_>,
) {
    let event = |cloud: &Cloud, id: &str, now| {
        let zone = cloud.ec2.look(instance).map(|machine| machine.zone.as_str()).unwrap_or_default();
        payload::spot_warning(&cloud.place, id, (instance, zone), (action, now))
    };
    emit(cloud, event, true, context);
}

/// Tells the bus what AWS Health knows: best effort.
pub(super) fn health(cloud: &mut Cloud, issue: &HealthIssue<'_>, context: &mut Context<'_>) {
    let event = |cloud: &Cloud, id: &str, now| payload::health_event(&cloud.place, id, issue, now);
    emit(cloud, event, true, context);
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
    let told = payload::EbsSnapshot { event, snapshot: &found, succeeded: state != SnapshotState::Error };
    let event = |cloud: &Cloud, id: &str, now| payload::ebs_snapshot(&cloud.place, id, &told, now);
    emit(cloud, event, true, context);
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
    let event = |cloud: &Cloud, id: &str, now| {
        payload::ebs_set(&cloud.place, id, &set, (state != SnapshotState::Error, now))
    };
    emit(cloud, event, true, context);
}

/// Tells the bus, through CloudTrail, that somebody asked for a reboot.
pub(super) fn ec2_reboot(cloud: &mut Cloud, instance: &InstanceId, context: &mut Context<'_>) {
    let event = |cloud: &Cloud, id: &str, now| payload::reboot_call(&cloud.place, id, instance, now);
    emit(cloud, event, true, context);
}

/// Puts the record of a request that is over on the bus, as one of its destinations
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
pub(super) fn lambda_result(cloud: &mut Cloud, function: &str, record: &str, context: &mut Context<'_>) {
    let event =
        |cloud: &Cloud, id: &str, now| payload::lambda_result(&cloud.place, id, (function, record), now);
    emit(cloud, event, false, context);
}

/// Tells the bus that an alarm changed its state.
pub(super) fn alarm_state_change(cloud: &mut Cloud, name: &str, alarm: &Alarm, context: &mut Context<'_>) {
    let event = |cloud: &Cloud, id: &str, _| {
        payload::alarm_event(&AlarmChange { place: &cloud.place, name, alarm }, id)
    };
    emit(cloud, event, false, context);
}

impl Cloud {
    /// Adds a rule; a schedule begins to run.
    pub fn add_rule(&mut self, name: &str, rule: Rule, context: &mut Context<'_>) {
        if let On::Schedule(schedule) = &rule.on {
            tick_next(name, schedule, context);
        }
        self.eventbridge.rules.insert(name.to_owned(), rule);
    }

    /// `PutEvents` of one event on the default bus. Nobody but AWS's services may speak for one
    /// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
    ///
    /// # Errors
    ///
    /// When the source is one of AWS's.
    pub fn put_event(&mut self, event: &Put<'_>, context: &mut Context<'_>) -> Result<(), ApiError> {
        if event.source.starts_with("aws.") {
            let message = "Not authorized for the source.";
            return Err(ApiError::new(ErrorKind::Denied, "NotAuthorizedForSourceException", message));
        }
        let custom = |cloud: &Self, id: &str, now| payload::custom(&cloud.place, id, event, now);
        emit(self, custom, false, context);
        Ok(())
    }

    /// A schedule is due: some time within its minute.
    pub(super) fn tick(&mut self, name: &str, context: &mut Context<'_>) {
        let Some(rule) = self.eventbridge.rules.get(name).cloned() else { return };
        let On::Schedule(schedule) = &rule.on else { return };
        context.note(Fact::Due { rule: name.to_owned() });
        let id = self.eventbridge.next_id();
        let payload = payload::scheduled(&self.place, &id, name, context.now);
        // "Your scheduled rule runs within that minute, but not on the precise 0th second"
        // (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html>).
        let second = SignedDuration::from_secs(i64::from(context.choose("schedule/second", 60)));
        rule.send(name, &payload, (false, second), context);
        tick_next(name, schedule, context);
    }
}

fn tick_next(name: &str, schedule: &Schedule, context: &mut Context<'_>) {
    if let Some(run) = schedule.next(context.now) {
        context.at(run, Happening::Tick { rule: name.to_owned() });
    }
}
