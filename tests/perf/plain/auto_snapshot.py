"""What one writes first: snapshots every volume of an instance that stopped, and says so."""

import json
import os

import boto3

ec2 = boto3.client("ec2")
sns = boto3.client("sns")


def handler(event, context):
    instance_id = event["detail"]["instance-id"]
    state = event["detail"]["state"]
    if state not in ("stopping", "stopped"):
        return {"action": "skipped", "reason": f"state is {state}"}
    reservations = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    instance = reservations[0]["Instances"][0]
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    if tags.get("AutoSnapshot") != "true":
        return {"action": "skipped", "reason": "not opted in"}
    answer = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance_id},
        Description=f"Auto-snapshot of {instance_id}",
        TagSpecifications=[{
            "ResourceType": "snapshot",
            "Tags": [
                {"Key": "AutoCreated", "Value": "true"},
                {"Key": "InstanceId", "Value": instance_id},
                {"Key": "TriggerState", "Value": state},
            ],
        }],
    )
    created = [snapshot["SnapshotId"] for snapshot in answer["Snapshots"]]
    result = {"instance_id": instance_id, "state": state, "snapshots_created": created}
    sns.publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"[Auto-Snapshot] {tags.get('Name', instance_id)} ({state})"[:99],
        Message=json.dumps(result),
    )
    return result
