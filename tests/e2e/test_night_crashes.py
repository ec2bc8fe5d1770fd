"""A night that dies at any of its requests: whoever comes next sees it through, and it is archived and reported once.

To the cloud it is the same whether a process was killed after one request or before the next. So each test of all requests
kills at one side of them, and between two tests every state that a killed night can leave meets both who may come next.
"""

import datetime
import hashlib
import json
import uuid

import pytest

import events
import records
from cloud import BUCKET, METRICS
from proxy import KILLED_AFTER, KILLED_BEFORE
from runtime_api import Unanswered

RECONCILE = {"task": "reconcile"}
OURS = {"AutoCreated": "true", "CreatedBy": "caretaker", "caretaker:owner": "default", "caretaker:scheme": "2"}
KIB = 1024

#: How many seconds after a failure Lambda first tries again
#: (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
RETRY = 60
#: How often reconcile runs.
QUARTER = 900

#: How many days before its own a night looks at, and finds in the archive.
EARLIER = 6

#: What a night with a day to archive and a snapshot to remove asks for.
REQUESTS = [
    "UpdateItem",  # the night is claimed
    "GetItem",  # whether its archive is done
    "GetObject",  # whether the day has a manifest
    "Scan",  # its records
    "PutObject",  # they
    "PutObject",  # and their manifest
    *EARLIER * ["GetObject"],  # whether the days before have one
    "UpdateItem",  # the archive is done
    "GetItem",  # whether the cleanup is done
    "DescribeSnapshots",
    "DescribeImages",
    "DescribeLockedSnapshots",
    "GetItem",  # what the last nights removed
    "GetItem",  # the same once more, to write it
    "UpdateItem",  # this night's plan
    "DeleteSnapshot",
    "GetItem",  # what the last nights removed
    "UpdateItem",  # and this one
    "UpdateItem",  # the cleanup is done
    "Query",  # what is open: the night itself
    "GetItem",
    "DescribeSnapshots",
    "DescribeInstances",
    "GetItem",  # whether the index is complete
    "Scan",
    "UpdateItem",  # it is
    "GetItem",  # what each of the functions ignored
    "GetItem",
    "GetItem",
    "UpdateItem",  # the report is claimed
    "Publish",
    "UpdateItem",  # it went out
    "UpdateItem",  # the night is done
]
PUBLISH = REQUESTS.index("Publish") + 1
#: How a day goes up that is too large for one piece.
IN_PARTS = ["CreateMultipartUpload", "UploadPart", "UploadPart", "CompleteMultipartUpload"]
#: What comes before: the first requests of any night, and the day's records in pages of 1 MiB.
BEFORE_PARTS = [*REQUESTS[:3], *11 * ["Scan"]]


def each(requests):
    """Each of these requests by its number."""
    return pytest.mark.parametrize(
        "number", [pytest.param(number, id=f"{number}-{name}") for number, name in enumerate(requests, 1)]
    )


