//! What follows when an alarm changes its state.

use aws_vocabulary::AlarmState;
use jiff::{SignedDuration, Timestamp};

use super::alarm::Alarm;
use crate::cloud::delivery::{Dispatch, hand_over};
use crate::cloud::eventbridge::alarm_state_change;
use crate::cloud::{Cloud, Fact, Happening, iam};
use crate::kernel::Context;
use crate::payload::{self, AlarmChange};
use crate::rule::Sometimes;

/// An alarm that is raised again within this time flaps.
const FLAP: SignedDuration = SignedDuration::from_mins(10);

/// How much later actions are executed again; CloudWatch does not say.
const AGAIN: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(1), SignedDuration::from_mins(5));

impl Cloud {
    /// Tells the bus of an alarm's new state, and executes its actions.
    pub(super) fn alarm_changed(&mut self, name: &str, context: &mut Context<'_>) {
        let Some(alarm) = self.cloudwatch.alarm(name) else { return };
        let state = alarm.status.state;
        if state == AlarmState::Alarm {
            let before = alarm.raised_at.replace(context.now);
            if before.is_some_and(|before| context.now.duration_since(before) < FLAP) {
                context.sometimes(Sometimes::Flap);
            }
        }
        let alarm = alarm.clone();
        let group = alarm.metric.dimensions.get("AutoScalingGroupName").and_then(|group| group.parse().ok());
        context.note(Fact::AlarmIs { alarm: name.to_owned(), group, state });
        alarm_state_change(self, name, &alarm, context);
        self.execute_actions(&AlarmChange { place: &self.place.clone(), name, alarm: &alarm }, context);
        if actions(&alarm) != (&[], &[]) && context.happens("alarm/again", context.plan().actions_again) {
            let since = alarm.status.since;
            let after = context.choose_between("alarm/again-after", AGAIN.0, AGAIN.1);
            context.later(after, Happening::ActAgain { alarm: name.to_owned(), since });
        }
    }

    /// Executes the actions of a change again, unless the alarm has changed since: CloudWatch may look at the same
    /// datapoints more than once after a metric stopped
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-evaluating-missing-data>).
    pub(in crate::cloud) fn act_again(&mut self, name: &str, since: Timestamp, context: &mut Context<'_>) {
        let alarm = self.cloudwatch.alarm(name).cloned();
        if let Some(alarm) = alarm.filter(|alarm| alarm.status.since == since) {
            context.note(Fact::ActedAgain { alarm: name.to_owned() });
            self.execute_actions(&AlarmChange { place: &self.place.clone(), name, alarm: &alarm }, context);
        }
    }

    /// Executes the actions of an alarm's change, as far as those who are to be told let that alarm tell them: it may be one of
    /// another account or region.
    pub fn execute_actions(&mut self, change: &AlarmChange<'_>, context: &mut Context<'_>) {
        let (topics, functions) = actions(change.alarm);
        if !topics.is_empty() {
            let (subject, message) = (payload::alarm_subject(change), payload::alarm_message(change));
            for topic in topics {
                self.publish_alarm(topic, (&subject, &message), (change.place, change.name), context);
            }
        }
        for function in functions {
            // A function lets itself be invoked by those whom its policy names
            // (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>).
            let arn = self.place.arn("lambda", &format!("function:{function}"));
            let request = iam_policy::Request::new("lambda:InvokeFunction", arn)
                .knowing(iam::of_source(&change.arn(), change.place));
            if self.iam.allows_service("lambda.alarms.cloudwatch.amazonaws.com", &request) {
                let dispatch = Dispatch::once(function, payload::alarm_action(change), context.now);
                hand_over(&dispatch, (false, SignedDuration::ZERO), context);
            }
        }
    }
}

/// The topics and the functions that an alarm tells of the state that it is in.
fn actions(alarm: &Alarm) -> (&[String], &[String]) {
    match alarm.status.state {
        AlarmState::Alarm => (&alarm.topics, &alarm.functions),
        AlarmState::Ok => (&alarm.ok_topics, &[]),
        AlarmState::InsufficientData => (&alarm.insufficient_data_topics, &[]),
    }
}
