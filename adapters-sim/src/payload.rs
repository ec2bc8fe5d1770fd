//! The JSON that services deliver, built from AWS's documentation and not from what reads it.

use jiff::Timestamp;
use ports::trigger::AlarmState;
use ports::{InstanceId, InstanceState};
use serde_json::{Value, json};

use crate::cloud::Place;
use crate::cloud::cloudwatch::Alarm;

/// `EC2 Instance State-change Notification`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html>).
pub fn instance_state(
    place: &Place,
    id: &str,
    instance: &InstanceId,
    state: InstanceState,
    at: Timestamp,
) -> String {
    envelope(&Envelope {
        place,
        id,
        source: "aws.ec2",
        detail_type: "EC2 Instance State-change Notification",
        resource: &place.arn("ec2", &format!("instance/{instance}")),
        at,
        detail: &json!({ "instance-id": instance, "state": state.as_str() }),
    })
}

/// `Scheduled Event` (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>).
pub fn scheduled(place: &Place, id: &str, rule: &str, at: Timestamp) -> String {
    envelope(&Envelope {
        place,
        id,
        source: "aws.events",
        detail_type: "Scheduled Event",
        resource: &place.arn("events", &format!("rule/{rule}")),
        at,
        detail: &json!({}),
    })
}

struct Envelope<'a> {
    place: &'a Place,
    id: &'a str,
    source: &'a str,
    detail_type: &'a str,
    resource: &'a str,
    at: Timestamp,
    detail: &'a Value,
}

/// The envelope of every event; its time has whole seconds
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>).
fn envelope(event: &Envelope<'_>) -> String {
    json!({
        "version": "0",
        "id": event.id,
        "detail-type": event.detail_type,
        "source": event.source,
        "account": event.place.account,
        "time": event.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": event.place.region,
        "resources": [event.resource],
        "detail": event.detail,
    })
    .to_string()
}

/// A message that a topic delivers to a function.
#[derive(Clone, Copy, Debug)]
pub struct Sns<'a> {
    /// The topic's ARN.
    pub topic: &'a str,
    /// The message's id.
    pub id: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub message: &'a str,
    /// When it was published.
    pub at: Timestamp,
}

/// An SNS event (<https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>).
pub fn sns(message: &Sns<'_>) -> String {
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55", message.topic),
        "Sns": {
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": message.topic,
            "Subject": message.subject,
            "Message": message.message,
            "Timestamp": message.at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "EXAMPLE",
            "UnsubscribeUrl": "EXAMPLE",
            "MessageAttributes": {},
        },
    }] })
    .to_string()
}

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

    fn reason(&self) -> String {
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
        let data = json!({
            "version": "1.0", "queryDate": self.time(), "startDate": self.time(), "statistic": "Average",
            "period": 300, "recentDatapoints": [f64::from(self.value)], "threshold": f64::from(self.alarm.threshold),
        });
        json!({
            "value": self.state, "reason": self.reason(), "reasonData": data.to_string(), "timestamp": self.time(),
        })
    }

    fn data(&self) -> Value {
        json!({
            "alarmName": self.name,
            "configuration": { "description": self.alarm.description, "metrics": self.metrics() },
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

/// The message of an alarm's SNS action
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>).
pub fn alarm_message(change: &AlarmChange<'_>) -> String {
    let dimensions: Vec<Value> =
        change.alarm.dimensions.iter().map(|(name, value)| json!({ "value": value, "name": name })).collect();
    json!({
        "AlarmName": change.name,
        "AlarmDescription": change.alarm.description,
        "AWSAccountId": change.place.account,
        "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
        "NewStateValue": change.state,
        "NewStateReason": change.reason(),
        "StateChangeTime": change.time(),
        "Region": "EU (Ireland)",
        "AlarmArn": change.arn(),
        "OldStateValue": change.previous,
        "OKActions": [],
        "AlarmActions": change.alarm.topics,
        "InsufficientDataActions": [],
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
    .to_string()
}

/// `CloudWatch Alarm State Change`
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>).
pub fn alarm_event(change: &AlarmChange<'_>) -> String {
    envelope(&Envelope {
        place: change.place,
        id: "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        source: "aws.cloudwatch",
        detail_type: "CloudWatch Alarm State Change",
        resource: &change.arn(),
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
