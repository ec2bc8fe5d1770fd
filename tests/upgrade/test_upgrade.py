"""A stack is updated, or goes back one version, with work under way: nothing is done twice, and nothing is forgotten."""

import json
from datetime import datetime, timedelta

import pytest

A, B = "i-0000000000000000a", "i-0000000000000000b"
NOON = datetime(2026, 11, 23, 12)
# Both ways: the stack that begins, and the one that goes on.
BOTH_WAYS = pytest.mark.parametrize(
    "first, second", [("earlier", "now"), ("now", "earlier")], ids=["updated", "gone-back"]
)


def text(time):
    return time.isoformat() + "Z"


def instance(**more):
    tags = {"AutoSnapshot": "true", "Name": "web"}
    launched = text(NOON - timedelta(days=3))
    return {"state": "running", "tags": tags, "launched_at": launched, "data_volumes": 1, **more}


def stop(instance):
    reason = {"code": "Server.InternalError", "message": "Server.InternalError: Internal error on launch"}
    return {"stop": {"instance": instance, "reason": reason}}


def state_change(instance, state, at):
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": text(at),
        "region": "eu-west-1",
        "resources": [f"arn:aws:ec2:eu-west-1:123456789012:instance/{instance}"],
        "detail": {"instance-id": instance, "state": state},
    }


def night(at):
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": text(at),
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/night"],
        "detail": {},
    }


def alarm(changed, name="web-high-cpu"):
    message = {
        "AlarmName": name,
        "AlarmDescription": None,
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [96.2 (09/07/22 02:34:00)] was greater"
        " than the threshold (80.0) (minimum 1 datapoint for OK -> ALARM transition).",
        "StateChangeTime": changed.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": "EU (Ireland)",
        "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}",
        "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Dimensions": [{"value": "web", "name": "AutoScalingGroupName"}],
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 80.0,
        },
    }
    envelope = {
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Subject": f'ALARM: "{name}" in EU (Ireland)',
        "Message": json.dumps(message),
        "Timestamp": text(changed),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertUrl": "EXAMPLE",
        "UnsubscribeUrl": "EXAMPLE",
        "MessageAttributes": {},
    }
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:x", "Sns": envelope}
    return {"Records": [record]}


def crash(operation, begin):
    """The first such request that a function sends from then on takes effect, and the function dies of it."""
    return {
        "operation": operation,
        "faults": ["crash_after"],
        "pick": {"nth": 1},
        "from": text(begin),
        "until": None,
        "functions_only": True,
    }


def completions(world, after=30):
    """What is still being copied is complete so many seconds later."""
    pending = [s["id"] for s in world["snapshots"] if s["state"] == "pending"]
    return [[after, {"snapshot_ends": {"snapshot": id}}] for id in pending]


def snapshots(played, instance):
    return sorted(s["id"] for s in played["world"]["snapshots"] if s["tags"]["InstanceId"] == instance)


def mails(played, about):
    return [m["subject"] for m in played["received"] if m["to"].startswith("Mail") and about in m["subject"]]


def open_entries(played):
    items = played["world"]["tables"]["ledger"]
    return sorted(item["key"]["S"] for item in items if item["open"]["BOOL"])


@pytest.fixture
def stopped(play):
    """Two instances stopped: the set of `A` is recorded and told, the attempt for `B` died before it could record its."""

    def stopped(version):
        begun = play(
            version,
            now=text(NOON),
            lasts=640,
            world={"instances": {A: instance(), B: instance()}},
            happenings=[[60, stop(A)], [600, stop(B)]],
            faults=[crash("CreateSnapshots", NOON + timedelta(seconds=600))],
        )
        assert [len(snapshots(begun, each)) for each in (A, B)] == [2, 2]
        assert len(mails(begun, "Auto-Snapshot")) == 1
        assert len(open_entries(begun)) == 1
        return begun

    return stopped


@BOTH_WAYS
def test_an_open_set_is_adopted_by_reconcile_and_told_once(play, stopped, first, second):
    begun = stopped(first)
    ended = play(second, now=begun["now"], lasts=7200, world=begun["world"], happenings=completions(begun["world"]))
    for each in (A, B):
        assert snapshots(ended, each) == snapshots(begun, each)
    assert len(mails(ended, "Auto-Snapshot")) == 1
    assert open_entries(ended) == []


@BOTH_WAYS
def test_events_that_are_delivered_again_take_no_second_set(play, stopped, first, second):
    begun = stopped(first)
    told = [(A, "stopping", 60), (B, "stopping", 600), (A, "stopped", 80), (B, "stopped", 620)]
    events = [
        [120 + 10 * n, "auto-snapshot", state_change(each, state, NOON + timedelta(seconds=at))]
        for n, (each, state, at) in enumerate(told)
    ]
    ended = play(
        second,
        now=begun["now"],
        lasts=7200,
        world=begun["world"],
        events=events,
        happenings=completions(begun["world"]),
    )
    for each in (A, B):
        assert snapshots(ended, each) == snapshots(begun, each)
    assert len(mails(ended, "Auto-Snapshot")) == 1


