//! What CloudWatch tells of an alarm, in its three envelopes.

use jiff::Timestamp;
use ports::trigger::AlarmState;
use serde_json::{Value, json};

use super::{Envelope, envelope};
use crate::cloud::Place;
use crate::cloud::cloudwatch::Alarm;

/// A change of an alarm's state.
#[derive(Clone, Copy, Debug)]
pub struct AlarmChange<'a> {
    /// Where the alarm is.
    pub place: &'a Place,
    /// Its name.
    pub name: &'a str,
    /// The alarm.
    pub alarm: &'a Alarm,
    /// The state it left.
    pub previous: AlarmState,
    /// The state it entered.
    pub state: AlarmState,
    /// The latest value.
    pub value: u32,
    /// When.
    pub at: Timestamp,
}

impl AlarmChange<'_> {
    fn arn(&self) -> String {
        self.place.arn("cloudwatch", &format!("alarm:{}", self.name))
    }

    fn child(&self) -> Option<String> {
        let child = self.alarm.children.first()?;
        Some(self.place.arn("cloudwatch", &format!("alarm:{child}")))
    }

    fn reason(&self) -> String {
        if let Some(child) = self.child() {
            let at = self.at.strftime("%A %d %B, %Y %H:%M:%S UTC");
            return format!("{child} transitioned to {} at {at}", self.state);
        }
        let was = if self.state == AlarmState::Alarm { "was greater than" } else { "was not greater than" };
        format!(
            "Threshold Crossed: 1 out of the last 1 datapoints [{}.0 ({})] {was} the threshold ({}.0) (minimum 1 datapoint for {} -> {} transition).",
            self.value,
            self.at.strftime("%d/%m/%y %H:%M:00"),
            self.alarm.threshold,
            self.previous,
            self.state,
        )
    }

    /// CloudWatch writes UTC as `+0000`.
    fn time(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
    }

    fn configuration(&self) -> Value {
        if self.alarm.is_composite() {
            json!({ "alarmRule": self.alarm.rule() })
        } else {
            json!({ "description": self.alarm.description, "metrics": self.metrics() })
        }
    }

    fn metrics(&self) -> Value {
        json!([{
            "id": "4f1c4d6c-0f2d-4b11-8d3a-3c6b5c0e9b21",
            "metricStat": {
                "metric": {
                    "namespace": self.alarm.namespace,
                    "name": self.alarm.metric,
                    "dimensions": self.alarm.dimensions,
                },
                "period": 300,
                "stat": "Average",
            },
            "returnData": true,
        }])
    }

    fn state(&self) -> Value {
        let data = match self.child() {
            Some(child) => json!({
                "triggeringAlarms": [{ "arn": child, "state": { "value": self.state, "timestamp": self.time() } }],
            }),
            None => json!({
                "version": "1.0", "queryDate": self.time(), "startDate": self.time(), "statistic": "Average",
                "period": 300, "recentDatapoints": [f64::from(self.value)],
                "threshold": f64::from(self.alarm.threshold),
            }),
        };
        json!({
            "value": self.state, "reason": self.reason(), "reasonData": data.to_string(), "timestamp": self.time(),
        })
    }

    fn data(&self) -> Value {
        json!({
            "alarmName": self.name,
            "configuration": self.configuration(),
            "previousState": { "value": self.previous, "reason": "", "timestamp": self.time() },
            "state": self.state(),
        })
    }
}

/// The subject of an alarm's mail. The region is a display name.
pub fn alarm_subject(change: &AlarmChange<'_>) -> String {
    let subject = format!("{}: \"{}\" in EU (Ireland)", change.state, change.name);
    subject.chars().take(99).collect()
}

/// The message of an alarm's SNS action; that of a composite alarm has its rule where others have their metric
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>).
pub fn alarm_message(change: &AlarmChange<'_>) -> String {
    let mut message = json!({
        "AlarmName": change.name,
        "AlarmDescription": change.alarm.description,
        "AWSAccountId": change.place.account,
        "NewStateValue": change.state,
        "NewStateReason": change.reason(),
        "StateChangeTime": change.time(),
        "Region": "EU (Ireland)",
        "AlarmArn": change.arn(),
        "OldStateValue": change.previous,
        "OKActions": [],
        "AlarmActions": change.alarm.topics,
        "InsufficientDataActions": [],
    });
    let more = if change.alarm.is_composite() { of_composite(change) } else { of_metric(change) };
    if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
        message.extend(more);
    }
    message.to_string()
}

fn of_composite(change: &AlarmChange<'_>) -> Value {
    let state = json!({ "Value": change.state, "Timestamp": change.time() });
    json!({
        "AlarmRule": change.alarm.rule(),
        "TriggeringChildren": [{ "Arn": change.child(), "State": state }],
    })
}

fn of_metric(change: &AlarmChange<'_>) -> Value {
    let dimensions: Vec<Value> =
        change.alarm.dimensions.iter().map(|(name, value)| json!({ "value": value, "name": name })).collect();
    json!({
        "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
        "Trigger": {
            "MetricName": change.alarm.metric,
            "Namespace": change.alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Unit": null,
            "Dimensions": dimensions,
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": f64::from(change.alarm.threshold),
            "TreatMissingData": "",
            "EvaluateLowSampleCountPercentile": "",
        },
    })
}

/// `CloudWatch Alarm State Change`
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>).
pub fn alarm_event(change: &AlarmChange<'_>) -> String {
    envelope(&Envelope {
        place: change.place,
        id: "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        source: "aws.cloudwatch",
        detail_type: "CloudWatch Alarm State Change",
        resource: Some(&change.arn()),
        at: change.at,
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
        "time": change.time(),
        "region": change.place.region,
        "alarmData": change.data(),
    })
    .to_string()
}
