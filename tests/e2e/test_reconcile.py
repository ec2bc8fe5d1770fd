"""nightly-maintenance with {"task": "reconcile"}: what nobody else would have done."""

import pytest

RECONCILE = {"task": "reconcile"}
OPTED_IN = {"Name": "web-1", "AutoSnapshot": "true"}


@pytest.fixture
def function(deploy):
    return deploy("nightly-maintenance")


def done(function):
    response = function.invoke(RECONCILE).response
    assert response["status"] == "OK"
    return [deed["task"] for deed in response["reconciliation"]["done"]]


def subjects(cloud):
    return sorted(notice.subject for notice in cloud.notices())


def test_a_stop_that_nobody_heard_of_is_snapshotted_once(cloud, function):
    instance = cloud.launch(OPTED_IN)
    cloud.launch({"Name": "not-opted-in"})
    assert done(function) == [{"snapshot": instance}]
    assert len(cloud.snapshots(*cloud.volumes(instance).values())) == 3
    assert subjects(cloud) == ["[Auto-Snapshot] web-1 (stopped)", "[Reconcile] 1 finished, 0 for you to mend"]
    assert done(function) == []
    assert (len(cloud.snapshots(*cloud.volumes(instance).values())), subjects(cloud)) == (3, [])


def test_a_second_set_of_an_incident_is_removed(cloud, function):
    instance = cloud.launch(OPTED_IN, devices=[])
    done(function)
    [volume] = cloud.volumes(instance).values()
    [(first, snapshot)] = cloud.snapshots(volume).items()
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    second = cloud.snapshot(volume, 0, **tags)
    [task] = done(function)
    assert (task["remove"]["snapshot"], task["remove"]["kept"]) == (second, first)
    assert cloud.snapshots(volume).keys() == {first}
    assert done(function) == []


def test_observing_tells_what_would_be_done_and_does_nothing(cloud, deploy):
    instance = cloud.launch(OPTED_IN)
    response = deploy("nightly-maintenance", MODE="observe").invoke(RECONCILE).response
    assert response["reconciliation"]["observed"] == [{"snapshot": instance}]
    assert (cloud.snapshots(*cloud.volumes(instance).values()), cloud.ledger(), subjects(cloud)) == ({}, [], [])
