"""What all three functions have in common: settings, logs, metrics, and a process that may end at any time."""

import pytest

import events

FUNCTIONS = ["auto-snapshot", "nightly-maintenance", "auto-remediation"]
WRONG = {"ALERT_TOPIC_ARN": None, "LEDGER_TABLE": None, "MODE": "maybe"}
OPTED_IN = {"AutoSnapshot": "true"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_settings_fail_every_invocation_and_are_all_named(deploy, name):
    function = deploy(name, **WRONG)
    for _ in range(2):
        error = function.invoke(events.sample("scheduled")).error
        assert error.type == "Settings"
        assert all(setting in error.message for setting in WRONG)


def test_each_invocation_writes_json_logs_with_its_request_id(cloud, deploy):
    function, instance = deploy("auto-snapshot"), cloud.launch(OPTED_IN)
    for request_id in ["request-1", "request-2"]:
        function.invoke(events.state_change(instance), request_id=request_id).response
    function.output.metrics(2)
    logged = [log["span"]["request.id"] for log in function.output.logs() if log["level"] == "INFO"]
    assert logged == ["request-1", "request-2"]


INVOCATIONS = {
    "auto-snapshot": (events.state_change("i-0123456789abcdef0"), {"Skipped": 1}),
    "nightly-maintenance": (
        events.schedule("2026-03-01T02:00:00Z"),
        {
            "DeletionsFailed": 0, "DeletionsLeft": 0, "NightsFailed": 0, "NightsReported": 1, "RecordsArchived": 0,
            "SnapshotsDeleted": 0,
        },
    ),
    "auto-remediation": (events.sample("sns-test"), {"Ignored": 1}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_x9_each_invocation_writes_one_line_of_metrics_with_its_counts(deploy, name):
    function, (event, counts) = deploy(name), INVOCATIONS[name]
    function.invoke(event).response
    function.kill()  # so that all output is there
    [line] = function.output.metrics(1)
    [definition] = line["_aws"]["CloudWatchMetrics"]
    assert (definition["Namespace"], definition["Dimensions"]) == ("Caretaker", [["Function"]])
    assert line["Function"] == name
    assert {metric["Name"]: line[metric["Name"]] for metric in definition["Metrics"]} == counts


def test_the_metrics_count_new_snapshots_only(cloud, deploy):
    function, instance = deploy("auto-snapshot"), cloud.launch(OPTED_IN)
    for _ in range(2):
        function.invoke(events.state_change(instance)).response
    assert [line["SnapshotsCreated"] for line in function.output.metrics(2)] == [3, 0]


def test_a_function_that_is_killed_and_started_again_knows_what_it_did(cloud, deploy):
    function, instance = deploy("auto-snapshot"), cloud.launch(OPTED_IN)
    event = events.state_change(instance)
    first = function.invoke(event).response
    function.kill()
    again = function.invoke(event).response
    assert (first["how"], again["how"]) == ("fresh", "recorded")
    assert len(cloud.snapshots(*cloud.volumes(instance).values())) == 3
