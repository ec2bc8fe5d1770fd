"""What is measured: a function, an event, and what its cloud holds."""

import datetime
import json
import pathlib
from dataclasses import dataclass, field

EVENTS = pathlib.Path(__file__).resolve().parent.parent / "events"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Case:
    """One function, one event, one cloud."""

    name: str
    function: str
    event: bytes
    stub: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    #: How many more invocations the same process gets, to measure how quick it is once it is warm.
    warm: int = 0
    #: What every side has to have asked of AWS, and how often, so that nothing is measured that was not done.
    proof: dict = field(default_factory=dict)


def cases(now):
    """All cases, at an instant."""
    night = now.replace(hour=2, minute=0, second=0, microsecond=0)
    day = str(night.date() - datetime.timedelta(days=1))
    scheduled = json.dumps({**_sample("scheduled"), "time": f"{night:%Y-%m-%dT%H:%M:%SZ}"}).encode()
    cloud = {"day": day, "young": f"{now - datetime.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    archive = {"METRICS_TABLE": "app-metrics", "REPORT_BUCKET": "caretaker-reports"}
    unthrottled = {"DELETE_RATE": "1000", "MAX_REMOVE_PERCENT": "100"}
    skipped = _sample("ec2-state-change")
    skipped["detail"]["state"] = "pending"
    return [
        Case("skipped event", "auto-snapshot", json.dumps(skipped).encode(), cloud, warm=20),
        Case("snapshot", "auto-snapshot", _stop(now), cloud, warm=20, proof={"Publish": 21}),
        Case(
            "scale out", "auto-remediation", _alarm(now), cloud, {"SCALE_COOLDOWN_SECONDS": "0"}, warm=20,
            proof={"SetDesiredCapacity": 21, "Publish": 21},
        ),
        Case("empty night", "nightly-maintenance", scheduled, cloud, warm=20, proof={"Publish": 21}),
        Case(
            "2,000 deletes", "nightly-maintenance", scheduled, {**cloud, "snapshots": 2_000}, unthrottled,
            proof={"DeleteSnapshot": 2_000, "Publish": 1},
        ),
        Case(
            "archive of 200,000", "nightly-maintenance", scheduled, {**cloud, "records": 200_000}, archive,
            proof={"Publish": 1},
        ),
    ]


def _sample(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def _stop(now):
    return json.dumps({**_sample("ec2-state-change"), "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}).encode()


def _alarm(now):
    event = _sample("alarm-sns")
    told = event["Records"][0]["Sns"]
    message = {**json.loads(told["Message"]), "StateChangeTime": f"{now:%Y-%m-%dT%H:%M:%S}.000+0000"}
    told["Message"] = json.dumps(message)
    return json.dumps(event).encode()
