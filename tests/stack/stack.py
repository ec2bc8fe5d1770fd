"""The stack, created by CloudFormation from the translated template and the release binaries."""

import contextlib
import json
import os
import zipfile

from emulator import ACCOUNT, REGION, until
from sam import translated

FUNCTIONS = ["auto-snapshot", "nightly-maintenance", "auto-remediation"]
NAME = "caretaker"
CODE = "code"
GROUP = "web"
IMAGE = "ami-12345678"

#: What differs from the defaults.
PARAMETERS = {
    "Mode": "act",
    # ministack has no CreateSnapshots.
    "SnapshotMode": "volume",
    "AutoScalingGroupName": GROUP,
    "Architecture": "x86_64" if os.uname().machine == "x86_64" else "arm64",
    # Two schedules that come round while somebody waits.
    "NightlySchedule": "rate(1 minute)",
    "ReconcileSchedule": "rate(1 minute)",
}


class Stack:
    """What CloudFormation made, by its outputs."""

    def __init__(self, emulator, folder):
        self._emulator = emulator
        self._clients = {}
        self._notices = []
        self._upload(folder)
        self._create_group(desired=2, most=10)
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=NAME,
            # By its address, as `sam deploy` does: as text it may have no more than 51,200 characters.
            TemplateURL=f"{emulator.endpoint}/{CODE}/template.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        )
        made = until(self._is_made, 60, "the stack is made")
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
        self._subscriber = self._subscribe(self.outputs["AlertTopic"])

    def client(self, service):
        if service not in self._clients:
            self._clients[service] = self._emulator.client(service)
        return self._clients[service]

    def receive(self, queue):
        """The body of a queue's next message; None when there is none."""
        messages = self.client("sqs").receive_message(QueueUrl=queue).get("Messages", [])
        for message in messages:
            self.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])
        return None

    def notice(self, fits):
        """The first notice that fits, of all that the subscriber ever got."""
        while (notice := self.receive(self._subscriber)) is not None:
            self._notices.append(notice)
        return next(filter(fits, self._notices), None)

    def runs(self, function):
        """How many runs of a function have ended, by its logs."""
        group = self.client("lambda").get_function_configuration(FunctionName=self.outputs[function])
        events = self.client("logs").filter_log_events(logGroupName=group["LoggingConfig"]["LogGroup"])["events"]
        return sum('"_aws"' in event["message"] for event in events)

    def desired(self):
        groups = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return groups["AutoScalingGroups"][0]["DesiredCapacity"]

    def object(self, key):
        return self.client("s3").get_object(Bucket=self.outputs["ReportBucket"], Key=key)["Body"].read()

    @contextlib.contextmanager
    def setting(self, function, **changed):
        """Other settings for a while."""
        name, functions = self.outputs[function], self.client("lambda")
        usual = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**usual, **changed}})
        yield
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": usual})

    def _upload(self, folder):
        s3 = self.client("s3")
        s3.create_bucket(Bucket=CODE)
        for name in FUNCTIONS:
            packed = self._emulator.log.parent / f"{name}.zip"
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(folder / name / "bootstrap", "bootstrap")
            s3.upload_file(str(packed), CODE, f"{name}.zip")
        s3.put_object(Bucket=CODE, Key="template.json", Body=json.dumps(translated(CODE)).encode())

    def _is_made(self):
        stack = self.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
        status = stack["StackStatus"]
        if status.endswith(("FAILED", "ROLLBACK_COMPLETE")):
            raise RuntimeError(f"{status}: {self._why()}")
        return stack if status == "CREATE_COMPLETE" else None

    def _why(self):
        events = self.client("cloudformation").describe_stack_events(StackName=NAME)["StackEvents"]
        told = [event.get("ResourceStatusReason") for event in events if "FAILED" in event["ResourceStatus"]]
        return "; ".join(filter(None, told))

    def _subscribe(self, topic):
        url = self.client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscriber"
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def _create_group(self, desired, most):
        scaling = self.client("autoscaling")
        scaling.create_launch_configuration(
            LaunchConfigurationName=GROUP, ImageId=IMAGE, InstanceType="t3.micro"
        )
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP, LaunchConfigurationName=GROUP, MinSize=1, MaxSize=most,
            DesiredCapacity=desired, AvailabilityZones=[f"{REGION}a"],
        )
