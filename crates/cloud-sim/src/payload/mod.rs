//! The JSON that services deliver, built from AWS's documentation and not from what reads it.

mod alarm;
mod ebs;
mod health;
mod region;

pub use alarm::{AlarmChange, alarm_action, alarm_event, alarm_message, alarm_subject, alarm_time};

pub use ebs::{EbsSnapshot, ebs_set, ebs_snapshot};
pub use health::{HealthIssue, health_event, spot_warning};

use aws_vocabulary::{InstanceId, InstanceState};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::Place;
use crate::cloud::eventbridge::Put;

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
        resource: Some(&place.arn("ec2", &format!("instance/{instance}"))),
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
        resource: Some(&place.arn("events", &format!("rule/{rule}"))),
        at,
        detail: &json!({}),
    })
}

/// An event that somebody put on the bus.
pub fn custom(place: &Place, id: &str, event: &Put<'_>, at: Timestamp) -> String {
    let Put { source, detail_type, detail } = *event;
    envelope(&Envelope { place, id, source, detail_type, resource: None, at, detail })
}

/// `AWS API Call via CloudTrail` of `RebootInstances`; it names no resources
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>).
pub fn reboot_call(place: &Place, id: &str, instance: &InstanceId, at: Timestamp) -> String {
    let user = format!("arn:aws:iam::{}:user/operator", place.account);
    let detail = json!({
        "eventVersion": "1.08",
        "userIdentity": { "type": "IAMUser", "arn": user, "accountId": place.account, "userName": "operator" },
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RebootInstances",
        "awsRegion": place.region,
        "requestParameters": { "instancesSet": { "items": [{ "instanceId": instance }] } },
        "responseElements": { "requestId": "59dbff89-35bd-4eac-99ed-be587EXAMPLE", "_return": true },
        "eventID": id,
        "eventType": "AwsApiCall",
    });
    envelope(&Envelope {
        place,
        id,
        source: "aws.ec2",
        detail_type: "AWS API Call via CloudTrail",
        resource: None,
        at,
        detail: &detail,
    })
}

/// `Lambda Function Invocation Result`, of a success or a failure
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
pub fn lambda_result(place: &Place, id: &str, (function, record): (&str, &str), at: Timestamp) -> String {
    let detail: Value = serde_json::from_str(record).unwrap_or_default();
    let succeeded =
        detail.pointer("/requestContext/condition").is_some_and(|condition| condition == "Success");
    envelope(&Envelope {
        place,
        id,
        source: "lambda",
        detail_type: if succeeded {
            "Lambda Function Invocation Result - Success"
        } else {
            "Lambda Function Invocation Result - Failure"
        },
        resource: Some(&place.arn("lambda", &format!("function:{function}:$LATEST"))),
        at,
        detail: &detail,
    })
}

struct Envelope<'a> {
    place: &'a Place,
    id: &'a str,
    source: &'a str,
    detail_type: &'a str,
    resource: Option<&'a str>,
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
        "resources": event.resource.as_slice(),
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
    let told = message.told(["SigningCertUrl", "UnsubscribeUrl"]);
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55", message.topic),
        "Sns": with(told, "MessageAttributes", Some(json!({}))),
    }] })
    .to_string()
}

/// What a queue gets of a message, unless raw delivery is on
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>).
pub fn sns_to_queue(message: &Sns<'_>) -> String {
    message.told(["SigningCertURL", "UnsubscribeURL"]).to_string()
}

impl Sns<'_> {
    /// What every subscriber is told; Lambda and the others do not spell the addresses alike.
    fn told(&self, addresses: [&str; 2]) -> Value {
        let told = json!({
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic,
            "Subject": self.subject,
            "Message": self.message,
            "Timestamp": self.at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
        });
        addresses.into_iter().fold(told, |told, address| with(told, address, Some("EXAMPLE")))
    }
}

/// The same object with one more member, if there is one.
pub(crate) fn with(object: Value, member: &str, value: Option<impl Into<Value>>) -> Value {
    match (object, value) {
        (Value::Object(mut members), Some(value)) => {
            members.insert(member.to_owned(), value.into());
            Value::Object(members)
        }
        (object, _) => object,
    }
}
