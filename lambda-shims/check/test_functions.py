"""The functions, what sets them off, and where goes what they cannot do."""

import re

import pytest

from conftest import FUNCTIONS, ROOT, arn, ref

SHORT = {"AutoSnapshot": "Snapshot", "NightlyMaintenance": "Night", "AutoRemediation": "Remediation"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_limits(stack, name):
    function, short = stack.of("AWS::Lambda::Function")[name], SHORT[name]
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap")
    assert function["Architectures"] == [ref("Architecture")]
    assert function["MemorySize"] == ref(f"{short}MemorySize")
    assert function["Timeout"] == ref(f"{short}Timeout")
    reserved = {"Fn::If": ["Reserves", ref(f"{short}Concurrency"), ref("AWS::NoValue")]}
    assert function["ReservedConcurrentExecutions"] == reserved
    assert function["Role"] == arn(f"{name}Role")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_given_up_goes_to_a_queue_of_its_own_after_few_attempts(stack, name):
    config = stack.of("AWS::Lambda::EventInvokeConfig")[f"{name}EventInvokeConfig"]
    # SAM puts the values of these parameters in their places.
    assert config["MaximumRetryAttempts"] == stack.default("MaximumRetryAttempts")
    assert config["MaximumEventAgeInSeconds"] == stack.default(f"{SHORT[name]}MaximumEventAge")
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == arn(f"{name}Failures")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_event_lives_long_enough_for_all_its_attempts(stack, name):
    timeout, age = (stack.default(SHORT[name] + what) for what in ["Timeout", "MaximumEventAge"])
    attempts = 1 + int(stack.default("MaximumRetryAttempts"))
    # Lambda waits one minute, then two: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    assert attempts * timeout + 60 + 120 <= age


@pytest.mark.parametrize("name", FUNCTIONS)
def test_logs_are_kept_for_a_time_and_not_for_ever(stack, name):
    assert stack.of("AWS::Lambda::Function")[name]["LoggingConfig"] == {"LogGroup": ref(f"{name}Logs")}
    assert stack.of("AWS::Logs::LogGroup")[f"{name}Logs"]["RetentionInDays"] == ref("LogRetentionDays")


def rules(stack, function):
    found = stack.of("AWS::Events::Rule")
    return {n: r for n, r in found.items() if r["Targets"][0]["Arn"] == arn(function)}


def test_o10_every_rule_has_a_dead_letter_queue_and_an_end_to_its_patience(stack):
    for name, rule in stack.of("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": arn("UndeliveredEvents")}, name
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 185}


def test_every_rule_may_call_its_function_and_nothing_else_may(stack):
    allowed = [p for p in stack.of("AWS::Lambda::Permission").values() if p["Principal"] == "events.amazonaws.com"]
    assert {p["SourceArn"]["Fn::GetAtt"][0] for p in allowed} == set(stack.of("AWS::Events::Rule"))
    others = [p for p in stack.of("AWS::Lambda::Permission").values() if p not in allowed]
    assert {p["Principal"] for p in others} == {"sns.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"}
    assert all(p.get("SourceArn") == ref("AlarmTopic") or p.get("SourceAccount") == ref("AWS::AccountId") for p in others)


def test_everything_that_the_code_reads_as_a_trigger_has_a_rule(stack):
    source = (ROOT / "adapters-aws/src/inbound/instance.rs").read_text()
    read = set(re.findall(r'\("(aws\.\w+)", "([^"]+)"\) =>', source)) | {("aws.cloudwatch", "CloudWatch Alarm State Change")}
    patterns = [rule["EventPattern"] for rule in rules(stack, "AutoSnapshot").values()]
    assert len(read) == 5
    assert {(p["source"][0], p["detail-type"][0]) for p in patterns} == read


