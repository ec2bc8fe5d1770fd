use aws_vocabulary::InstanceId;
use aws_vocabulary::SpotAction;
use jiff::Timestamp;
use serde_json::json;

use super::{Envelope, envelope};
use crate::cloud::Place;

/// Something that AWS Health tells of an instance.
#[derive(Clone, Copy, Debug)]
pub struct HealthIssue<'a> {
    /// The kind of event.
    pub code: &'a str,
    /// Its category.
    pub category: &'a str,
    /// The instance.
    pub instance: &'a InstanceId,
    /// When it began, or begins.
    pub starts: Timestamp,
}

/// `AWS Health Event` (<https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>).
pub fn health_event(place: &Place, id: &str, issue: &HealthIssue<'_>, at: Timestamp) -> String {
    let HealthIssue { code, category, instance, starts } = issue;
    let date = |at: Timestamp| at.strftime("%a, %-d %b %Y %H:%M:%S GMT").to_string();
    let arn =
        format!("arn:aws:health:{}::event/EC2/{code}/{code}_{instance}_{}", place.region, starts.as_second());
    envelope(&Envelope {
        place,
        id,
        source: "aws.health",
        detail_type: "AWS Health Event",
        resource: Some(instance.as_str()),
        at,
        detail: &json!({
            "eventArn": arn,
            "service": "EC2",
            "eventTypeCode": code,
            "eventTypeCategory": category,
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "communicationId": format!("{id}-1"),
            "startTime": date(*starts),
            "lastUpdatedTime": date(at),
            "statusCode": if starts < &at { "open" } else { "upcoming" },
            "eventRegion": place.region,
            "eventDescription": [{
                "language": "en_US",
                "latestDescription": "A description of the event will be provided here",
            }],
            "affectedEntities": [{ "entityValue": instance }],
            "page": "1",
            "totalPages": "1",
            "affectedAccount": place.account,
        }),
    })
}

/// `EC2 Spot Instance Interruption Warning`, whose ARN names a zone and no account
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>).
pub fn spot_warning(
    place: &Place,
    id: &str,
    (instance, zone): (&InstanceId, &str),
    (action, at): (SpotAction, Timestamp),
) -> String {
    let action = match action {
        SpotAction::Stop => "stop",
        SpotAction::Hibernate => "hibernate",
        SpotAction::Terminate => "terminate",
    };
    envelope(&Envelope {
        place,
        id,
        source: "aws.ec2",
        detail_type: "EC2 Spot Instance Interruption Warning",
        resource: Some(&format!("arn:aws:ec2:{zone}:instance/{instance}")),
        at,
        detail: &json!({ "instance-id": instance, "instance-action": action }),
    })
}
