"""Topics, queues, tables, the bucket and the alarms."""

import re

import pytest

from conftest import FUNCTIONS, ROOT, arn, ref

ALERT = {"Fn::If": ["OwnAlertTopic", ref("AlertTopic"), ref("AlertTopicArn")]}
OUR_ALARMS = {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"}
UNENCRYPTED = {"Bool": {"aws:SecureTransport": "false"}}


def statements(policy):
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def test_only_alarms_of_this_account_may_use_the_alarm_topic(stack):
    said = statements(stack.of("AWS::SNS::TopicPolicy")["AlarmTopicPolicy"])
    assert set(said) == {"AlarmsOfThisAccount", "NobodyElse"}
    allow, deny = said["AlarmsOfThisAccount"], said["NobodyElse"]
    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}, "ArnLike": {"aws:SourceArn": OUR_ALARMS}
    }
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sns:Publish")
    assert deny["Condition"] == {"ArnNotLike": {"aws:SourceArn": OUR_ALARMS}}


def test_the_alert_topic_takes_our_alarms_and_is_mailed_on_wish(stack):
    said = statements(stack.of("AWS::SNS::TopicPolicy")["AlertTopicPolicy"])
    assert said["AlarmsOfThisAccount"]["Condition"]["ArnLike"] == {"aws:SourceArn": OUR_ALARMS}
    assert said["OnlyEncrypted"]["Effect"] == "Deny" and said["OnlyEncrypted"]["Condition"] == UNENCRYPTED
    assert stack.resources["AlertMail"]["Condition"] == "MailsAlerts"
    assert stack.of("AWS::SNS::Subscription")["AlertMail"]["Protocol"] == "email"


QUEUES = [f"{name}Failures" for name in FUNCTIONS] + ["UndeliveredEvents"]


def test_queues_keep_what_they_have_as_long_as_they_can_and_encrypted(stack):
    assert set(stack.of("AWS::SQS::Queue")) == set(QUEUES)
    for queue in stack.of("AWS::SQS::Queue").values():
        assert queue == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}


def test_only_our_rules_and_our_topic_write_into_the_queue_of_the_undelivered(stack):
    said = statements(stack.of("AWS::SQS::QueuePolicy")["UndeliveredEventsPolicy"])
    rules, topic = said["OurRules"], said["OurTopic"]
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert rules["Condition"]["StringEquals"] == {"aws:SourceAccount": ref("AWS::AccountId")}
    assert topic["Principal"] == {"Service": "sns.amazonaws.com"}
    assert topic["Condition"] == {"ArnEquals": {"aws:SourceArn": ref("AlarmTopic")}}
    assert [s["Effect"] for s in said.values()] == ["Allow", "Allow", "Deny"]


def test_every_queue_is_used_over_tls_only(stack):
    policies = stack.of("AWS::SQS::QueuePolicy").values()
    assert sorted(queue["Ref"] for policy in policies for queue in policy["Queues"]) == sorted(QUEUES)
    for policy in policies:
        deny = statements(policy)["OnlyEncrypted"]
        assert (deny["Effect"], deny["Action"], deny["Condition"]) == ("Deny", "sqs:*", UNENCRYPTED)


def test_the_ledger_forgets_by_the_attribute_that_the_adapter_writes(stack):
    table = stack.of("AWS::DynamoDB::Table")["LedgerTable"]
    written = re.search(r'"#keep", "(\w+)"', (ROOT / "adapters-aws/src/sdk/ledger.rs").read_text())[1]
    assert table["TimeToLiveSpecification"] == {"AttributeName": written, "Enabled": True}
    assert table["KeySchema"] == [{"AttributeName": "key", "KeyType": "HASH"}]


@pytest.mark.parametrize("name", ["LedgerTable", "MetricsTable"])
def test_tables_can_be_restored_and_are_encrypted(stack, name):
    table = stack.of("AWS::DynamoDB::Table")[name]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert stack.resources[name]["DeletionPolicy"] == "Retain"


def test_the_metrics_table_has_the_index_by_date_that_the_function_is_told_of(stack):
    [index] = stack.of("AWS::DynamoDB::Table")["MetricsTable"]["GlobalSecondaryIndexes"]
    told = stack.of("AWS::Lambda::Function")["NightlyMaintenance"]["Environment"]["Variables"]
    assert told["METRICS_INDEX"]["Fn::If"][:2] == ["OwnMetricsTable", index["IndexName"]]
    assert told["METRICS_INDEX_KEY"]["Fn::If"][:2] == ["OwnMetricsTable", index["KeySchema"][0]["AttributeName"]]


