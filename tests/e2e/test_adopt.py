"""The command line's adopt, on an account."""

import pytest

EARLIER = {"AutoCreated": "true", "CreatedBy": "caretaker", "LambdaFunction": "blue-AutoSnapshot-1"}
OWNED = {"caretaker:owner": "blue", "caretaker:scheme": "2"}


@pytest.fixture
def orphans(cloud):
    volume = cloud.create_volume()
    cloud.snapshot(volume, 9, **EARLIER, **OWNED | {"caretaker:owner": "green"})
    return {cloud.snapshot(volume, days, **EARLIER) for days in [60, 1]}, volume


def owners(cloud, volume):
    tags = {id: {tag["Key"]: tag["Value"] for tag in s["Tags"]} for id, s in cloud.snapshots(volume).items()}
    return {id: of_one.get("caretaker:owner") for id, of_one in tags.items()}


def test_what_is_nobodys_is_shown_first(cloud, command_line, orphans):
    before = owners(cloud, orphans[1])
    shown = command_line("adopt", "--aws", "--owner", "blue")
    assert shown.returncode == 0 and "blue-AutoSnapshot-1" in shown.stdout and "nothing was changed" in shown.stdout
    assert owners(cloud, orphans[1]) == before


def test_what_is_nobodys_is_adopted_and_nothing_else(cloud, command_line, orphans):
    done = command_line("adopt", "--aws", "--owner", "blue", "--yes")
    assert done.returncode == 0 and "2 adopted by `blue`" in done.stdout
    told = owners(cloud, orphans[1])
    assert {id for id, owner in told.items() if owner == "blue"} == orphans[0]
    assert sorted(told.values()) == ["blue", "blue", "green"]
    assert "no snapshot that names no owner" in command_line("adopt", "--aws", "--owner", "blue").stdout


def test_a_name_that_no_owner_can_have_is_refused(command_line):
    refused = command_line("adopt", "--aws", "--owner", "blue*")
    assert refused.returncode == 2 and "owner `blue*`" in refused.stderr
