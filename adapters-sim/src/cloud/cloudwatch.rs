//! Alarms: actions fire on transitions only
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>).

use std::collections::BTreeMap;

use ports::trigger::AlarmState;

use super::eventbridge::alarm_state_change;
use super::lambda::hand_over;
use super::{Cloud, Fact};
use crate::kernel::Context;
use crate::payload;

/// The alarms of the account.
#[derive(Clone, Debug, Default)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
}

/// An alarm on one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its state; a new alarm knows too little.
    pub state: AlarmState,
    /// Its description; CloudWatch writes `null` when there is none.
    pub description: Option<String>,
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
}

impl Alarm {
    /// An alarm on the CPU of a scaling group.
    pub fn high_cpu(group: Option<&str>) -> Self {
        Self {
            state: AlarmState::InsufficientData,
            description: None,
            metric: "CPUUtilization".to_owned(),
            namespace: "AWS/EC2".to_owned(),
            dimensions: group
                .map(|g| ("AutoScalingGroupName".to_owned(), g.to_owned()))
                .into_iter()
                .collect(),
            threshold: 80,
            topics: Vec::new(),
            functions: Vec::new(),
        }
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
        let alarm = alarm.clone();
        context.note(Fact::AlarmIs { alarm: name.to_owned(), state });
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
                hand_over(function, payload::alarm_action(&change), context);
            }
        }
    }
}
