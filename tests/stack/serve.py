"""ministack, with the one link that it lacks: its EC2 tells nobody when an instance stops.

Only AWS itself may put events of `aws.ec2` on the bus, so a test cannot do it instead. This does what EC2 does, which
tells of every stop twice (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html).
"""

import json

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, eventbridge

STOP = "StopInstances"


def main():
    stop = ec2._ACTION_MAP[STOP]

    def stop_and_tell(parameters):
        answer = stop(parameters)
        if answer[0] == 200:
            for instance in ec2._parse_member_list(parameters, "InstanceId"):
                for state in ["stopping", "stopped"]:
                    tell(instance, state)
        return answer

    ec2._ACTION_MAP[STOP] = stop_and_tell
    from ministack.app import main as serve

    serve()


def tell(instance, state):
    entry = {
        "Source": "aws.ec2",
        "DetailType": "EC2 Instance State-change Notification",
        "Resources": [f"arn:aws:ec2:{get_region()}:{get_account_id()}:instance/{instance}"],
        "Detail": json.dumps({"instance-id": instance, "state": state}),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


main()
