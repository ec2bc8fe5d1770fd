"""nightly-maintenance and snapshots: which ones go and which ones stay."""

import pytest

import events

EVENT = events.schedule("2026-03-01T02:00:00Z")
OURS = {"AutoCreated": "true", "CreatedBy": "caretaker", "caretaker:owner": "default", "caretaker:scheme": "2"}


@pytest.fixture
def function(deploy):
    return deploy("nightly-maintenance")


@pytest.fixture
def volume(cloud):
    return cloud.create_volume()


def test_what_is_older_than_thirty_days_goes_and_what_is_younger_stays(cloud, function, volume):
    old = [cloud.snapshot(volume, days, **OURS) for days in [400, 45, 31]]
    young = [cloud.snapshot(volume, days, **OURS) for days in [29, 1]]
    cleanup = function.invoke(EVENT).response["snapshot_cleanup"]
    assert cloud.snapshots(volume).keys() == set(young)
    assert (cleanup["deleted"], cleanup["kept"], cleanup["deleted_ids"]) == (3, 2, old)


def test_the_setting_says_how_many_days_are_kept(cloud, deploy, volume):
    stays = [cloud.snapshot(volume, days, **OURS) for days in [45, 31, 1]]
    function = deploy("nightly-maintenance", SNAPSHOT_RETENTION_DAYS="60")
    assert function.invoke(EVENT).response["snapshot_cleanup"]["deleted"] == 0
    assert cloud.snapshots(volume).keys() == set(stays)


def test_the_last_snapshot_of_a_volume_stays_however_old(cloud, function, volume):
    last = {of: cloud.snapshot(of, 90, **OURS) for of in [volume, cloud.create_volume()]}
    cloud.snapshot(volume, 91, **OURS)
    function.invoke(EVENT).response
    assert cloud.snapshots(*last).keys() == set(last.values())


@pytest.mark.parametrize("tags", [{}, {"AutoCreated": "true"}, {"AutoCreated": "true", "CreatedBy": "somebody"}])
def test_the_snapshots_of_somebody_else_stay(cloud, function, volume, tags):
    theirs = {cloud.snapshot(volume, days, **tags) for days in [90, 60]}
    assert function.invoke(EVENT).response["snapshot_cleanup"]["deleted"] == 0
    assert cloud.snapshots(volume).keys() == theirs


def test_a_snapshot_that_an_image_is_made_of_stays(cloud, function, volume):
    used, unused, last = (cloud.snapshot(volume, days, **OURS) for days in [90, 60, 1])
    cloud.image_of(used)
    cleanup = function.invoke(EVENT).response["snapshot_cleanup"]
    assert cloud.snapshots(volume).keys() == {used, last}
    assert (cleanup["deleted_ids"], cleanup["kept"]) == ([unused], 2)


def test_the_night_counts_once_so_what_grows_old_meanwhile_waits_for_the_next(cloud, function, volume):
    cloud.snapshot(volume, 1, **OURS)
    function.invoke(EVENT).response
    old = cloud.snapshot(volume, 90, **OURS)
    function.invoke(EVENT).response
    assert old in cloud.snapshots(volume)
    function.invoke(events.schedule("2026-03-02T02:00:00Z")).response
    assert old not in cloud.snapshots(volume)


def test_without_a_mode_the_function_tells_what_it_would_delete_and_keeps_it(cloud, deploy, volume):
    old, young = (cloud.snapshot(volume, days, **OURS) for days in [45, 1])
    response = deploy("nightly-maintenance", MODE=None).invoke(EVENT).response
    assert response["snapshot_cleanup"]["would_delete_ids"] == [old]
    assert cloud.snapshots(volume).keys() == {old, young}
    assert (cloud.objects(), cloud.ledger(), cloud.notices()) == ([], [], [])
