"""auto-snapshot: from the event of a stopped instance to its snapshots and the notice about them."""

import pytest

import events

OPTED_IN = {"AutoSnapshot": "true", "Name": "web-1"}


@pytest.fixture
def function(deploy):
    return deploy("auto-snapshot")


@pytest.fixture
def instance(cloud):
    return cloud.launch(OPTED_IN)


def tags_by_device(cloud, instance):
    """The tags of an instance's snapshots, of which no volume may have two."""
    volumes = cloud.volumes(instance)
    snapshots = cloud.snapshots(*volumes.values()).values()
    tags = {s["VolumeId"]: {tag["Key"]: tag["Value"] for tag in s["Tags"]} for s in snapshots}
    assert len(tags) == len(snapshots), "a volume has two snapshots"
    return {device: tags[volume] for device, volume in volumes.items() if volume in tags}


def test_every_volume_gets_one_snapshot_with_all_tags_of_its_birth(cloud, function, instance):
    assert function.invoke(events.state_change(instance)).response["status"] == "OK"
    tags = tags_by_device(cloud, instance)
    assert tags.keys() == {"/dev/sda1", "/dev/sdf", "/dev/sdg"}
    birth = {
        "AutoCreated": "true",
        "CreatedBy": "caretaker",
        "InstanceId": instance,
        "TriggerState": "stopped",
        "CreatedAt": "2026-03-01T14:27:11Z",
        "LambdaFunction": "auto-snapshot",
        "caretaker:key": f"snap#{instance}#2026-03-01T14:27:11Z",
        "caretaker:fence": "1",
        "caretaker:owner": "default",
        "caretaker:scheme": "2",
    }
    assert all(birth.items() <= of_one.items() for of_one in tags.values())


def test_the_response_names_the_instance_its_state_and_every_snapshot(cloud, function, instance):
    response = function.invoke(events.state_change(instance)).response
    assert (response["instance_id"], response["state"]) == (instance, "stopped")
    assert set(response["snapshots_created"]) == cloud.snapshots(*cloud.volumes(instance).values()).keys()


def test_a_snapshot_is_named_after_instance_device_and_time(cloud, function, instance):
    function.invoke(events.state_change(instance))
    names = {device: tags["Name"] for device, tags in tags_by_device(cloud, instance).items()}
    assert names == {
        "/dev/sda1": "auto-web-1-sda1-20260301T142711Z",
        "/dev/sdf": "auto-web-1-sdf-20260301T142711Z",
        "/dev/sdg": "auto-web-1-sdg-20260301T142711Z",
    }


def test_an_instance_without_a_name_is_called_by_its_id(cloud, function):
    instance = cloud.launch({"AutoSnapshot": "true"}, devices=[])
    function.invoke(events.state_change(instance))
    [tags] = tags_by_device(cloud, instance).values()
    assert tags["Name"] == f"auto-{instance}-sda1-20260301T142711Z"


@pytest.mark.parametrize("length", [120, 256])
def test_a_long_name_is_cut_only_where_it_does_not_fit(cloud, function, length):
    instance = cloud.launch({**OPTED_IN, "Name": "w" * length}, devices=[])
    function.invoke(events.state_change(instance))
    [tags] = tags_by_device(cloud, instance).values()
    tail = "-sda1-20260301T142711Z"
    assert tags["Name"] == "auto-" + "w" * min(length, 256 - len("auto-" + tail)) + tail
    [notice] = cloud.notices()
    assert len(notice.subject) <= 100 and notice.subject.endswith("... (stopped)")


def test_the_tags_of_instance_and_volume_go_along(cloud, function):
    tags = {"/dev/sdf": {"Data": "orders", "Team": "of the volume"}}
    instance = cloud.launch({**OPTED_IN, "Team": "shop"}, devices=["/dev/sdf"], volume_tags=tags)
    function.invoke(events.state_change(instance))
    of_data = tags_by_device(cloud, instance)["/dev/sdf"]
    assert (of_data["Team"], of_data["Data"]) == ("shop", "orders")


