"""An invocation that dies, or whose connection is cut, at any of its requests: in the end the work is done once."""

import itertools
import uuid

import pytest

import events
from proxy import KILLED_AFTER, KILLED_BEFORE, REPLY_LOST, REQUEST_LOST
from runtime_api import Unanswered

DISTURBANCES = [KILLED_BEFORE, KILLED_AFTER, REQUEST_LOST, REPLY_LOST]

#: How many seconds after a failure Lambda itself tries again
#: (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
LAMBDA = [60, 120]
#: Then it puts the event where failed ones go. Somebody sends it from there, so many seconds later: longer than any
#: lease, and than EC2's time to settle.
REDRIVE = 600


class AutoSnapshot:
    """An instance that has stopped."""

    name = "auto-snapshot"
    error = "SnapshotFailed"
    settings = {}
    #: What is asked before the set is claimed.
    before = [
        "DescribeInstances",
        "DescribeVolumes",
        "DescribeInstanceTypes",
        "GetItem",  # the names of its incidents
        "UpdateItem",  # the name of this one: it is open
        "UpdateItem",  # the claim
    ]
    #: What is asked after the set is made.
    after = [
        "CreateTags",
        "CreateTags",
        "UpdateItem",
        "UpdateItem",
        "Publish",
        "UpdateItem",  # the notice went out
        "UpdateItem",  # people know: nobody has to come back to it
    ]
    requests = [*before, "CreateSnapshots", *after]
    #: Where the set is claimed and EC2 never hears of it: that it does not exist is known when EC2 has had its time to
    #: settle, which is after Lambda's last try.
    late = {(KILLED_AFTER, 6), (KILLED_BEFORE, 7), (REQUEST_LOST, 7)}
    #: Whether what is missing of a set may be made by a later owner.
    in_parts = False

    def __init__(self, cloud):
        self._cloud = cloud
        instance = cloud.launch({"AutoSnapshot": "true"}, devices=["/dev/sdf"])
        self.volumes = sorted(cloud.volumes(instance).values())
        self.event = events.state_change(instance)
        self.key = f"snap#{instance}#2026-03-01T14:27:11Z"

    def check_done_once(self, response):
        found = self._cloud.snapshots(*self.volumes)
        assert set(response["snapshots_created"]) == found.keys()
        snapshots = found.values()
        assert sorted(snapshot["VolumeId"] for snapshot in snapshots) == self.volumes
        tags = [{tag["Key"]: tag["Value"] for tag in snapshot["Tags"]} for snapshot in snapshots]
        assert {of_one["caretaker:key"] for of_one in tags} == {self.key}
        if not self.in_parts:
            assert len({of_one["caretaker:fence"] for of_one in tags}) == 1, "they are of two sets"


class VolumeByVolume(AutoSnapshot):
    """The same, and its volumes are taken one by one."""

    settings = {"SNAPSHOT_MODE": "volume"}
    requests = [*AutoSnapshot.before, "CreateSnapshot", "CreateSnapshot", *AutoSnapshot.after]
    #: The same for each of them: what is missing of a set is known when EC2 has had its time to settle.
    late = AutoSnapshot.late | {(KILLED_AFTER, 7), (KILLED_BEFORE, 8), (REQUEST_LOST, 8)}
    in_parts = True


class AutoRemediation:
    """An alarm that goes off for a group of two."""

    name = "auto-remediation"
    error = "RemediationFailed"
    settings = {}
    requests = [
        "GetItem",
        "GetItem",
        "DescribeAutoScalingGroups",
        "DescribeInstanceRefreshes",
        "UpdateItem",
        "UpdateItem",
        "DescribeAutoScalingGroups",
        "DescribeInstanceRefreshes",
        "SetDesiredCapacity",
        "UpdateItem",
        "UpdateItem",
        "Publish",
        "UpdateItem",  # the notice went out
        "UpdateItem",  # people know: nobody has to come back to it
    ]
    late = set()

    def __init__(self, cloud):
        self._cloud = cloud
        cloud.create_group(desired=2, most=10)
        alarm = events.Alarm("web-high-cpu")
        self.event = alarm.over_sns()
        self.key = f"remed#{alarm.arn}#{alarm.changed_at.removesuffix('+0000').rstrip('0').rstrip('.')}Z"

    def check_done_once(self, response):
        assert self._cloud.desired() == 4
        [result] = response["results"]
        assert (result["action"], result["previous_desired"], result["new_desired"]) == ("scale_out", 2, 4)


class Restart:
    """An alarm about an instance that hangs, where a route says to restart it."""

    name = "auto-remediation"
    error = "RemediationFailed"
    settings = {"ROUTES": '[{"matches": "hangs$", "action": "restart"}]'}
    requests = [
        "GetItem",
        "GetItem",
        "DescribeInstances",
        "UpdateItem",
        "UpdateItem",
        "RebootInstances",
        "UpdateItem",
        "UpdateItem",
        "Publish",
        "UpdateItem",  # the notice went out
        "UpdateItem",  # people know: nobody has to come back to it
    ]

    def __init__(self, cloud):
        instance = cloud.launch({"AutoRemediate": "true"}, devices=[], stopped=False)
        alarm = events.Alarm("web-1-hangs", instance=instance)
        self.event = alarm.over_sns()
        self.key = f"remed#{alarm.arn}#{alarm.changed_at.removesuffix('+0000').rstrip('0').rstrip('.')}Z"


