//! A change of an alarm's state, in the three shapes in which CloudWatch tells of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::region::display_name;
use super::{Envelope, envelope, with};
use crate::cloud::Place;
use crate::cloud::cloudwatch::{Alarm, Status};

/// The latest change of an alarm's state.
#[derive(Clone, Copy, Debug)]
pub struct AlarmChange<'a> {
    /// Where the alarm is.
    pub place: &'a Place,
    /// Its name.
    pub name: &'a str,
    /// The alarm, in the state that it entered.
    pub alarm: &'a Alarm,
}

/// A time as CloudWatch writes it: UTC is `+0000`.
pub fn alarm_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

impl AlarmChange<'_> {
    /// The alarm's ARN.
    pub(crate) fn arn(&self) -> String {
        self.place.arn("cloudwatch", &format!("alarm:{}", self.name))
    }

    /// The ARNs of what it does when it enters `ALARM`.
    fn actions(&self) -> Vec<String> {
        let function = |name: &String| self.place.arn("lambda", &format!("function:{name}"));
        self.alarm.topics.iter().cloned().chain(self.alarm.functions.iter().map(function)).collect()
    }

    /// Neither operator nor threshold nor number of periods is part of it; the reason has them.
    fn metrics(&self) -> Value {
        let Alarm { metric, condition, .. } = self.alarm;
        json!([{
            "id": "4f1c4d6c-0f2d-4b11-8d3a-3c6b5c0e9b21",
            "metricStat": {
                "metric": {
                    "namespace": metric.namespace,
                    "name": metric.name,
                    "dimensions": metric.dimensions,
                },
                "period": condition.period,
                "stat": condition.statistic.as_str(),
            },
            "returnData": true,
        }])
    }

    fn configuration(&self) -> Value {
        if self.alarm.is_composite() {
            json!({ "alarmRule": self.alarm.rule() })
        } else {
            json!({ "description": self.alarm.description, "metrics": self.metrics() })
        }
    }

    fn data(&self) -> Value {
        json!({
            "alarmName": self.name,
            "configuration": self.configuration(),
            "previousState": state(&self.alarm.previous),
            "state": state(&self.alarm.status),
        })
    }

    fn triggering_children(&self) -> Value {
        let status = &self.alarm.status;
        let state = json!({ "Value": status.state, "Timestamp": alarm_time(status.since) });
        json!([{ "Arn": self.alarm.child(self.place), "State": state }])
    }

    fn trigger(&self) -> Value {
        let Alarm { metric, condition, .. } = self.alarm;
        let dimension = |(name, value)| json!({ "value": value, "name": name });
        let trigger = json!({
            "MetricName": metric.name,
            "Namespace": metric.namespace,
            "StatisticType": "Statistic",
            "Statistic": condition.statistic.as_str().to_uppercase(),
            "Unit": null,
            "Dimensions": metric.dimensions.iter().map(dimension).collect::<Vec<Value>>(),
            "Period": condition.period,
            "EvaluationPeriods": condition.evaluation_periods,
            "ComparisonOperator": condition.comparison.as_str(),
            "Threshold": condition.threshold,
            "TreatMissingData": condition.missing.as_str(),
            "EvaluateLowSampleCountPercentile": "",
        });
        with(trigger, "DatapointsToAlarm", condition.datapoints_to_alarm)
    }
}

fn state(status: &Status) -> Value {
    let state = json!({
        "value": status.state,
        "reason": status.reason,
        "timestamp": alarm_time(status.since),
    });
    with(state, "reasonData", status.data.as_deref())
}

/// The subject of an alarm's mail, of fewer than 100 characters.
pub fn alarm_subject(change: &AlarmChange<'_>) -> String {
    let region = display_name(&change.place.region);
    let subject = format!("{}: \"{}\" in {region}", change.alarm.status.state, change.name);
    subject.chars().take(99).collect()
}

/// The message of an alarm's SNS action; that of a composite alarm has its rule where others have their metric
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>).
pub fn alarm_message(change: &AlarmChange<'_>) -> String {
    let AlarmChange { place, name, alarm } = change;
    let message = json!({
        "AlarmName": name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": place.account,
        "NewStateValue": alarm.status.state,
        "NewStateReason": alarm.status.reason,
        "StateChangeTime": alarm_time(alarm.status.since),
        "Region": display_name(&place.region),
        "AlarmArn": change.arn(),
        "OldStateValue": alarm.previous.state,
        "OKActions": alarm.ok_topics,
        "AlarmActions": change.actions(),
        "InsufficientDataActions": alarm.insufficient_data_topics,
    });
    let more = if alarm.is_composite() {
        [("AlarmRule", alarm.rule().into()), ("TriggeringChildren", change.triggering_children())]
    } else {
        let configured_at = alarm_time(alarm.configured_at);
        [("AlarmConfigurationUpdatedTimestamp", configured_at.into()), ("Trigger", change.trigger())]
    };
    more.into_iter().fold(message, |message, (member, value)| with(message, member, Some(value))).to_string()
}

/// `CloudWatch Alarm State Change`
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>).
pub fn alarm_event(change: &AlarmChange<'_>, id: &str) -> String {
    envelope(&Envelope {
        place: change.place,
        id,
        source: "aws.cloudwatch",
        detail_type: "CloudWatch Alarm State Change",
        resource: Some(&change.arn()),
        at: change.alarm.status.since,
        detail: &change.data(),
    })
}

/// The event of an alarm's Lambda action
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>).
pub fn alarm_action(change: &AlarmChange<'_>) -> String {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": change.arn(),
        "accountId": change.place.account,
        "time": alarm_time(change.alarm.status.since),
        "region": change.place.region,
        "alarmData": change.data(),
    })
    .to_string()
}
