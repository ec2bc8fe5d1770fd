"""What one writes first: scales a group out by two when its alarm goes off, and says so."""

import json
import os

import boto3

autoscaling = boto3.client("autoscaling")
sns = boto3.client("sns")


def handler(event, context):
    actions = [answer(json.loads(record["Sns"]["Message"])) for record in event["Records"]]
    return {"processed": len(actions), "actions": actions}


def answer(alarm):
    if alarm["NewStateValue"] != "ALARM":
        return {"action": "none"}
    name = alarm["AlarmName"]
    action = scale_out() if "high-cpu" in name.lower() else {"action": "no_handler"}
    sns.publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"[Auto-Remediation] {name}"[:99],
        Message=json.dumps({"alarm": name, "reason": alarm["NewStateReason"], "action": action}),
    )
    return action


def scale_out():
    name = os.environ["AUTO_SCALING_GROUP_NAME"]
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    group = groups[0]
    desired = min(group["DesiredCapacity"] + 2, group["MaxSize"])
    if desired == group["DesiredCapacity"]:
        return {"action": "at_max_capacity", "current": desired}
    autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=desired, HonorCooldown=False)
    return {
        "action": "scale_out", "asg": name, "previous_desired": group["DesiredCapacity"], "new_desired": desired,
    }
