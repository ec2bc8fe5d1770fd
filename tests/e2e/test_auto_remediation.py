"""auto-remediation: from a CloudWatch alarm to a larger group and the notice about it."""

import datetime

import pytest

import events
from events import Alarm


@pytest.fixture
def function(deploy):
    return deploy("auto-remediation")


@pytest.fixture
def group(cloud):
    """The group that the settings name, with room above."""
    cloud.create_group(desired=2, most=10)


def only_result(answer):
    [result] = answer.response["results"]
    return result


def test_a_high_cpu_alarm_adds_exactly_two_instances(cloud, function, group):
    result = only_result(function.invoke(Alarm("web-high-cpu").over_sns()))
    assert cloud.desired() == 4
    assert (result["action"], result["alarm"], result["asg"]) == ("scale_out", "web-high-cpu", "web")
    assert (result["previous_desired"], result["new_desired"]) == (2, 4)


def test_a_subscriber_gets_one_notice_as_json(cloud, function, group):
    alarm = Alarm("web-high-cpu")
    function.invoke(alarm.over_sns()).response
    [notice] = cloud.notices()
    assert notice.subject == "[Auto-Remediation] web-high-cpu"
    assert (notice.body["event"], notice.body["alarm_arn"]) == ("auto_remediation", alarm.arn)
    assert notice.body["action"] == {"scaled_out": {"group": "web", "previous": 2, "new": 4, "by": "us"}}


def test_the_same_event_three_times_adds_no_more(cloud, function, group):
    event = Alarm("web-high-cpu").over_sns()
    for request_id in ["first", "first", "second"]:
        function.invoke(event, request_id=request_id).response
    assert cloud.desired() == 4
    assert len(cloud.notices()) == 1


@pytest.mark.parametrize("first", ["over_sns", "over_eventbridge"])
def test_the_same_transition_by_another_way_adds_no_more(cloud, function, group, first):
    alarm = Alarm("web-high-cpu")
    second = "over_eventbridge" if first == "over_sns" else "over_sns"
    for way in [first, second]:
        assert only_result(function.invoke(getattr(alarm, way)()))["new_desired"] == 4
    assert cloud.desired() == 4
    assert len(cloud.notices()) == 1


def test_a_second_alarm_finds_the_group_resting(cloud, function, group):
    function.invoke(Alarm("web-high-cpu").over_sns()).response
    result = only_result(function.invoke(Alarm("api-high-cpu").over_sns()))
    assert result["action"] == "skipped" and "rests until" in result["reason"]
    assert cloud.desired() == 4


def test_a_group_near_its_maximum_grows_up_to_it(cloud, function):
    cloud.create_group(desired=2, most=3)
    assert only_result(function.invoke(Alarm("web-high-cpu").over_sns()))["new_desired"] == 3
    assert cloud.desired() == 3


def test_a_group_at_its_maximum_is_left_to_people(cloud, function):
    cloud.create_group(desired=3, most=3)
    result = only_result(function.invoke(Alarm("web-high-cpu").over_sns()))
    assert (result["action"], result["current"]) == ("at_max_capacity", 3)
    assert cloud.desired() == 3
    [notice] = cloud.notices()
    assert "maximum of 3" in notice.body["action_text"]


def test_the_group_that_the_alarm_itself_names_is_the_one_that_grows(cloud, function, group):
    cloud.create_group(desired=1, most=5, name="api", AutoRemediate="true")
    function.invoke(Alarm("api-high-cpu", group="api").over_sns()).response
    assert (cloud.desired("api"), cloud.desired()) == (3, 2)


def test_a_group_that_nobody_opted_in_is_left_alone(cloud, function, group):
    cloud.create_group(desired=1, most=5, name="theirs")
    result = only_result(function.invoke(Alarm("theirs-high-cpu", group="theirs").over_sns()))
    assert result["action"] == "skipped"
    assert cloud.desired("theirs") == 1


def test_a_disk_space_alarm_is_left_to_people(cloud, function, group):
    assert only_result(function.invoke(Alarm("web-disk-space").over_sns()))["action"] == "manual_review"
    assert cloud.desired() == 2
    assert len(cloud.notices()) == 1


def test_an_alarm_that_nobody_thought_of_is_told(cloud, function, group):
    assert only_result(function.invoke(Alarm("queue-too-long").over_sns()))["action"] == "no_handler"
    assert cloud.desired() == 2
    assert len(cloud.notices()) == 1


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_is_over_needs_nothing(cloud, function, group, state):
    assert only_result(function.invoke(Alarm("web-high-cpu", state).over_sns()))["action"] == "none"
    assert nothing_was_done(cloud)


def test_an_alarm_of_eleven_minutes_ago_is_history(cloud, function, group):
    old = Alarm("web-high-cpu", age=datetime.timedelta(minutes=11))
    assert only_result(function.invoke(old.over_sns()))["action"] == "skipped"
    assert cloud.desired() == 2


def test_a_test_message_is_ignored(cloud, function, group):
    assert only_result(function.invoke(events.sample("sns-test")))["action"] == "ignored"
    assert nothing_was_done(cloud)


GARBAGE = [None, 7, "alarm", [], {}, ["x"], {"Records": []}, {"Records": 5}, {"Records": [{"Sns": 1}]}, {"a": "b"}]


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
def test_garbage_is_told_once_and_changes_nothing(cloud, function, group, garbage):
    for _ in range(2):
        response = function.invoke(garbage).response
        assert (response["processed"], response["ignored"]) == (0, 1)
        assert response["results"][0]["action"] == "ignored"
    [notice] = cloud.notices()
    assert notice.subject == "[Caretaker] auto-remediation cannot handle an event"
    assert cloud.desired() == 2


def test_bad_records_do_not_hide_a_good_one(cloud, function, group):
    records = [{"Sns": 1}, *events.sample("sns-test")["Records"], *Alarm("web-high-cpu").over_sns()["Records"]]
    response = function.invoke({"Records": records}).response
    assert (response["processed"], response["ignored"]) == (1, 2)
    assert cloud.desired() == 4


def test_without_a_mode_the_function_tells_its_plan_and_does_nothing(cloud, deploy, group):
    result = only_result(deploy("auto-remediation", MODE=None).invoke(Alarm("web-high-cpu").over_sns()))
    assert (result["action"], result["would"]) == ("observed", "scale out `web` from 2 to 4")
    assert nothing_was_done(cloud)


def nothing_was_done(cloud):
    return (cloud.desired(), cloud.ledger(), cloud.notices()) == (2, [], [])