# Classes that Athena reads without restoring first: https://docs.aws.amazon.com/athena/latest/ug/notes-on-s3-considerations.html
READABLE = {"STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"}


def test_old_reports_move_and_what_athena_reads_stays_readable(stack):
    rules = stack.of("AWS::S3::Bucket")["ReportBucket"]["LifecycleConfiguration"]["Rules"]
    moved = {r.get("Prefix", ""): {t["StorageClass"] for t in r["Transitions"]} for r in rules if "Transitions" in r}
    assert moved["metrics-archive/"] <= READABLE
    assert moved == {"metrics-archive/": {"GLACIER_IR"}, "reports/": {"GLACIER"}}
    assert not any("ExpirationInDays" in rule for rule in rules)
    [leftovers] = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    assert "Prefix" not in leftovers


def test_the_bucket_is_private_encrypted_and_versioned(stack):
    bucket = stack.of("AWS::S3::Bucket")["ReportBucket"]
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4 and all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == {"Fn::If": ["HasKey", "aws:kms", "AES256"]}
    deny = statements(stack.of("AWS::S3::BucketPolicy")["ReportBucketPolicy"])["OnlyEncrypted"]
    assert (deny["Effect"], deny["Action"], deny["Condition"]) == ("Deny", "s3:*", UNENCRYPTED)


def alarms(stack):
    return stack.of("AWS::CloudWatch::Alarm")


def test_alarms_about_ourselves_tell_people_and_never_set_us_off(stack):
    ours = {name: alarm for name, alarm in alarms(stack).items() if name != "HighCpu"}
    assert len(ours) == 19
    assert all(alarm["AlarmActions"] == [ALERT] for alarm in ours.values())


@pytest.mark.parametrize("metric", ["NumberOfMessagesSent", "ApproximateNumberOfMessagesVisible"])
def test_every_queue_has_an_alarm_on_what_arrives_and_on_its_depth(stack, metric):
    watched = [a for a in alarms(stack).values() if a["MetricName"] == metric]
    assert {a["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for a in watched} == set(QUEUES)
    assert all((a["Threshold"], a["ComparisonOperator"]) == (0, "GreaterThanThreshold") for a in watched)


def test_an_arrival_is_looked_for_longer_than_the_metrics_of_an_idle_queue_are_late(stack):
    arrivals = [a for a in alarms(stack).values() if a["MetricName"] == "NumberOfMessagesSent"]
    assert all(a["Period"] * a["EvaluationPeriods"] > 15 * 60 + a["Period"] for a in arrivals)
    assert all((a["DatapointsToAlarm"], a["TreatMissingData"]) == (1, "notBreaching") for a in arrivals)


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "DestinationDeliveryFailures"])
def test_every_function_has_an_alarm_on_what_goes_wrong_with_it(stack, metric):
    watched = [a for a in alarms(stack).values() if (a["Namespace"], a["MetricName"]) == ("AWS/Lambda", metric)]
    assert {a["Dimensions"][0]["Value"]["Ref"] for a in watched} == set(FUNCTIONS)
    assert all(a["TreatMissingData"] == "notBreaching" for a in watched)


def test_the_absence_of_the_nightly_report_raises_an_alarm(stack):
    alarm = alarms(stack)["ReportMissing"]
    source = (ROOT / "lambda-shims/src/handler/nightly_maintenance.rs").read_text()
    assert f'metrics.add("{alarm["MetricName"]}", 1)' in source
    assert (alarm["Namespace"], alarm["Dimensions"]) == ("Caretaker", [{"Name": "Function", "Value": ref("NightlyMaintenance")}])
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("breaching", "LessThanThreshold", 1)
    # More than a day, so that a report may be late, and within what CloudWatch allows: seven days in periods of an hour.
    assert 24 * 3600 < alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 24 * 3600 and alarm["Period"] >= 3600


def test_the_example_alarm_is_answered(stack):
    alarm = alarms(stack)["HighCpu"]
    assert alarm["AlarmActions"] == [ref("AlarmTopic")]
    assert stack.resources["HighCpu"]["Condition"] == "HasGroup"
    assert alarm["AlarmName"]["Fn::Sub"].endswith("-high-cpu")