WORKS = [AutoSnapshot, VolumeByVolume, AutoRemediation]
CASES = [
    pytest.param(work, disturbance, number, id=f"{work.__name__}-{disturbance.name}-{number}-{operation}")
    for work in WORKS
    for disturbance in DISTURBANCES
    for number, operation in enumerate(work.requests, 1)
]


@pytest.fixture
def run(cloud, proxy, deploy):
    """Begins a piece of work by the function that does it, with the proxy in between."""
    return lambda work: Run(cloud, deploy(work.name, endpoint=proxy.endpoint, **work.settings), work(cloud))


class Run:
    """The deliveries of one event."""

    def __init__(self, cloud, function, work):
        self.cloud = cloud
        self.function = function
        self.work = work
        self.deaths = 0
        self._request_id = str(uuid.uuid4())

    def deliver(self):
        """Delivers the event; the response, None if the process died or answered an error, which says what failed."""
        try:
            answer = self.function.invoke(self.work.event, self._request_id)
        except Unanswered:
            self.deaths += 1
            return None
        if answer.error is not None:
            assert answer.error.type in [self.work.error, "NoticeFailed"]
        return answer.body

    def deliver_until_done(self):
        """Delivers the event until it is done; whether that took more than Lambda's own tries."""
        for pause in [0, *LAMBDA, REDRIVE]:
            self.cloud.age_ledger(pause)
            if self.deliver() is not None:
                return pause == REDRIVE
        pytest.fail("not done, however often it was delivered")

    def check_done_once(self, response):
        """Checks that the work is done once, as the response says, and told under its key; how often it is told."""
        self.work.check_done_once(response)
        told = [notice.key for notice in self.cloud.notices()]
        assert set(told) == {self.work.key}
        return len(told)


@pytest.mark.parametrize("work", [*WORKS, Restart], ids=lambda work: work.__name__)
def test_an_invocation_makes_these_requests(proxy, run, work):
    run(work).deliver_until_done()
    assert proxy.requests() == work.requests


@pytest.mark.parametrize(("work", "disturbance", "number"), CASES)
def test_the_work_is_done_once(proxy, run, work, disturbance, number):
    run = run(work)
    proxy.disturb(number, disturbance, run.function.kill)
    assert run.deliver_until_done() == ((disturbance, number) in work.late)
    assert proxy.struck() and run.deaths == disturbance.kills
    response = run.deliver()
    assert response is not None, "delivered once more, it failed"
    # Nothing but a disturbance from the notice on can make it come twice.
    assert run.check_done_once(response) <= (1 if number <= work.requests.index("Publish") else 2)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.__name__)
@pytest.mark.parametrize("disturbance", [KILLED_BEFORE, KILLED_AFTER], ids=lambda disturbance: disturbance.name)
def test_the_work_is_done_once_when_each_delivery_dies_one_request_later(proxy, run, work, disturbance):
    run = run(work)
    for number in itertools.count(1):
        proxy.disturb(number, disturbance, run.function.kill)
        response = run.deliver()
        if not proxy.struck():
            break
        run.cloud.age_ledger(REDRIVE)
    assert response is not None
    run.check_done_once(response)


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda disturbance: disturbance.name)
@pytest.mark.parametrize("number", range(1, len(Restart.requests) + 1))
def test_a_restart_is_asked_for_once_and_people_are_told_how_it_ended(proxy, run, disturbance, number):
    """It can neither be found nor repeated: where its end is not known, nobody asks for it again."""
    run = run(Restart)
    proxy.disturb(number, disturbance, run.function.kill)
    run.deliver_until_done()
    assert proxy.struck() and run.deaths == disturbance.kills
    response = run.deliver()
    assert response is not None, "delivered once more, it failed"
    asked = proxy.requests().count("RebootInstances")
    assert asked <= 1
    [result] = response["results"]
    assert result["action"] == "restart" or (result["action"] == "gave_up" and "halted" in result["reason"])
    assert {notice.key.removesuffix("#failed") for notice in run.cloud.notices()} == {run.work.key}


def test_the_default_retry_of_aws_makes_two_sets_and_tells_of_one(cloud, proxy):
    """Where the reply of CreateSnapshots is lost: boto3 in mode `standard`, the default of AWS's SDK for Rust."""
    instance = cloud.launch({}, devices=["/dev/sdf"])
    ec2 = cloud.connect("ec2", proxy.endpoint, {"mode": "standard"})
    proxy.disturb(1, REPLY_LOST)
    told = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    assert proxy.requests() == ["CreateSnapshots", "CreateSnapshots"]
    made = cloud.snapshots(*cloud.volumes(instance).values())
    assert (len(told), len(made)) == (2, 4)


def test_ours_makes_one_set_and_tells_of_it(cloud, proxy, run):
    """Where the reply of CreateSnapshots is lost, too."""
    run = run(AutoSnapshot)
    proxy.disturb(run.work.requests.index("CreateSnapshots") + 1, REPLY_LOST)
    assert run.deliver() is None, "nobody knows yet what came of it"
    run.cloud.age_ledger(LAMBDA[0])
    told = run.deliver()
    assert proxy.requests().count("CreateSnapshots") == 1
    assert (told["how"], set(told["snapshots_created"])) == ("adopted", cloud.snapshots(*run.work.volumes).keys())
    assert len(told["snapshots_created"]) == 2
