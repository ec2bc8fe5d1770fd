"""Events as AWS sends them: the project's own samples with other times and names in them."""

import datetime
import json
import pathlib

from function import ACCOUNT, REGION

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "events"


def sample(name):
    """A sample as it is."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def state_change(instance_id, state="stopped", at="2026-03-01T14:27:11Z"):
    """EC2 tells that an instance has changed its state."""
    event = sample("ec2-state-change")
    event["time"] = at
    event["account"], event["region"] = ACCOUNT, REGION
    event["resources"] = [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance_id}"]
    event["detail"] = {"instance-id": instance_id, "state": state}
    return event


def schedule(at):
    """The schedule of the night has come round."""
    return {**sample("scheduled"), "time": at}


class Alarm:
    """One transition of a CloudWatch alarm, in the forms that it is sent in."""

    def __init__(self, name, state="ALARM", age=datetime.timedelta(0), group=None, instance=None):
        changed = datetime.datetime.now(datetime.timezone.utc) - age
        self.name = name
        self.state = state
        self.group = group
        self.instance = instance
        self.changed_at = f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03}+0000"
        self.arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"

    def over_sns(self):
        event = sample("alarm-sns")
        told = event["Records"][0]["Sns"]
        message = json.loads(told["Message"])
        message |= {
            "AlarmName": self.name,
            "AlarmArn": self.arn,
            "AWSAccountId": ACCOUNT,
            "NewStateValue": self.state,
            "StateChangeTime": self.changed_at,
        }
        named = {"AutoScalingGroupName": self.group, "InstanceId": self.instance}
        message["Trigger"]["Dimensions"] = [{"name": name, "value": value} for name, value in named.items() if value]
        told["Message"] = json.dumps(message)
        return event

    def over_eventbridge(self):
        event = sample("alarm-eventbridge")
        event["account"], event["region"], event["resources"] = ACCOUNT, REGION, [self.arn]
        detail = event["detail"]
        detail["alarmName"] = self.name
        detail["state"] |= {"value": self.state, "timestamp": self.changed_at}
        metric = detail["configuration"]["metrics"][0]["metricStat"]["metric"]
        metric["dimensions"] = {"AutoScalingGroupName": self.group} if self.group else {}
        return event
