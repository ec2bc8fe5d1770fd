"""The command line's doctor, on an account."""

import json

import pytest

from cloud import ALERTS, LEDGER
from function import REGION


@pytest.fixture
def doctor(command_line):
    """Runs the command with these settings; gives what it found, by grade, and its exit code."""

    def run(*functions, **settings):
        settings = {name: value for name, value in settings.items() if value is not None}
        ended = command_line("doctor", "--aws", "--json", *functions, **settings)
        found = {}
        for finding in json.loads(ended.stdout)["findings"]:
            found.setdefault(finding["grade"], []).append(finding["words"])
        return found, ended.returncode

    return run


@pytest.fixture
def settings(cloud):
    expiry = {"AttributeName": "keep_until", "Enabled": True}
    cloud.client("dynamodb").update_time_to_live(TableName=LEDGER, TimeToLiveSpecification=expiry)
    return {"MODE": "act", "ALERT_TOPIC_ARN": ALERTS, "LEDGER_TABLE": LEDGER}


def test_what_exists_and_is_permitted_is_fine(cloud, doctor, settings):
    cloud.launch({"AutoSnapshot": "true"})
    found, code = doctor("auto-snapshot", **settings)
    fine = "\n".join(found["fine"])
    assert code == 0 and "problem" not in found, found
    assert "account 123456789012" in fine
    assert f"ledger table `{settings['LEDGER_TABLE']}`" in fine
    assert "ec2:DescribeInstances is permitted" in fine and "ec2:CreateSnapshots is permitted" in fine


def test_what_is_missing_is_a_problem(doctor, settings):
    missing = {"LEDGER_TABLE": "nowhere", "ALERT_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:nowhere"}
    found, code = doctor("auto-snapshot", **settings | missing)
    problems = "\n".join(found["problem"])
    assert code == 1
    assert "ledger table `nowhere` does not exist" in problems
    assert "nowhere` does not exist" in problems.replace("ledger table `nowhere` does not exist", "")


def test_a_ledger_that_never_forgets_is_a_problem(cloud, doctor, settings):
    expiry = {"AttributeName": "keep_until", "Enabled": False}
    cloud.client("dynamodb").update_time_to_live(TableName=LEDGER, TimeToLiveSpecification=expiry)
    found, code = doctor("auto-snapshot", **settings)
    assert code == 1 and "does not expire by `keep_until`" in found["problem"][0]


def test_a_ledger_without_its_index_is_noted(cloud, doctor, settings):
    update = {"Delete": {"IndexName": "open"}}
    cloud.client("dynamodb").update_table(TableName=LEDGER, GlobalSecondaryIndexUpdates=[update])
    found, code = doctor("nightly-maintenance", **settings)
    assert code == 0 and any("has no index `open`" in words for words in found["note"]), found


def test_a_function_that_would_hear_its_own_notices_is_a_problem(cloud, doctor, settings):
    function = f"arn:aws:lambda:{REGION}:123456789012:function:stack-AutoRemediation-1"
    cloud.client("sns").subscribe(TopicArn=ALERTS, Protocol="lambda", Endpoint=function)
    found, code = doctor("auto-remediation", **settings)
    assert code == 1 and any("would come back" in words for words in found["problem"])


def test_a_group_that_is_not_there_is_a_problem(doctor, settings):
    found, code = doctor("auto-remediation", **settings | {"AUTO_SCALING_GROUP_NAME": "nowhere"})
    assert code == 1 and "group `nowhere` does not exist" in found["problem"]


def test_what_cannot_be_tried_is_a_note(doctor, settings):
    found, _ = doctor("auto-remediation", **settings)
    assert any("ec2:RebootInstances: not tried" in words for words in found["note"])
