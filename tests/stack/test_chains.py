"""What goes through the stack by itself once something happens.

Each test sets off the first link and looks at the last one.
"""

import datetime
import json
import pathlib

from emulator import REGION, until
from stack import GROUP, IMAGE

EVENTS = pathlib.Path(__file__).resolve().parent.parent / "events"


def launch(stack):
    """An instance, opted in, with one data volume beside what it was launched with."""
    ec2 = stack.client("ec2")
    instance = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    tags = [{"Key": "AutoSnapshot", "Value": "true"}, {"Key": "Name", "Value": "web-1"}]
    ec2.create_tags(Resources=[instance], Tags=tags)
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    return instance


def stop(stack, instance):
    """EC2 tells the bus, twice."""
    stack.client("ec2").stop_instances(InstanceIds=[instance])


def volumes_of(stack, instance):
    attached = [{"Name": "attachment.instance-id", "Values": [instance]}]
    volumes = stack.client("ec2").describe_volumes(Filters=attached)["Volumes"]
    return {volume["VolumeId"] for volume in volumes}


def snapshotted(stack, instance):
    """The volumes that have a snapshot with our tags, each as often as it has one."""
    ours = [{"Name": "tag:CreatedBy", "Values": ["caretaker"]}, {"Name": "tag:InstanceId", "Values": [instance]}]
    found = stack.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=ours)["Snapshots"]
    return sorted(snapshot["VolumeId"] for snapshot in found)


def subject(text):
    return lambda notice: text in notice.get("Subject", "")


def test_an_event_on_the_bus_makes_snapshots_and_a_notice_reaches_a_queue(stack):
    instance = launch(stack)
    stop(stack, instance)
    notice = until(lambda: stack.notice(subject("[Auto-Snapshot] web-1")), 60, "a notice")
    assert json.loads(notice["Message"])["instance_id"] == instance
    assert snapshotted(stack, instance) == sorted(volumes_of(stack, instance))


def test_both_events_of_a_stop_make_one_snapshot_of_each_volume(stack):
    before = stack.runs("AutoSnapshot")
    instance = launch(stack)
    stop(stack, instance)
    until(lambda: before + 2 <= stack.runs("AutoSnapshot"), 60, "two runs")
    assert snapshotted(stack, instance) == sorted(volumes_of(stack, instance))


def test_an_alarm_goes_through_the_topic_and_the_group_grows(stack):
    stack.client("cloudwatch").set_alarm_state(
        AlarmName="caretaker-high-cpu", StateValue="ALARM", StateReason="96 % over 80 %"
    )
    until(lambda: stack.desired() == 4, 60, f"{GROUP} wants 4 instead of 2")
    notice = until(lambda: stack.notice(subject("[Auto-Remediation] caretaker-high-cpu")), 60, "a notice")
    assert json.loads(notice["Message"])["state"] == "ALARM"


def test_the_schedule_archives_and_reports(stack):
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    stack.client("dynamodb").put_item(TableName=stack.outputs["MetricsTable"], Item={
        "id": {"S": "m1"}, "date": {"S": str(yesterday)}, "timestamp": {"S": f"{yesterday}T12:00:00Z"},
        "cpu": {"N": "0.12345678901234567890123456789012345678"},
    })
    notice = until(lambda: stack.notice(subject("[Daily Ops Report]")), 150, "a report")
    archived = json.loads(notice["Message"])
    folder = f"metrics-archive/{yesterday}"
    assert stack.object(f"{folder}/metrics.jsonl").count(b"\n") == 1, archived
    assert json.loads(stack.object(f"{folder}/manifest.json"))["records"] == 1


def test_what_is_given_up_lies_in_the_queue_of_failures_and_the_schedule_makes_up_for_it(stack):
    instance = launch(stack)
    event = json.loads((EVENTS / "ec2-state-change.json").read_text())
    event["detail"]["instance-id"] = instance
    with stack.setting("AutoSnapshot", MODE="maybe"):
        stop(stack, instance)
        # As EventBridge invokes it on AWS; the emulator's own bus does not try again.
        stack.client("lambda").invoke(
            FunctionName=stack.outputs["AutoSnapshot"], InvocationType="Event", Payload=json.dumps(event)
        )
        record = until(lambda: stack.receive(stack.outputs["AutoSnapshotFailures"]), 60, "a failure")
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"] == event
    assert "`MODE` is `maybe`" in record["responsePayload"]["errorMessage"]
    until(lambda: snapshotted(stack, instance) == sorted(volumes_of(stack, instance)), 150, "snapshots")
