use aws_vocabulary::Snapshot;
use jiff::Timestamp;
use serde_json::json;

use super::{Envelope, envelope};
use crate::cloud::Place;

/// Something that was done with a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct EbsSnapshot<'a> {
    /// What, such as `createSnapshot`.
    pub event: &'a str,
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// Whether it went well.
    pub succeeded: bool,
}

/// `EBS Snapshot Notification`; the ARN of a snapshot names no account
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html#snapshot-events>).
pub fn ebs_snapshot(place: &Place, id: &str, told: &EbsSnapshot<'_>, at: Timestamp) -> String {
    let EbsSnapshot { event, snapshot, succeeded } = told;
    let arn = snapshot_arn(place, snapshot);
    envelope(&Envelope {
        place,
        id,
        source: "aws.ec2",
        detail_type: "EBS Snapshot Notification",
        resource: Some(&arn),
        at,
        detail: &json!({
            "event": event,
            "result": result(*succeeded),
            "cause": "",
            "request-id": "",
            "snapshot_id": arn,
            "source": format!("arn:aws:ec2::{}:volume/{}", place.region, snapshot.volume),
            "startTime": seconds(snapshot.started_at),
            "endTime": seconds(at),
        }),
    })
}

/// `EBS Multi-Volume Snapshots Completion Status`
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html#snapshot-events>).
pub fn ebs_set(place: &Place, id: &str, set: &[Snapshot], (succeeded, at): (bool, Timestamp)) -> String {
    let member = |snapshot: &Snapshot| {
        json!({
            "snapshot_id": snapshot_arn(place, snapshot),
            "source": format!("arn:aws:ec2::{}:volume/{}", place.region, snapshot.volume),
            "status": snapshot.state.as_str(),
        })
    };
    let started = set.first().map_or(at, |snapshot| snapshot.started_at);
    envelope(&Envelope {
        place,
        id,
        source: "aws.ec2",
        detail_type: "EBS Multi-Volume Snapshots Completion Status",
        resource: None,
        at,
        detail: &json!({
            "event": "createSnapshots",
            "result": result(succeeded),
            "cause": "",
            "request-id": "",
            "startTime": seconds(started),
            "endTime": seconds(at),
            "snapshots": set.iter().map(member).collect::<Vec<_>>(),
        }),
    })
}

fn result(succeeded: bool) -> &'static str {
    if succeeded { "succeeded" } else { "failed" }
}

fn snapshot_arn(place: &Place, snapshot: &Snapshot) -> String {
    format!("arn:aws:ec2::{}:snapshot/{}", place.region, snapshot.id)
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
