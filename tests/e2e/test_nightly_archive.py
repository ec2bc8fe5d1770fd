"""nightly-maintenance and records: what is in the archive after a night, and what people are told."""

import hashlib
import json
import re

import pytest

import events
import records
from cloud import BUCKET, METRICS

EVENT = events.schedule("2026-03-01T02:00:00Z")
DAY = "2026-02-28"
OBJECT = f"metrics-archive/{DAY}/metrics.jsonl"
MANIFEST = f"metrics-archive/{DAY}/manifest.json"
KIB = 1024


@pytest.fixture
def function(deploy):
    return deploy("nightly-maintenance")


def test_every_record_of_yesterday_is_archived_over_several_pages(cloud, function):
    of_the_day = records.of_day(DAY, 400, 4 * KIB, **records.DELICATE)
    cloud.put_records(of_the_day + neighbours())
    assert "LastEvaluatedKey" in cloud.client("dynamodb").scan(TableName=METRICS), "one page holds the table"
    archival = function.invoke(EVENT).response["metrics_archival"]
    text, media_type = cloud.object(OBJECT)
    assert records.read(text) == records.in_order(map(records.line_of, of_the_day))
    assert media_type == "application/x-ndjson"
    assert (archival["records_archived"], archival["date"], archival["failed"]) == (400, DAY, [])


def neighbours():
    """Records of the days around, the last second before and the first one after among them."""
    return records.of_day("2026-02-27", 40, 10) + records.of_day("2026-03-01", 40, 10)


def test_numbers_stand_in_the_archive_digit_by_digit(cloud, function):
    cloud.put_records(records.of_day(DAY, 1, 1, **records.DELICATE))
    function.invoke(EVENT).response
    text = cloud.object(OBJECT)[0].decode()
    for name in ["finest", "longest", "negative", "trailing"]:
        assert re.search(f'"{name}":{re.escape(records.DELICATE[name]["N"])}[,}}]', text)


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_table_that_counts_seconds_or_milliseconds_is_archived_all_the_same(cloud, deploy, unit):
    at = {n: {"N": str(seconds * unit)} for n, seconds in enumerate([1772236799, 1772236800, 1772323199, 1772323200])}
    cloud.put_records([{"host": {"S": "a"}, "timestamp": {"S": str(n)}, "at": at[n]} for n in at])
    deploy("nightly-maintenance", METRICS_TIME_ATTRIBUTE="at").invoke(EVENT).response
    assert [line["timestamp"] for line in records.read(cloud.object(OBJECT)[0])] == ["1", "2"]


def test_the_manifest_tells_count_size_and_digest_of_the_object_beside_it(cloud, function):
    cloud.put_records(records.of_day(DAY, 3, 10))
    function.invoke(EVENT).response
    text, (manifest, media_type) = cloud.object(OBJECT)[0], cloud.object(MANIFEST)
    assert media_type == "application/json"
    assert json.loads(manifest) == {
        "format": 1,
        "day": DAY,
        "table": METRICS,
        "records": 3,
        "bytes": len(text),
        "sha256": hashlib.sha256(text).hexdigest(),
    }


def test_a_large_day_goes_up_in_parts_and_comes_out_whole(cloud, function):
    of_the_day = records.of_day(DAY, 50, 200 * KIB)
    cloud.put_records(of_the_day)
    function.invoke(EVENT).response
    text, media_type = cloud.object(OBJECT)
    assert 8 * KIB * KIB < len(text), "the object fits into one part"
    assert records.read(text) == records.in_order(map(records.line_of, of_the_day))
    assert media_type == "application/x-ndjson"
    assert json.loads(cloud.object(MANIFEST)[0])["sha256"] == hashlib.sha256(text).hexdigest()


def test_a_day_without_records_has_an_empty_object(cloud, function):
    assert function.invoke(EVENT).response["metrics_archival"]["records_archived"] == 0
    assert cloud.object(OBJECT)[0] == b""
    assert json.loads(cloud.object(MANIFEST)[0])["records"] == 0


def test_days_that_earlier_nights_missed_are_made_up_for(cloud, function):
    cloud.put_records(records.of_day("2026-02-22", 2, 10) + records.of_day("2026-02-21", 2, 10))
    function.invoke(EVENT).response
    assert len(records.read(cloud.object("metrics-archive/2026-02-22/metrics.jsonl")[0])) == 2
    assert not any("2026-02-21" in key for key in cloud.objects()), "a week back is enough"


@pytest.mark.parametrize("count, size", [(2, 10), (50, 200 * KIB)], ids=["in one piece", "in parts"])
def test_an_object_that_is_there_is_never_overwritten(cloud, function, count, size):
    cloud.client("s3").put_object(Bucket=BUCKET, Key=OBJECT, Body=b"by hand\n")
    cloud.put_records(records.of_day(DAY, count, size))
    response = function.invoke(EVENT).response
    assert cloud.object(OBJECT)[0] == b"by hand\n" and MANIFEST not in cloud.objects()
    [failed] = response["metrics_archival"]["failed"]
    assert failed["day"] == DAY and OBJECT in failed["error"]
    assert response["status"] == "PARTIAL"
    assert [notice.body["status"] for notice in cloud.notices()] == ["PARTIAL"]


def test_an_archive_that_a_crash_left_without_a_manifest_gets_one(cloud, function):
    cloud.put_records(records.of_day(DAY, 3, 10))
    function.invoke(EVENT).response
    text, manifest = cloud.object(OBJECT)[0], cloud.object(MANIFEST)[0]
    cloud.remove_object(MANIFEST)
    for key in ["night#archive#2026-03-01", "night#run#2026-03-01"]:
        cloud.forget(key)
    assert function.invoke(EVENT).response["metrics_archival"]["days"][0]["how"] == "same"
    assert (cloud.object(OBJECT)[0], cloud.object(MANIFEST)[0]) == (text, manifest)


def test_a_subscriber_gets_the_daily_report(cloud, function):
    cloud.put_records(records.of_day(DAY, 3, 10))
    response = function.invoke(EVENT).response
    [report] = cloud.notices()
    assert report.subject == "[Daily Ops Report] 2026-03-01"
    assert (report.body["event"], report.body["status"]) == ("daily_ops_report", "OK")
    assert response["daily_report"] == {"report_sent": True, "date": "2026-03-01"}


def test_the_same_night_again_changes_nothing_and_reports_nothing(cloud, function):
    cloud.put_records(records.of_day(DAY, 3, 10))
    first = function.invoke(EVENT).response
    before = {key: cloud.object(key) for key in cloud.objects()}
    assert len(cloud.notices()) == 1
    cloud.put_records(records.of_day(DAY, 5, 20))
    again = function.invoke(EVENT).response
    assert again["metrics_archival"] == first["metrics_archival"]
    assert {key: cloud.object(key) for key in cloud.objects()} == before
    assert cloud.notices() == []


def test_without_table_and_bucket_the_night_does_the_rest(cloud, deploy):
    function = deploy("nightly-maintenance", METRICS_TABLE=None, REPORT_BUCKET=None)
    response = function.invoke(EVENT).response
    assert "skipped" in response["metrics_archival"]
    assert cloud.objects() == [] and len(cloud.notices()) == 1
