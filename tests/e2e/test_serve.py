"""The simulated cloud as boto3 sees it: `caretaker serve`, and what AWS documents about each answer."""

import http.client
import json
import re
import signal
import subprocess

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from botocore.config import Config
from botocore.exceptions import ClientError

from function import binary

MEBIBYTE = 1024 * 1024
IMAGE = "ami-0123456789abcdef0"


class Served:
    """A `caretaker serve` of one test. Its clock stands still unless it is advanced."""

    def __init__(self):
        command = [binary("caretaker"), "serve", "--port", "0", "--speed", "0", "--start", "2026-11-23T14:00:00Z"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = re.search(r"http://\S+?(?=;)", self.process.stdout.readline()).group()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def advance(self, seconds):
        body = json.dumps({"advance_seconds": seconds}).encode()
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"))
        connection.request("POST", "/_caretaker/time", body)
        assert connection.getresponse().status == 200
        connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@pytest.fixture
def served():
    served = Served()
    yield served
    if served.process.poll() is None:
        served.process.kill()
        served.process.wait()


def refused(call, **parameters):
    """The code, the status and the message of an answer that has to be an error."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def run(ec2, count=1, data_volumes=0, **tags):
    disks = [{"DeviceName": f"/dev/sd{chr(ord('f') + n)}", "Ebs": {"VolumeSize": 8}} for n in range(data_volumes)]
    specification = {"TagSpecifications": tagged("instance", **tags)} if tags else {}
    made = ec2.run_instances(
        ImageId=IMAGE, MinCount=count, MaxCount=count, BlockDeviceMappings=disks, **specification
    )
    return [instance["InstanceId"] for instance in made["Instances"]]


def states(ec2, **request):
    found = ec2.describe_instances(**request)["Reservations"]
    return {i["InstanceId"]: i["State"]["Name"] for r in found for i in r["Instances"]}


def test_ctrl_c_ends_it_cleanly(served):
    assert served.stop() == 0


# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
def test_an_instance_runs_stops_and_starts_in_its_own_time(served):
    ec2 = served.client("ec2")
    [instance] = run(ec2, Name="web")
    assert states(ec2) == {instance: "pending"}
    served.advance(120)
    change = ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    served.advance(120)
    [found] = ec2.describe_instances()["Reservations"][0]["Instances"]
    assert found["State"] == {"Code": 80, "Name": "stopped"}
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
    assert found["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert found["StateTransitionReason"].startswith("User initiated (2026-11-23 14:02")
    ec2.start_instances(InstanceIds=[instance])
    assert states(ec2) == {instance: "pending"}


def test_a_terminated_instance_takes_its_root_volume_with_it(served):
    ec2 = served.client("ec2")
    [instance] = run(ec2)
    ec2.terminate_instances(InstanceIds=[instance])
    served.advance(120)
    assert states(ec2) == {instance: "terminated"}
    assert ec2.describe_volumes()["Volumes"] == []


# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
def test_filters_are_anded_and_their_values_ored_with_wildcards(served):
    ec2 = served.client("ec2")
    [web], [db], [other] = run(ec2, Name="web-1", tier="front"), run(ec2, Name="db-1"), run(ec2, Name="Web-2")

    def named(*values):
        return {"Name": "tag:Name", "Values": list(values)}

    assert set(states(ec2, Filters=[named("web-*", "db-?")])) == {web, db}
    assert set(states(ec2, Filters=[named("*eb-*"), {"Name": "tag-key", "Values": ["tier"]}])) == {web}
    # Upper and lower case differ; a backslash makes a star a star.
    assert set(states(ec2, Filters=[named("Web*")])) == {other}
    assert states(ec2, Filters=[named(r"web-\*")]) == {}
    code, status, message = refused(ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert (code, status) == ("InvalidParameterValue", 400) and "colour" in message
    many = [{"Name": "tag:Name", "Values": [str(n) for n in range(201)]}]
    assert refused(ec2.describe_instances, Filters=many)[0] == "FilterLimitExceeded"


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
def test_pages_reach_everything_and_their_tokens_are_of_one_request(served):
    ec2 = served.client("ec2")
    instances = set(run(ec2, count=12))
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    assert 3 <= len(pages)
    assert {i["InstanceId"] for p in pages for r in p["Reservations"] for i in r["Instances"]} == instances
    token = pages[0]["NextToken"]
    other = [{"Name": "tag-key", "Values": ["x"]}]
    assert refused(ec2.describe_instances, MaxResults=5, NextToken=token, Filters=other)[0] == "InvalidPaginationToken"
    assert refused(ec2.describe_instances, MaxResults=4)[0] == "InvalidParameterValue"
    both = {"InstanceIds": sorted(instances)[:1], "MaxResults": 5}
    assert refused(ec2.describe_instances, **both)[0] == "InvalidParameterCombination"


def test_what_is_not_there_and_what_is_no_id_are_told_apart(served):
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    ec2 = served.client("ec2")
    absent = refused(ec2.describe_instances, InstanceIds=["i-0fedcba9876543210"])
    assert absent[:2] == ("InvalidInstanceID.NotFound", 400)
    assert refused(ec2.describe_instances, InstanceIds=["web"])[0] == "InvalidInstanceID.Malformed"
    assert refused(ec2.create_snapshot, VolumeId="vol-0fedcba9876543210")[0] == "InvalidVolume.NotFound"
    assert refused(ec2.describe_instances, DryRun=True)[:2] == ("DryRunOperation", 412)


def create_set(ec2, instance, **tags):
    specification = {"InstanceId": instance}
    made = ec2.create_snapshots(
        InstanceSpecification=specification, Description="a set", TagSpecifications=tagged("snapshot", **tags)
    )
    return made["Snapshots"]


# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html
def test_a_set_has_its_tags_from_the_first_moment_and_completes_later(served):
    ec2 = served.client("ec2")
    [instance] = run(ec2, data_volumes=2)
    made = create_set(ec2, instance, AutoCreated="true", nasty="<&>\"'é")
    assert len({s["VolumeId"] for s in made}) == 3 and {s["State"] for s in made} == {"pending"}
    found = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:nasty", "Values": ["<&>\"'é"]}])
    assert {s["SnapshotId"] for s in found["Snapshots"]} == {s["SnapshotId"] for s in made}
    assert len({s["StartTime"] for s in found["Snapshots"]}) == 1
    served.advance(3600)
    found = ec2.describe_snapshots(SnapshotIds=[made[0]["SnapshotId"]])["Snapshots"]
    assert [(s["State"], s["Progress"]) for s in found] == [("completed", "100%")]


def test_snapshots_of_one_volume_are_fifteen_seconds_apart(served):
    # `SnapshotCreationPerVolumeRateExceeded` of
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    ec2 = served.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8)["VolumeId"]
    first = ec2.create_snapshot(VolumeId=volume)
    assert (first["State"], first["VolumeSize"]) == ("pending", 8)
    assert refused(ec2.create_snapshot, VolumeId=volume)[0] == "SnapshotCreationPerVolumeRateExceeded"
    served.advance(15)
    assert ec2.create_snapshot(VolumeId=volume)["SnapshotId"] != first["SnapshotId"]


def test_reserved_and_superfluous_tags_are_refused(served):
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
    ec2 = served.client("ec2")
    [instance] = run(ec2)
    reserved = [{"Key": "aws:mine", "Value": "x"}]
    assert refused(ec2.create_tags, Resources=[instance], Tags=reserved)[0] == "InvalidTagKey.Malformed"
    many = [{"Key": f"k{n}", "Value": "x"} for n in range(50)]
    ec2.create_tags(Resources=[instance], Tags=many)
    one_more = [{"Key": "k50", "Value": "x"}]
    assert refused(ec2.create_tags, Resources=[instance], Tags=one_more)[0] == "TagLimitExceeded"
    ec2.delete_tags(Resources=[instance], Tags=many)
    assert ec2.describe_instances()["Reservations"][0]["Instances"][0]["Tags"] == []


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
def test_a_snapshot_that_an_image_is_made_of_cannot_be_deleted(served):
    ec2 = served.client("ec2")
    [instance] = run(ec2)
    [snapshot] = [s["SnapshotId"] for s in create_set(ec2, instance, a="1")]
    served.advance(3600)
    disk = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]
    image = ec2.register_image(Name="golden", RootDeviceName="/dev/xvda", BlockDeviceMappings=disk)["ImageId"]
    using = [{"Name": "block-device-mapping.snapshot-id", "Values": [snapshot]}]
    assert [i["ImageId"] for i in ec2.describe_images(Owners=["self"], Filters=using)["Images"]] == [image]
    code, status, message = refused(ec2.delete_snapshot, SnapshotId=snapshot)
    assert (code, status) == ("InvalidSnapshot.InUse", 400) and image in message
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert refused(ec2.delete_snapshot, SnapshotId=snapshot)[0] == "InvalidSnapshot.NotFound"


def test_too_many_requests_are_throttled_and_the_bucket_fills_again(served):
    # 100 at once and 5 a second for DeleteSnapshot:
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    ec2 = served.client("ec2")
    gone = "snap-0fedcba9876543210"
    for _ in range(100):
        assert refused(ec2.delete_snapshot, SnapshotId=gone)[0] == "InvalidSnapshot.NotFound"
    assert refused(ec2.delete_snapshot, SnapshotId=gone)[:2] == ("RequestLimitExceeded", 503)
    served.advance(1)
    assert [refused(ec2.delete_snapshot, SnapshotId=gone)[0] for _ in range(6)].count("RequestLimitExceeded") == 1


# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
def test_a_bad_subject_is_refused_and_a_good_one_taken(served):
    sns = served.client("sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.com")
    for subject in ["x" * 100, "two\nlines", ""]:
        code, status, message = refused(sns.publish, TopicArn=topic, Message="text", Subject=subject)
        assert (code, status) == ("InvalidParameter", 400) and "Subject" in message, subject
    assert sns.publish(TopicArn=topic, Message="text", Subject="é" * 99)["MessageId"]
    assert sns.publish(TopicArn=topic, Message="x" * 262144)["MessageId"]
    assert refused(sns.publish, TopicArn=topic, Message="x" * 262145)[0] == "InvalidParameter"
    without_default = {"Message": '{"sqs": "x"}', "MessageStructure": "json"}
    assert refused(sns.publish, TopicArn=topic, **without_default)[0] == "InvalidParameter"
    assert refused(sns.publish, TopicArn=topic + "x", Message="text")[:2] == ("NotFound", 404)


# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
def test_what_is_published_comes_out_of_a_queue_and_again_until_it_is_deleted(served):
    sns, sqs = served.client("sns"), served.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:alerts")
    sns.publish(TopicArn=topic, Message="text", Subject="Hello")
    served.advance(5)

    def received():
        return sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])

    [message] = received()
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["Subject"], envelope["Message"]) == ("Notification", "Hello", "text")
    assert received() == []
    served.advance(30)
    [message] = received()
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    served.advance(30)
    assert received() == []
    code = refused(sqs.send_message, QueueUrl=queue + "x", MessageBody="x")[0]
    assert code in ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")


# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
def test_a_desired_capacity_above_the_maximum_is_refused(served):
    groups = served.client("autoscaling")
    groups.create_launch_configuration(LaunchConfigurationName="lc", ImageId=IMAGE, InstanceType="t3.micro")
    groups.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="lc", MinSize=1, MaxSize=4, DesiredCapacity=2
    )

    def set_desired(desired, group="web"):
        return {"AutoScalingGroupName": group, "DesiredCapacity": desired, "HonorCooldown": False}

    code, status, message = refused(groups.set_desired_capacity, **set_desired(5))
    assert (code, status) == ("ValidationError", 400)
    assert message == "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup."
    assert "below min value 1" in refused(groups.set_desired_capacity, **set_desired(0))[2]
    assert "name not found" in refused(groups.set_desired_capacity, **set_desired(1, "other"))[2]
    groups.set_desired_capacity(**set_desired(4))
    [group] = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["web", "other"])["AutoScalingGroups"]
    assert (group["DesiredCapacity"], group["MaxSize"], len(group["Instances"])) == (4, 4, 0)
    # What is asked for has yet to be launched.
    served.advance(1800)
    [group] = groups.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert [i["LifecycleState"] for i in group["Instances"]] == ["InService"] * 4


def create_table(dynamodb):
    dynamodb.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
def test_a_write_whose_condition_fails_changes_nothing_and_tells_what_is_there(served):
    dynamodb = served.client("dynamodb")
    create_table(dynamodb)
    item = {"key": {"S": "a"}, "version": {"N": "1"}, "tags": {"SS": ["x", "y"]}, "raw": {"B": b"\0\xff"}}
    create = {"TableName": "ledger", "ConditionExpression": "attribute_not_exists(#k)"}
    create |= {"ExpressionAttributeNames": {"#k": "key"}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    dynamodb.put_item(Item=item, **create)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as lost:
        dynamodb.put_item(Item={"key": {"S": "a"}, "version": {"N": "2"}}, **create)
    assert lost.value.response["Item"] == item
    assert dynamodb.get_item(TableName="ledger", Key={"key": {"S": "a"}}, ConsistentRead=True)["Item"] == item
    swap = {"TableName": "ledger", "Key": {"key": {"S": "a"}}, "ReturnValues": "ALL_NEW"}
    swap |= {"UpdateExpression": "SET version = version + :one, note = if_not_exists(note, :note) REMOVE tags"}
    swap |= {"ConditionExpression": "version = :read AND contains(tags, :x)"}
    values = {":one": {"N": "1"}, ":note": {"S": "n"}, ":read": {"N": "1.0"}, ":x": {"S": "x"}}
    new = dynamodb.update_item(ExpressionAttributeValues=values, **swap)["Attributes"]
    assert new == {"key": {"S": "a"}, "version": {"N": "2"}, "note": {"S": "n"}, "raw": {"B": b"\0\xff"}}
    again = refused(dynamodb.update_item, ExpressionAttributeValues=values, **swap)
    assert again[:2] == ("ConditionalCheckFailedException", 400)


def test_expressions_are_as_strict_as_in_aws(served):
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
    dynamodb = served.client("dynamodb")
    create_table(dynamodb)
    update = {"TableName": "ledger", "Key": {"key": {"S": "a"}}}
    value = {":v": {"S": "x"}}

    def why(**request):
        code, status, message = refused(dynamodb.update_item, **update, **request)
        assert (code, status) == ("ValidationException", 400)
        return message

    assert "reserved keyword: state" in why(UpdateExpression="SET state = :v", ExpressionAttributeValues=value)
    assert "not defined; attribute value: :w" in why(UpdateExpression="SET a = :w", ExpressionAttributeValues=value)
    unused = {":v": {"S": "x"}, ":w": {"S": "x"}}
    assert "unused in expressions" in why(UpdateExpression="SET a = :v", ExpressionAttributeValues=unused)
    assert "part of the key" in why(
        UpdateExpression="SET #k = :v", ExpressionAttributeNames={"#k": "key"}, ExpressionAttributeValues=value
    )
    assert "Syntax error" in why(UpdateExpression="SET a := :v", ExpressionAttributeValues=value)
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    large = {"key": {"S": "a"}, "filler": {"S": "x" * (400 * 1024)}}
    assert refused(dynamodb.put_item, TableName="ledger", Item=large)[0] == "ValidationException"
    long = {"key": {"S": "a"}, "n": {"N": "1" * 39}}
    assert refused(dynamodb.put_item, TableName="ledger", Item=long)[0] == "ValidationException"
    assert refused(dynamodb.get_item, TableName="no", Key={"key": {"S": "a"}})[0] == "ResourceNotFoundException"


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
def test_a_page_of_a_scan_ends_after_a_megabyte_before_the_filter(served):
    dynamodb = served.client("dynamodb")
    create_table(dynamodb)
    for n in range(30):
        item = {"key": {"S": f"k{n}"}, "filler": {"S": "x" * 100_000}, "wanted": {"BOOL": n == 7}}
        dynamodb.put_item(TableName="ledger", Item=item)
    wanted = {"FilterExpression": "wanted = :true", "ExpressionAttributeValues": {":true": {"BOOL": True}}}
    pages = list(dynamodb.get_paginator("scan").paginate(TableName="ledger", **wanted))
    assert 3 <= len(pages)
    assert [i["key"]["S"] for p in pages for i in p["Items"]] == ["k7"]
    assert sum(p["ScannedCount"] for p in pages) == 30
    # Some page is empty, and there is more all the same.
    assert any(not p["Items"] and "LastEvaluatedKey" in p for p in pages)
    # What boto3 makes of Python values arrives, too.
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=served.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    found = resource.Table("ledger").scan(FilterExpression=Attr("key").begins_with("k1") & Attr("wanted").eq(False))
    assert all(item["key"].startswith("k1") for item in found["Items"])


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
def test_a_create_only_put_never_replaces(served):
    s3 = served.client("s3")
    s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    once = {"Bucket": "reports", "Key": "2026/11/day é.jsonl", "IfNoneMatch": "*", "ContentType": "text/plain"}
    s3.put_object(Body=b"first", **once)
    assert refused(s3.put_object, Body=b"second", **once)[:2] == ("PreconditionFailed", 412)
    found = s3.get_object(Bucket="reports", Key=once["Key"])
    assert (found["Body"].read(), found["ContentType"]) == (b"first", "text/plain")
    assert s3.head_object(Bucket="reports", Key=once["Key"])["ContentLength"] == 5
    part = s3.get_object(Bucket="reports", Key=once["Key"], Range="bytes=1-2")
    assert (part["Body"].read(), part["ContentRange"]) == (b"ir", "bytes 1-2/5")
    missing = {"Bucket": "reports", "Key": "none"}
    assert refused(s3.get_object, **missing)[:2] == ("NoSuchKey", 404)
    assert refused(s3.head_object, **missing)[:2] == ("404", 404)
    assert refused(s3.put_object, Body=b"", Bucket="nowhere", Key="x")[:2] == ("NoSuchBucket", 404)
    listed = s3.list_objects_v2(Bucket="reports", Delimiter="/")
    assert [p["Prefix"] for p in listed["CommonPrefixes"]] == ["2026/"]


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
def test_only_the_last_part_of_an_upload_may_be_small(served):
    s3 = served.client("s3")
    s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    place = {"Bucket": "reports", "Key": "large"}

    def upload(*sizes):
        upload = s3.create_multipart_upload(**place)["UploadId"]
        parts = []
        for number, size in enumerate(sizes, 1):
            part = s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=b"x" * size)
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        return {**place, "UploadId": upload, "MultipartUpload": {"Parts": parts}}

    small = upload(MEBIBYTE, MEBIBYTE)
    assert refused(s3.complete_multipart_upload, **small)[:2] == ("EntityTooSmall", 400)
    s3.abort_multipart_upload(**place, UploadId=small["UploadId"])
    assert refused(s3.complete_multipart_upload, **small)[:2] == ("NoSuchUpload", 404)
    whole = upload(5 * MEBIBYTE, 3)
    assert refused(s3.get_object, **place)[0] == "NoSuchKey"
    s3.complete_multipart_upload(**whole)
    assert s3.head_object(**place)["ContentLength"] == 5 * MEBIBYTE + 3
    once_more = upload(1)
    assert refused(s3.complete_multipart_upload, IfNoneMatch="*", **once_more)[:2] == ("PreconditionFailed", 412)


@pytest.mark.parametrize(
    "service, operation, parameters, code",
    [
        ("ec2", "describe_vpcs", {}, "InvalidAction"),
        ("sns", "list_subscriptions", {}, "InvalidAction"),
        ("iam", "list_users", {}, "InvalidAction"),
        ("dynamodb", "list_backups", {}, "UnknownOperationException"),
        ("kinesis", "list_streams", {}, "UnknownOperationException"),
        ("s3", "get_bucket_acl", {"Bucket": "reports"}, "NotImplemented"),
    ],
)
def test_what_is_not_there_says_so(served, service, operation, parameters, code):
    found, status, message = refused(getattr(served.client(service), operation), **parameters)
    assert found == code and 400 <= status and "The simulated cloud does not have" in message


def test_everybody_is_somebody(served):
    assert served.client("sts").get_caller_identity()["Account"] == "123456789012"
