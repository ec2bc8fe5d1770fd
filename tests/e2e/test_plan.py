"""The command line's plan, explain and apply, on files as AWS prints them and on the cloud itself."""

import json

import pytest

import describe_snapshots

POLICY = ["--keep-daily", "7", "--keep-monthly", "12", "--max-remove-percent", "100"]
NOW = ["--now", "2099-01-01T00:00:00Z"]


@pytest.fixture
def caretaker(command_line):
    """Runs the command; gives what it printed, and its exit code."""

    def run(*arguments):
        ended = command_line(*arguments)
        return ended.stdout or ended.stderr, ended.returncode

    return run


def verdicts(plan, which):
    return {verdict["id"] for group in plan["groups"] for verdict in group[which]}


@pytest.fixture
def files(cloud, tmp_path, request):
    """Snapshots in the cloud, and what AWS prints of them."""
    ids = describe_snapshots.fill(cloud, getattr(request, "param", 200))
    paths = {"snapshots": tmp_path / "snapshots.json", "images": tmp_path / "images.json"}
    with paths["snapshots"].open("w") as file:
        describe_snapshots.dump(describe_snapshots.listing(cloud), file)
    with paths["images"].open("w") as file:
        describe_snapshots.dump(describe_snapshots.images(cloud), file)
    return ids, ["--snapshots", str(paths["snapshots"]), "--images", str(paths["images"])]


@pytest.mark.parametrize("files", [1000], indirect=True)
def test_a_thousand_snapshots_are_planned_as_a_table_and_as_json(caretaker, files):
    ids, from_files = files
    table, code = caretaker("plan", *from_files, *POLICY)
    assert code == 0 and all(snapshot_id in table for snapshot_id in ids)
    printed, code = caretaker("plan", *from_files, *POLICY, "--output", "json")
    plan = json.loads(printed)
    keep, remove = verdicts(plan, "keep"), verdicts(plan, "remove")
    assert code == 0 and keep | remove == set(ids) and not keep & remove
    assert keep and remove and plan["refused"] is None


def test_a_plan_that_removes_too_much_ends_with_1(caretaker, files):
    _, code = caretaker("plan", *files[1], "--keep-last", "1")
    assert code == 1


def test_a_plan_from_files_is_carried_out_in_the_cloud_and_can_be_again(cloud, caretaker, files, tmp_path):
    ids, from_files = files
    printed, _ = caretaker("plan", *from_files, *POLICY, "--output", "json")
    (tmp_path / "plan.json").write_text(printed)
    told, code = caretaker("apply", "--plan", str(tmp_path / "plan.json"), "--aws", "--yes")
    assert code == 0, told
    plan = json.loads(printed)
    left = {snapshot["SnapshotId"] for snapshot in describe_snapshots.listing(cloud)["Snapshots"]}
    assert left == verdicts(plan, "keep")
    told, code = caretaker("apply", "--plan", str(tmp_path / "plan.json"), "--aws", "--yes")
    assert code == 0 and "0 removed" in told


def test_the_cloud_is_planned_as_its_files_are(caretaker, files):
    from_files, _ = caretaker("plan", *files[1], *POLICY, *NOW, "--output", "json")
    from_cloud, _ = caretaker("plan", "--aws", *POLICY, *NOW, "--output", "json")
    assert json.loads(from_files)["hash"] == json.loads(from_cloud)["hash"]


def test_a_world_that_has_changed_refuses_the_plan(cloud, caretaker, tmp_path):
    volume = cloud.create_volume()
    old, young = (cloud.snapshot(volume, days, **describe_snapshots.OURS) for days in [40, 1])
    printed, _ = caretaker("plan", "--aws", "--keep-within", "30d", "--output", "json")
    assert verdicts(json.loads(printed), "remove") == {old}
    (tmp_path / "plan.json").write_text(printed)
    cloud.tag(old, {"caretaker:hold": "2999-12-31"})
    told, code = caretaker("apply", "--plan", str(tmp_path / "plan.json"), "--aws", "--yes")
    assert code == 1 and "nothing was removed: the world has changed" in told
    assert cloud.snapshots(volume).keys() == {old, young}


def test_without_a_yes_nothing_is_removed(cloud, caretaker, tmp_path):
    volume = cloud.create_volume()
    old, young = (cloud.snapshot(volume, days, **describe_snapshots.OURS) for days in [40, 1])
    printed, _ = caretaker("plan", "--aws", "--keep-within", "30d", "--output", "json")
    (tmp_path / "plan.json").write_text(printed)
    told, code = caretaker("apply", "--plan", str(tmp_path / "plan.json"), "--aws")
    assert code == 0 and "nothing was removed" in told
    assert cloud.snapshots(volume).keys() == {old, young}


def test_a_snapshot_of_the_cloud_is_explained(cloud, caretaker):
    volume = cloud.create_volume()
    used, _ = (cloud.snapshot(volume, days, **describe_snapshots.OURS) for days in [40, 1])
    cloud.image_of(used)
    told, code = caretaker("explain", used, "--aws", "--keep-within", "30d")
    assert code == 0 and "KEPT" in told and "in-use" in told and "keep-within 30d: no: it is too old" in told