def test_a_status_check_tells_of_a_failure_and_an_alarm_about_ourselves_does_not(stack):
    [pattern] = [r["EventPattern"] for r in rules(stack, "AutoSnapshot").values() if r["EventPattern"]["source"] == ["aws.cloudwatch"]]
    metric = pattern["detail"]["configuration"]["metrics"]["metricStat"]["metric"]
    assert metric == {"namespace": ["AWS/EC2"], "name": [{"prefix": "StatusCheckFailed"}]}


def test_the_night_and_reconcile_have_their_schedules(stack):
    found = {r["ScheduleExpression"]["Ref"]: r["Targets"][0].get("Input") for r in rules(stack, "NightlyMaintenance").values()}
    assert found == {"NightlySchedule": None, "ReconcileSchedule": '{"task": "reconcile"}'}
    assert (stack.default("NightlySchedule"), stack.default("ReconcileSchedule")) == ("cron(0 2 * * ? *)", "rate(15 minutes)")


def test_alarms_reach_remediation_or_a_queue(stack):
    [subscription] = [s for s in stack.of("AWS::SNS::Subscription").values() if s["Protocol"] == "lambda"]
    assert (subscription["TopicArn"], subscription["Endpoint"]) == (ref("AlarmTopic"), arn("AutoRemediation"))
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": arn("UndeliveredEvents")}


def test_nothing_acts_before_it_is_told_to(stack):
    assert stack.default("Mode") == "observe"
    for name in FUNCTIONS:
        assert stack.of("AWS::Lambda::Function")[name]["Environment"]["Variables"]["MODE"] == ref("Mode")


def test_the_originals_defaults_are_kept(stack):
    defaults = ["ScaleOutBy", "CpuAlarmThreshold", "CpuAlarmPeriods", "CpuAlarmPeriodSeconds"]
    assert [int(stack.default(name)) for name in defaults] == [2, 80, 2, 300]


def test_every_default_is_one_that_its_parameter_takes(stack):
    for name, parameter in stack.parameters.items():
        default = parameter["Default"]
        if "AllowedPattern" in parameter:
            assert re.search(parameter["AllowedPattern"], str(default)), name
        if "AllowedValues" in parameter:
            assert str(default) in map(str, parameter["AllowedValues"]), name


PATTERNS = {
    "SnapshotRetentionDays": (["", "1", "30", "36500"], ["0", "-1", "36501", "30.5"]),
    "SnapshotStates": (["stopped", "stopping,running"], ["", "dancing", "stopped,"]),
    "SnapshotExclude": (["", "i-0abc,vol-0def"], ["snap-0", "i-0abc "]),
    "AcceptPlan": (["", "3f9ac2d1e0b7", "A" * 64], ["3f9a", "plan-3f9ac2d1", "a" * 65]),
    "KeepDaily": (["", "7", "unlimited"], ["0", "-1", "many"]),
    "KeepWithin": (["", "30d", "1y2m3d4h"], ["30", "-1d", "2 days"]),
    "ScaleOutBy": (["2", "50%", "breach:0=1,20=2"], ["0", "", "-2", "breach:"]),
    "AutoScalingGroupName": (["", "web", "my group"], ["*", "a,b", "we?"]),
    "AlertTopicArn": (["", "arn:aws:sns:eu-west-1:123456789012:ops"], ["ops", "arn:aws:sqs:eu-west-1:123456789012:ops"]),
    "AlertEmail": (["", "ops@example.com"], ["ops", "a b@example.com"]),
    "ReportBucketName": (["", "reports.example"], ["Reports", "a"]),
    "Routes": (["", '[{"matches": "cpu", "action": "review"}]'], ["review", "{}"]),
    "NightlySchedule": (["cron(0 2 * * ? *)", "rate(1 day)"], ["02:00", "at 2"]),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_parameter_takes_what_is_right_and_refuses_what_is_wrong(stack, name):
    right, wrong = PATTERNS[name]
    pattern = re.compile(stack.parameters[name]["AllowedPattern"])
    assert [value for value in right if not pattern.search(value)] == []
    assert [value for value in wrong if pattern.search(value)] == []
