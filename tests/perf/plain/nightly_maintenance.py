"""What one writes first: deletes old snapshots, copies yesterday's records to S3, reports. All pages are read."""

import datetime
import decimal
import json
import os

import boto3

ec2 = boto3.client("ec2")
sns = boto3.client("sns")
s3 = boto3.client("s3")
dynamodb = boto3.resource("dynamodb")


def handler(event, context):
    now = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    result = {"snapshot_cleanup": clean_up(now)}
    if os.environ.get("METRICS_TABLE"):
        result["metrics_archival"] = archive(now.date() - datetime.timedelta(days=1))
    sns.publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"[Daily Ops Report] {now.date()}",
        Message=json.dumps(result),
    )
    return result


def clean_up(now):
    oldest = now - datetime.timedelta(days=30)
    ours = [{"Name": "tag:AutoCreated", "Values": ["true"]}]
    pages = ec2.get_paginator("describe_snapshots").paginate(
        OwnerIds=["self"], Filters=ours, PaginationConfig={"PageSize": 1000}
    )
    deleted = kept = 0
    for page in pages:
        for snapshot in page["Snapshots"]:
            if snapshot["StartTime"] < oldest:
                ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
                deleted += 1
            else:
                kept += 1
    return {"deleted": deleted, "kept": kept}


def archive(day):
    table = dynamodb.Table(os.environ["METRICS_TABLE"])
    asked = {
        "FilterExpression": "begins_with(#t, :day)",
        "ExpressionAttributeNames": {"#t": "timestamp"},
        "ExpressionAttributeValues": {":day": str(day)},
    }
    records = []
    while True:
        page = table.scan(**asked)
        records += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    body = "\n".join(json.dumps(record, default=plain) for record in records)
    s3.put_object(
        Bucket=os.environ["REPORT_BUCKET"],
        Key=f"metrics-archive/{day}/metrics.jsonl",
        Body=body.encode(),
        ContentType="application/x-ndjson",
    )
    return {"records_archived": len(records), "date": str(day)}


def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, set):
        return sorted(value)
    raise TypeError(type(value))
