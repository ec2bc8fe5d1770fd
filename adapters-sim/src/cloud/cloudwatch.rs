//! Alarms: actions fire on transitions only
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ports::trigger::AlarmState;

use super::eventbridge::alarm_state_change;
use super::lambda::hand_over;
use super::{Cloud, Fact};
use crate::invariant::Sometimes;
use crate::kernel::Context;
use crate::payload;

/// An alarm that is raised again within this time flaps.
const FLAP: SignedDuration = SignedDuration::from_mins(10);

/// The alarms of the account.
#[derive(Clone, Debug, Default)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
}

/// An alarm on one metric, or on other alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its state; a new alarm knows too little.
    pub state: AlarmState,
    /// Its description; CloudWatch writes `null` when there is none.
    pub description: Option<String>,
    /// The alarms that raise this one, when it is a composite alarm: it has no metric then.
    pub children: Vec<String>,
    /// The metric.
    pub metric: String,
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// The threshold.
    pub threshold: u32,
    /// The topics it tells when it enters `ALARM`.
    pub topics: Vec<String>,
    /// The functions it invokes when it enters `ALARM`.
    pub functions: Vec<String>,
    /// When it last entered `ALARM`.
    pub raised_at: Option<Timestamp>,
}

impl Alarm {
    /// An alarm on the CPU of a scaling group.
    pub fn high_cpu(group: Option<&str>) -> Self {
        Self {
            state: AlarmState::InsufficientData,
            description: None,
            children: Vec::new(),
            metric: "CPUUtilization".to_owned(),
            namespace: "AWS/EC2".to_owned(),
            dimensions: group
                .map(|g| ("AutoScalingGroupName".to_owned(), g.to_owned()))
                .into_iter()
                .collect(),
            threshold: 80,
            topics: Vec::new(),
            functions: Vec::new(),
            raised_at: None,
        }
    }
}

impl Alarm {
    /// A composite alarm, raised when one of these is.
    pub fn composite(children: &[&str]) -> Self {
        let children = children.iter().map(ToString::to_string).collect();
        Self { children, ..Self::high_cpu(None) }
    }

    /// Whether it is a composite alarm.
    pub fn is_composite(&self) -> bool {
        !self.children.is_empty()
    }

    /// The rule of a composite alarm.
    pub fn rule(&self) -> String {
        let ors: Vec<String> = self.children.iter().map(|child| format!("ALARM({child})")).collect();
        ors.join(" OR ")
    }
}

impl CloudWatch {
    /// Adds an alarm.
    pub fn add_alarm(&mut self, name: &str, alarm: Alarm) {
        self.alarms.insert(name.to_owned(), alarm);
    }

    /// An alarm, to look at or to change as if by magic.
    pub fn alarm(&mut self, name: &str) -> Option<&mut Alarm> {
        self.alarms.get_mut(name)
    }

    /// Every alarm.
    pub fn alarms(&self) -> impl Iterator<Item = (&str, &Alarm)> {
        self.alarms.iter().map(|(name, alarm)| (name.as_str(), alarm))
    }
}

impl Cloud {
    pub(super) fn alarm(&mut self, name: &str, state: AlarmState, value: u32, context: &mut Context<'_>) {
        let Some(alarm) = self.cloudwatch.alarm(name) else { return };
        if alarm.state == state {
            return;
        }
        let previous = std::mem::replace(&mut alarm.state, state);
        if state == AlarmState::Alarm {
            let before = alarm.raised_at.replace(context.now);
            if before.is_some_and(|before| context.now.duration_since(before) < FLAP) {
                context.sometimes(Sometimes::Flap);
            }
        }
        let alarm = alarm.clone();
        let group = alarm.dimensions.get("AutoScalingGroupName").and_then(|group| group.parse().ok());
        context.note(Fact::AlarmIs { alarm: name.to_owned(), group, state });
        let change = payload::AlarmChange {
            place: &self.place.clone(),
            name,
            alarm: &alarm,
            previous,
            state,
            value,
            at: context.now,
        };
        alarm_state_change(self, &payload::alarm_event(&change), context);
        if state == AlarmState::Alarm {
            for topic in &alarm.topics {
                self.publish_alarm(
                    topic,
                    &payload::alarm_subject(&change),
                    &payload::alarm_message(&change),
                    context,
                );
            }
            for function in &alarm.functions {
                hand_over(function, payload::alarm_action(&change), false, context);
            }
        }
    }
}