@BOTH_WAYS
def test_the_next_failure_makes_the_next_set(play, stopped, first, second):
    begun = stopped(first)
    # A minute to start, an hour to run.
    happenings = [[3600, {"run": {"instance": A}}], [7200, stop(A)]]
    ended = play(
        second,
        now=begun["now"],
        lasts=14400,
        world=begun["world"],
        happenings=happenings + completions(begun["world"]),
    )
    assert len(snapshots(ended, A)) == 4
    assert set(snapshots(begun, A)) < set(snapshots(ended, A))
    assert snapshots(ended, B) == snapshots(begun, B)


def record(name, at):
    return {"id": {"S": name}, "timestamp": {"S": text(at)}, "cpu": {"N": "0.12345678901234567890123456789012345678"}}


@BOTH_WAYS
def test_a_half_archived_day_is_finished_and_an_archived_one_left_alone(play, first, second):
    two = NOON.replace(day=24, hour=2)
    records = [record(f"r{n}", two - timedelta(hours=6 * n + 3)) for n in range(8)]
    world = {"tables": {"metrics": records}}
    before = play(first, now=text(two - timedelta(days=1, minutes=5)), lasts=3600, world=world)
    assert before["world"]["buckets"]["reports"], "a day is archived"
    # The next night dies when it has stored the records, and before it says so in a manifest.
    begun = play(
        first,
        now=text(two - timedelta(minutes=2)),
        lasts=175,
        world=before["world"],
        faults=[crash("PutObject", two)],
    )
    half = begun["world"]["buckets"]["reports"]
    assert len(half) == len(before["world"]["buckets"]["reports"]) + 1
    assert mails(begun, "Daily Ops Report") == []
    ended = play(
        second,
        now=begun["now"],
        lasts=7200,
        world=begun["world"],
        events=[[60, "nightly-maintenance", night(two)], [180, "nightly-maintenance", night(two)]],
    )
    whole = ended["world"]["buckets"]["reports"]
    assert {key: whole[key] for key in half} == half
    assert len(whole) == len(half) + 1
    assert len(mails(ended, "Daily Ops Report")) == 1
    # The version before does not know the entry of a night as a whole: it tells a person the next day, and nothing more.
    unknown = ["night#run#2026-11-24"] if second == "earlier" else []
    assert open_entries(ended) == unknown


@BOTH_WAYS
def test_an_alarm_that_was_answered_is_not_answered_again(play, first, second):
    changed = NOON + timedelta(seconds=30)
    world = {"groups": {"web": {"desired": 2, "min": 1, "max": 10}}}
    answered = [[60, "auto-remediation", alarm(changed)]]
    begun = play(first, now=text(NOON), lasts=100, world=world, events=answered)
    assert begun["world"]["groups"]["web"]["desired"] == 4
    again = [[20, "auto-remediation", alarm(changed)]]
    ended = play(second, now=begun["now"], lasts=3600, world=begun["world"], events=again)
    assert ended["world"]["groups"]["web"]["desired"] == 4
    assert open_entries(ended) == []


@BOTH_WAYS
def test_a_group_that_rests_goes_on_resting(play, first, second):
    changed = NOON + timedelta(seconds=30)
    world = {"groups": {"web": {"desired": 2, "min": 1, "max": 10}}}
    begun = play(first, now=text(NOON), lasts=100, world=world, events=[[60, "auto-remediation", alarm(changed)]])
    other = alarm(changed + timedelta(seconds=60), "web-api-high-cpu")
    ended = play(
        second, now=begun["now"], lasts=120, world=begun["world"], events=[[20, "auto-remediation", other]]
    )
    assert ended["world"]["groups"]["web"]["desired"] == 4


def test_a_night_after_the_update_removes_nothing_of_before_and_tells_how_to_adopt_it(play, stopped):
    begun = stopped("earlier")
    # Older ones beside them, so that the last of each volume is not all that there is to keep.
    copies = [
        {**s, "id": s["id"][:-3] + "a" + s["id"][-2:], "started_at": text(NOON - timedelta(days=20)), "state": "completed"}
        for s in begun["world"]["snapshots"]
    ]
    begun["world"]["snapshots"] += copies
    later = NOON + timedelta(days=40, hours=13, minutes=55)
    ended = play(
        "now",
        now=text(later),
        lasts=3600,
        world=begun["world"],
        happenings=completions(begun["world"]),
    )
    for each in (A, B):
        assert snapshots(ended, each) == snapshots(begun, each)
    reports = [m["body"] for m in ended["received"] if m["subject"].startswith("[Daily Ops Report]")]
    assert any("caretaker adopt" in report for report in reports)
