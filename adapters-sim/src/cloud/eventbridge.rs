//! Rules: which events reach which functions, and when schedules are due
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html>).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ports::{InstanceId, InstanceState, time};

use super::lambda::hand_over;
use super::{Cloud, Fact, Happening};
use crate::kernel::Context;
use crate::payload;

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
}

/// What a rule waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// Events of a source and a detail type.
    Events {
        /// The source.
        source: String,
        /// The detail type.
        detail_type: String,
    },
    /// A time of day, in UTC.
    Daily {
        /// The hour.
        hour: i64,
    },
}

impl EventBridge {
    fn next_id(&mut self) -> String {
        self.last += 1;
        format!("7bf73129-1428-4cd3-a780-{:012x}", self.last)
    }

    fn targets(&self, source: &str, detail_type: &str) -> Vec<String> {
        let is_for = |rule: &&Rule| match &rule.on {
            On::Events { source: s, detail_type: d } => s == source && d == detail_type,
            On::Daily { .. } => false,
        };
        self.rules.values().filter(is_for).map(|rule| rule.function.clone()).collect()
    }
}

/// When a time of day comes next after an instant.
fn next_daily(hour: i64, after: Timestamp) -> Timestamp {
    let today = time::later(time::midnight(time::day(after)), SignedDuration::from_hours(hour));
    if after < today { today } else { time::later(today, SignedDuration::from_hours(24)) }
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
    for function in cloud.eventbridge.targets("aws.ec2", "EC2 Instance State-change Notification") {
        hand_over(&function, payload.clone(), true, context);
    }
}

/// Tells the bus, through CloudTrail, that somebody asked for a reboot.
pub(super) fn ec2_reboot(cloud: &mut Cloud, instance: &InstanceId, context: &mut Context<'_>) {
    let id = cloud.eventbridge.next_id();
    let payload = payload::reboot_call(&cloud.place, &id, instance, context.now);
    for function in cloud.eventbridge.targets("aws.ec2", "AWS API Call via CloudTrail") {
        hand_over(&function, payload.clone(), true, context);
    }
}

/// Tells the bus that an alarm changed its state.
pub(super) fn alarm_state_change(cloud: &Cloud, payload: &str, context: &mut Context<'_>) {
    for function in cloud.eventbridge.targets("aws.cloudwatch", "CloudWatch Alarm State Change") {
        hand_over(&function, payload.to_owned(), false, context);
    }
}

impl Cloud {
    /// Adds a rule; a schedule begins to run.
    pub fn add_rule(&mut self, name: &str, rule: Rule, context: &mut Context<'_>) {
        if let On::Daily { hour } = rule.on {
            context.at(next_daily(hour, context.now), Happening::Tick { rule: name.to_owned() });
        }
        self.eventbridge.rules.insert(name.to_owned(), rule);
    }

    /// A schedule is due: within its minute, and a few seconds late.
    pub(super) fn tick(&mut self, name: &str, context: &mut Context<'_>) {
        let Some(rule) = self.eventbridge.rules.get(name).cloned() else { return };
        let On::Daily { hour } = rule.on else { return };
        context.note(Fact::Due { rule: name.to_owned() });
        let id = self.eventbridge.next_id();
        let payload = payload::scheduled(&self.place, &id, name, context.now);
        hand_over(&rule.function, payload, false, context);
        context.at(next_daily(hour, context.now), Happening::Tick { rule: name.to_owned() });
    }
}