class Night:
    """The night of today, and what there is to do in it."""

    def __init__(self, cloud, proxy, function, of_the_day):
        self._cloud, self._proxy, self._function = cloud, proxy, function
        self._request_id = str(uuid.uuid4())
        # Of today, because nobody makes up for the nights of long ago.
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self._event = events.schedule(f"{today}T02:00:00Z")
        self.report = f"night#report#{today}"
        self._day = today - datetime.timedelta(days=1)
        self._records = of_the_day(self._day)
        cloud.put_records(self._records)
        for back in range(1, EARLIER + 1):
            put_manifest(cloud, self._day - datetime.timedelta(days=back))
        self._volume = cloud.create_volume()
        cloud.snapshot(self._volume, 45, **OURS)
        self._stays = {cloud.snapshot(self._volume, 1, **OURS), cloud.snapshot(self._volume, 90)}
        self._before = set(cloud.objects())

    def deliver(self):
        return self._function.invoke(self._event, self._request_id)

    def dies(self, number, kill):
        """Delivers its event, whose handler is killed at the request of this number."""
        self._proxy.disturb(number, kill, self._function.kill)
        with pytest.raises(Unanswered):
            self.deliver()
        assert self._proxy.struck()

    def reconcile(self):
        self._cloud.age_ledger(QUARTER)
        return self._function.invoke(RECONCILE).response

    @staticmethod
    def reconciled(response):
        """What it did beside nights."""
        return [deed["task"] for deed in response["reconciliation"]["done"]]

    def check_done_once(self, most_reports=1, others=0):
        """Checks that there are one archive and one report, that what should stay did, and that no alarm went off; `others`
        is how many notices came beside.
        """
        prefix = f"metrics-archive/{self._day}"
        objects = {f"{prefix}/metrics.jsonl", f"{prefix}/manifest.json"}
        assert set(self._cloud.objects()) - self._before == objects
        text = self._cloud.object(f"{prefix}/metrics.jsonl")[0]
        assert records.read(text) == records.in_order(map(records.line_of, self._records))
        manifest = json.loads(self._cloud.object(f"{prefix}/manifest.json")[0])
        assert (manifest["records"], manifest["bytes"]) == (len(self._records), len(text))
        assert manifest["sha256"] == hashlib.sha256(text).hexdigest()
        assert self._cloud.snapshots(self._volume).keys() == self._stays
        told = self._cloud.notices()
        reports = [notice for notice in told if notice.key == self.report]
        assert 1 <= len(reports) <= most_reports and len(told) == len(reports) + others
        assert {notice.body["status"] for notice in reports} == {"OK"}
        assert not any(metrics.get("NightsFailed") for metrics in self._function.output.metrics(1))


def put_manifest(cloud, day):
    manifest = {"format": 1, "day": str(day), "table": METRICS, "records": 0, "bytes": 0, "sha256": ""}
    key = f"metrics-archive/{day}/manifest.json"
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest).encode())


@pytest.fixture
def night(cloud, proxy, deploy):
    function = deploy("nightly-maintenance", endpoint=proxy.endpoint)
    return lambda of_the_day: Night(cloud, proxy, function, of_the_day)


def small(day):
    return records.of_day(day, 3, 10)


def large(day):
    """What fills more than one part of 8 MiB."""
    return records.of_day(day, 22, 390 * KIB)


def test_a_night_makes_these_requests(proxy, night):
    night = night(small)
    assert night.deliver().response["status"] == "OK"
    assert proxy.requests() == REQUESTS
    night.check_done_once()


@each(REQUESTS)
def test_a_night_that_is_killed_is_done_by_lambdas_first_retry(cloud, night, number):
    night = night(small)
    night.dies(number, KILLED_BEFORE)
    cloud.age_ledger(RETRY)
    assert night.deliver().response["status"] == "OK"
    response = night.reconcile()
    assert (response["status"], night.reconciled(response)) == ("OK", []) and "nights" not in response
    # Whoever finds the report neither sent nor unsent sends it once more.
    night.check_done_once(most_reports=2 if number == PUBLISH + 1 else 1)


@each(REQUESTS[:-1])  # with the last one it is done
def test_a_night_that_nobody_tries_again_is_done_by_reconcile(night, number):
    night = night(small)
    night.dies(number, KILLED_AFTER)
    response = night.reconcile()
    assert [done["status"] for done in response["nights"]] == ["OK"]
    # A report that was written down and is not known to be sent, it sends first, and tells that it did.
    sent = [{"send_notice": f"notice#{night.report}"}] if number in [PUBLISH - 1, PUBLISH] else []
    assert night.reconciled(response) == sent
    night.check_done_once(most_reports=2 if number == PUBLISH else 1, others=len(sent))


@each(IN_PARTS)
def test_a_day_in_parts_is_whole_wherever_it_is_killed(cloud, proxy, night, number):
    night = night(large)
    night.dies(len(BEFORE_PARTS) + number, KILLED_AFTER)
    assert proxy.requests() == BEFORE_PARTS + IN_PARTS[:number]
    cloud.age_ledger(RETRY)
    assert night.deliver().response["status"] == "OK"
    night.check_done_once()


def test_a_duplicate_of_a_night_that_somebody_is_at_ends_quietly(cloud, night):
    night = night(small)
    night.dies(len(REQUESTS), KILLED_BEFORE)
    cloud.notices()
    # To a duplicate that comes at once, the claim is that of a living owner.
    assert night.deliver().response["action"] == "skipped"
    assert cloud.notices() == []
