//! The examples of AWS's documentation of schedules:
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.

use super::runs;

/// 2026-11-20 is a Friday.
const FRIDAY: &str = "2026-11-20T12:00:00Z";

#[test]
fn every_day_at_ten() {
    assert_eq!(runs("cron(0 10 * * ? *)", FRIDAY, 2), "2026-11-21T10:00:00Z 2026-11-22T10:00:00Z");
}

#[test]
fn every_day_at_a_quarter_past_noon() {
    assert_eq!(runs("cron(15 12 * * ? *)", FRIDAY, 2), "2026-11-20T12:15:00Z 2026-11-21T12:15:00Z");
}

#[test]
fn monday_to_friday_at_six_in_the_evening() {
    assert_eq!(
        runs("cron(0 18 ? * MON-FRI *)", FRIDAY, 3),
        "2026-11-20T18:00:00Z 2026-11-23T18:00:00Z 2026-11-24T18:00:00Z"
    );
}

#[test]
fn the_first_day_of_the_month_at_eight() {
    assert_eq!(runs("cron(0 8 1 * ? *)", FRIDAY, 2), "2026-12-01T08:00:00Z 2027-01-01T08:00:00Z");
}

#[test]
fn every_fifteen_minutes() {
    assert_eq!(
        runs("cron(0/15 * * * ? *)", "2026-11-20T23:29:00Z", 4),
        "2026-11-20T23:30:00Z 2026-11-20T23:45:00Z 2026-11-21T00:00:00Z 2026-11-21T00:15:00Z"
    );
}

#[test]
fn every_ten_minutes_monday_to_friday() {
    assert_eq!(
        runs("cron(0/10 * ? * MON-FRI *)", "2026-11-20T23:40:00Z", 3),
        "2026-11-20T23:50:00Z 2026-11-23T00:00:00Z 2026-11-23T00:10:00Z"
    );
}

#[test]
fn every_five_minutes_in_the_daytime_until_five_to_six() {
    assert_eq!(
        runs("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-20T17:45:00Z", 3),
        "2026-11-20T17:50:00Z 2026-11-20T17:55:00Z 2026-11-23T08:00:00Z"
    );
}

/// "Run from 12:00 am to 2:00 am on Monday morning": the hours are a set, the weekday is that of the run.
#[test]
fn every_thirty_minutes_from_the_evening_into_the_night() {
    assert_eq!(
        runs("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-20T23:00:00Z", 8),
        "2026-11-20T23:30:00Z 2026-11-23T00:00:00Z 2026-11-23T00:30:00Z 2026-11-23T01:00:00Z \
         2026-11-23T01:30:00Z 2026-11-23T02:00:00Z 2026-11-23T02:30:00Z 2026-11-23T20:00:00Z"
    );
}

#[test]
fn every_day_at_noon() {
    assert_eq!(runs("cron(0 12 * * ? *)", FRIDAY, 1), "2026-11-21T12:00:00Z");
}

#[test]
fn every_day_at_five_and_thirty_five_past_two() {
    assert_eq!(
        runs("cron(5,35 14 * * ? *)", FRIDAY, 3),
        "2026-11-20T14:05:00Z 2026-11-20T14:35:00Z 2026-11-21T14:05:00Z"
    );
}

#[test]
fn the_last_friday_of_the_month_for_four_years() {
    let expression = "cron(15 10 ? * 6L 2019-2022)";
    assert_eq!(runs(expression, "2018-01-01T00:00:00Z", 2), "2019-01-25T10:15:00Z 2019-02-22T10:15:00Z");
    assert_eq!(runs(expression, "2022-12-01T00:00:00Z", 2), "2022-12-30T10:15:00Z");
    assert_eq!(runs(expression, FRIDAY, 1), "");
}

/// The explanations of the wildcards.
#[test]
fn every_wildcard_means_what_is_explained() {
    for (expression, expected) in [
        ("cron(0 0 1 JAN,FEB,MAR ? *)", "2027-01-01T00:00:00Z 2027-02-01T00:00:00Z 2027-03-01T00:00:00Z"),
        ("cron(0 0 1-15 12 ? *)", "2026-12-01T00:00:00Z 2026-12-02T00:00:00Z 2026-12-03T00:00:00Z"),
        ("cron(1/10 13 * * ? *)", "2026-11-20T13:01:00Z 2026-11-20T13:11:00Z 2026-11-20T13:21:00Z"),
        ("cron(0 0 7 * ? *)", "2026-12-07T00:00:00Z 2027-01-07T00:00:00Z 2027-02-07T00:00:00Z"),
        ("cron(0 0 L * ? *)", "2026-11-30T00:00:00Z 2026-12-31T00:00:00Z 2027-01-31T00:00:00Z"),
        ("cron(0 0 ? * L *)", "2026-11-21T00:00:00Z 2026-11-28T00:00:00Z 2026-12-05T00:00:00Z"),
        ("cron(0 0 3W * ? *)", "2026-12-03T00:00:00Z 2027-01-04T00:00:00Z 2027-02-03T00:00:00Z"),
        ("cron(0 0 ? * 3#2 *)", "2026-12-08T00:00:00Z 2027-01-12T00:00:00Z 2027-02-09T00:00:00Z"),
    ] {
        assert_eq!(runs(expression, FRIDAY, 3), expected, "{expression}");
    }
}

#[test]
fn rates_run_every_so_often() {
    for (expression, expected) in [
        ("rate(1 minute)", "2026-11-20T12:01:00Z 2026-11-20T12:02:00Z"),
        ("rate(5 minutes)", "2026-11-20T12:05:00Z 2026-11-20T12:10:00Z"),
        ("rate(1 hour)", "2026-11-20T13:00:00Z 2026-11-20T14:00:00Z"),
        ("rate(5 hours)", "2026-11-20T17:00:00Z 2026-11-20T22:00:00Z"),
        ("rate(1 day)", "2026-11-21T12:00:00Z 2026-11-22T12:00:00Z"),
    ] {
        assert_eq!(runs(expression, FRIDAY, 2), expected, "{expression}");
    }
}