def test_a_volume_that_opts_out_is_left_out_and_said_so(cloud, function):
    out = {"/dev/sdg": {"AutoSnapshot": "false"}}
    instance = cloud.launch(OPTED_IN, volume_tags=out)
    response = function.invoke(events.state_change(instance)).response
    assert tags_by_device(cloud, instance).keys() == {"/dev/sda1", "/dev/sdf"}
    # The emulator's usual type has a disk on its host, which no snapshot can save.
    left_out = [one["volume"] for one in response["left_out"]]
    assert left_out == [cloud.volumes(instance)["/dev/sdg"], "instance store"]


def test_p5_a_subscriber_gets_one_notice_as_json(cloud, function, instance):
    response = function.invoke(events.state_change(instance)).response
    [notice] = cloud.notices()
    assert notice.subject == "[Auto-Snapshot] web-1 (stopped)"
    assert notice.key == f"snap#{instance}#2026-03-01T14:27:11Z"
    assert notice.body["event"] == "auto_snapshot"
    assert (notice.body["instance_id"], notice.body["instance_name"]) == (instance, "web-1")
    assert notice.body["snapshots_created"] == response["snapshots_created"]


def test_the_same_event_again_makes_no_second_set_and_no_second_notice(cloud, function, instance):
    event = events.state_change(instance)
    first = function.invoke(event, request_id="retried").response
    assert len(cloud.notices()) == 1
    for request_id in ["retried", "delivered-twice"]:
        again = function.invoke(event, request_id=request_id).response
        assert again["snapshots_created"] == first["snapshots_created"]
    assert len(tags_by_device(cloud, instance)) == 3
    assert cloud.notices() == []


@pytest.mark.parametrize("states", [("stopping", "stopped"), ("stopped", "stopping")])
def test_both_states_of_one_stop_a_minute_apart_make_one_set_and_one_notice(cloud, function, instance, states):
    # In either order of delivery. Each event has the time of its own state: an instance that is stopping after it had
    # stopped was started in between, and that is another stop.
    happened = {"stopping": "2026-03-01T14:27:11Z", "stopped": "2026-03-01T14:28:11Z"}
    for state in states:
        function.invoke(events.state_change(instance, state, happened[state])).response
    tags = tags_by_device(cloud, instance)
    assert [one["TriggerState"] for one in tags.values()] == [states[0]] * 3
    assert len(cloud.notices()) == 1


def test_the_next_stop_an_hour_later_makes_another_set(cloud, function, instance):
    for at in ["2026-03-01T14:27:11Z", "2026-03-01T15:27:11Z"]:
        function.invoke(events.state_change(instance, at=at)).response
    assert len(cloud.snapshots(*cloud.volumes(instance).values())) == 6
    assert len(cloud.notices()) == 2


@pytest.mark.parametrize("tags", [{}, {"Name": "web-1"}, {"AutoSnapshot": "false"}])
def test_an_instance_that_is_not_opted_in_is_skipped(cloud, function, tags):
    instance = cloud.launch(tags)
    response = function.invoke(events.state_change(instance)).response
    assert response["action"] == "skipped" and "AutoSnapshot=true" in response["reason"]
    assert nothing_was_done(cloud, instance)


def test_an_unknown_instance_is_skipped(cloud, function):
    response = function.invoke(events.state_change("i-0123456789abcdef0")).response
    assert response["action"] == "skipped"
    assert (cloud.ledger(), cloud.notices()) == ([], [])


def test_an_event_of_another_account_is_skipped(cloud, function, instance):
    event = {**events.state_change(instance), "account": "210987654321"}
    assert function.invoke(event).response["action"] == "skipped"
    assert nothing_was_done(cloud, instance)


def test_an_event_of_another_kind_is_ignored(function):
    assert function.invoke(events.schedule("2026-03-01T02:00:00Z")).response["action"] == "ignored"


def test_without_a_mode_the_function_tells_its_plan_and_does_nothing(cloud, deploy, instance):
    response = deploy("auto-snapshot", MODE=None).invoke(events.state_change(instance)).response
    assert response["action"] == "observed"
    assert [target["device"] for target in response["plan"]["targets"]] == ["/dev/sda1", "/dev/sdf", "/dev/sdg"]
    assert nothing_was_done(cloud, instance)


def nothing_was_done(cloud, instance):
    return (tags_by_device(cloud, instance), cloud.ledger(), cloud.notices()) == ({}, [], [])
