"""A cloud of our own: moto's server in this process, and what the tests put into it and look up in it."""

import datetime
import json
import logging
from dataclasses import dataclass

import boto3
from botocore.config import Config
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.server import ThreadedMotoServer

import moto_gaps
from function import ACCOUNT, REGION, Function

LEDGER = "caretaker-ledger"
METRICS = "app-metrics"
BUCKET = "caretaker-reports"
GROUP = "web"
ALERTS = f"arn:aws:sns:{REGION}:{ACCOUNT}:caretaker-alerts"
IMAGE = "ami-12345678"  # moto takes any

#: What DynamoDB takes in one BatchWriteItem.
BATCH = 25

#: The instants in the ledger's entries at which something ends.
ENDS = ["lease_until", "rests_until"]


@dataclass(frozen=True)
class Notice:
    """A notice as a queue behind the topic gets it."""

    subject: str
    body: dict
    key: str


class Cloud:
    """AWS as the functions see it."""

    def __init__(self):
        moto_gaps.close()
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for every request
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._clients = {}

    def close(self):
        self._server.stop()

    def client(self, service):
        """A client of boto3 for a service here, without a second try that would hide a failure."""
        if service not in self._clients:
            self._clients[service] = self.connect(service, self.endpoint, {"total_max_attempts": 1})
        return self._clients[service]

    def connect(self, service, endpoint, retries):
        """A client of boto3 for a service, which may be behind a proxy of ours."""
        session = boto3.Session("testing", "testing", "testing", region_name=REGION)
        # No proxy of the environment.
        config = Config(proxies={}, retries=retries)
        return session.client(service, endpoint_url=endpoint, config=config)

    def install(self):
        """Empties the cloud and puts into it what Caretaker's stack has."""
        BackendDict.reset()
        self.client("sns").create_topic(Name=ALERTS.rpartition(":")[2])
        self._queue = self.client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscriber"
        self.client("sns").subscribe(TopicArn=ALERTS, Protocol="sqs", Endpoint=queue)
        self.client("s3").create_bucket(Bucket=BUCKET)
        self._create_table(LEDGER, {"open": "listed"}, key=("HASH", "S"))
        self._create_table(METRICS, {}, host=("HASH", "S"), timestamp=("RANGE", "S"))

    def function(self, name, endpoint=None, **settings):
        """A function in this cloud with the settings it needs; `None` takes one away. `endpoint` may be a proxy."""
        settings = {
            "MODE": "act",
            "ALERT_TOPIC_ARN": ALERTS,
            "LEDGER_TABLE": LEDGER,
            "METRICS_TABLE": METRICS,
            "REPORT_BUCKET": BUCKET,
            "AUTO_SCALING_GROUP_NAME": GROUP,
            **settings,
        }
        settings = {name: value for name, value in settings.items() if value is not None}
        return Function(name, settings, endpoint or self.endpoint)

    # EC2

    def launch(self, tags, devices=("/dev/sdf", "/dev/sdg"), volume_tags=None, stopped=True):
        """An instance, stopped unless said otherwise, with a root volume and one data volume for each device; its id."""
        ec2 = self.client("ec2")
        instances = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"]
        instance_id = instances[0]["InstanceId"]
        self.tag(instance_id, tags)
        for device in devices:
            volume = self.create_volume()
            ec2.attach_volume(VolumeId=volume, InstanceId=instance_id, Device=device)
            self.tag(volume, (volume_tags or {}).get(device, {}))
        if stopped:
            ec2.stop_instances(InstanceIds=[instance_id])
        return instance_id

    def volumes(self, instance_id):
        """The volumes of an instance by device."""
        attached = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        volumes = self.client("ec2").describe_volumes(Filters=attached)["Volumes"]
        return {volume["Attachments"][0]["Device"]: volume["VolumeId"] for volume in volumes}

    def create_volume(self):
        return self.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]

    def tag(self, resource, tags):
        if tags:
            self.client("ec2").create_tags(Resources=[resource], Tags=_tags(tags))

    def snapshot(self, volume, days_old, **tags):
        """A snapshot of some age; its id."""
        snapshot_id = self.client("ec2").create_snapshot(VolumeId=volume)["SnapshotId"]
        self.tag(snapshot_id, tags)
        age = datetime.timedelta(days=days_old)
        self._backend("ec2").snapshots[snapshot_id].start_time -= age
        return snapshot_id

    def image_of(self, snapshot_id):
        """An image of this account that is made of a snapshot."""
        image = self.client("ec2").register_image(Name=f"of-{snapshot_id}")["ImageId"]
        backend = self._backend("ec2")
        backend.amis[image].ebs_snapshot = backend.snapshots[snapshot_id]
        backend.snapshots[snapshot_id].from_ami = image
        return image

    def snapshots(self, *volumes):
        """The snapshots of these volumes by id."""
        of_these = [{"Name": "volume-id", "Values": list(volumes)}]
        found = self.client("ec2").describe_snapshots(Filters=of_these)["Snapshots"]
        return {snapshot["SnapshotId"]: snapshot for snapshot in found}

    # Auto Scaling

    def create_group(self, desired, most, name=GROUP, **tags):
        scaling = self.client("autoscaling")
        scaling.create_launch_configuration(
            LaunchConfigurationName=name, ImageId=IMAGE, InstanceType="t3.micro"
        )
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchConfigurationName=name,
            AvailabilityZones=[f"{REGION}a"],
            MinSize=1,
            MaxSize=most,
            DesiredCapacity=desired,
            Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
        )

    def desired(self, name=GROUP):
        """How many instances a group is to have."""
        answer = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return answer["AutoScalingGroups"][0]["DesiredCapacity"]

    # DynamoDB and S3

    def put_records(self, records):
        """Writes records, given as DynamoDB's JSON, into the metrics table."""
        for start in range(0, len(records), BATCH):
            puts = [{"PutRequest": {"Item": record}} for record in records[start : start + BATCH]]
            answer = self.client("dynamodb").batch_write_item(RequestItems={METRICS: puts})
            assert not answer["UnprocessedItems"]

    def ledger(self):
        """The keys of all entries of the ledger."""
        return sorted(item["key"]["S"] for item in self.client("dynamodb").scan(TableName=LEDGER)["Items"])

    def age_ledger(self, seconds):
        """Stands for so much time passing. The functions go by the real clock, which no test can wait for: so whatever
        in the ledger ends at some time is made to end so much earlier.
        """
        for item in self.client("dynamodb").scan(TableName=LEDGER)["Items"]:
            aged = json.loads(item["state"]["S"], object_hook=lambda part: _aged(part, seconds))
            item["state"]["S"] = json.dumps(aged)
            self.client("dynamodb").put_item(TableName=LEDGER, Item=item)

    def forget(self, key):
        """Removes an entry of the ledger, as time to live does."""
        self.client("dynamodb").delete_item(TableName=LEDGER, Key={"key": {"S": key}})

    def objects(self):
        """The keys of all objects in the bucket."""
        return [found["Key"] for found in self.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def object(self, key):
        """The bytes and the media type of an object."""
        found = self.client("s3").get_object(Bucket=BUCKET, Key=key)
        return found["Body"].read(), found["ContentType"]

    def remove_object(self, key):
        self.client("s3").delete_object(Bucket=BUCKET, Key=key)

    # SNS

    def notices(self):
        """The notices that came since the last time; moto delivers them before it answers the publisher."""
        sqs, notices = self.client("sqs"), []
        while True:
            batch = sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in batch.get("Messages", []):
                told = json.loads(message["Body"])
                key = told["MessageAttributes"]["caretaker-key"]["Value"]
                notices.append(Notice(told["Subject"], json.loads(told["Message"]), key))
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            if not batch.get("Messages"):
                return notices

    def _create_table(self, name, indexes, **keys):
        """A table with these keys, and indexes over texts that hold nothing but keys."""
        kinds = {key: kind for key, (_, kind) in keys.items()} | {key: "S" for key in indexes.values()}
        of_keys = [
            {
                "IndexName": index,
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index, key in indexes.items()
        ]
        self.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": part} for key, (part, _) in keys.items()],
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": kind} for key, kind in kinds.items()
            ],
            **({"GlobalSecondaryIndexes": of_keys} if of_keys else {}),
        )

    def _backend(self, service):
        return get_backend(service)[ACCOUNT][REGION]


def _aged(part, seconds):
    return part | {name: _earlier(part[name], seconds) for name in ENDS if name in part}


def _earlier(instant, seconds):
    whole, rest = instant[:19], instant[19:]  # the fraction of a second has more digits than Python takes
    return (datetime.datetime.fromisoformat(whole) - datetime.timedelta(seconds=seconds)).isoformat() + rest


def _tags(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]
