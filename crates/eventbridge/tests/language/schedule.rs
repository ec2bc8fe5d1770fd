//! What the documentation's examples leave open.

use super::runs;

const NEW_YEAR: &str = "2026-01-01T00:00:00Z";

#[test]
fn the_next_run_is_after_the_instant_and_on_a_whole_minute() {
    let expression = "cron(* * * * ? *)";
    assert_eq!(runs(expression, "2026-01-01T00:00:00Z", 1), "2026-01-01T00:01:00Z");
    assert_eq!(runs(expression, "2026-01-01T00:00:59.999Z", 1), "2026-01-01T00:01:00Z");
    assert_eq!(runs(expression, "2025-12-31T23:59:30Z", 1), NEW_YEAR);
}

#[test]
fn a_rate_counts_from_the_instant_it_was_made() {
    assert_eq!(
        runs("rate(2 minutes)", "2026-01-01T00:00:17Z", 2),
        "2026-01-01T00:02:17Z 2026-01-01T00:04:17Z"
    );
}

#[test]
fn years_begin_in_1970_and_end_in_2199() {
    assert_eq!(runs("cron(0 0 1 1 ? *)", "1800-01-01T00:00:00Z", 1), "1970-01-01T00:00:00Z");
    assert_eq!(runs("cron(0 0 1 1 ? *)", "2198-01-01T00:00:00Z", 9), "2199-01-01T00:00:00Z");
    assert_eq!(runs("cron(59 23 31 12 ? 2199)", NEW_YEAR, 9), "2199-12-31T23:59:00Z");
}

#[test]
fn leap_days_are_waited_for() {
    assert_eq!(runs("cron(0 0 29 2 ? *)", NEW_YEAR, 2), "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z");
    assert_eq!(runs("cron(0 0 29 2 ? *)", "2096-03-01T00:00:00Z", 1), "2104-02-29T00:00:00Z");
    assert_eq!(
        runs("cron(0 0 L 2 ? *)", NEW_YEAR, 3),
        "2026-02-28T00:00:00Z 2027-02-28T00:00:00Z 2028-02-29T00:00:00Z"
    );
}

#[test]
fn a_day_that_no_month_has_never_comes() {
    assert_eq!(runs("cron(0 0 30 2 ? *)", NEW_YEAR, 1), "");
    assert_eq!(runs("cron(0 0 31W 4 ? *)", NEW_YEAR, 1), "");
    assert_eq!(runs("cron(0 0 L-30 2 ? *)", NEW_YEAR, 1), "");
    assert_eq!(runs("cron(0 0 ? 2 1#5 2026)", NEW_YEAR, 1), "");
}

#[test]
fn the_nearest_weekday_stays_in_its_month() {
    for (expression, expected) in [
        ("cron(0 0 15W 8 ? 2026)", "2026-08-14T00:00:00Z"),
        ("cron(0 0 16W 8 ? 2026)", "2026-08-17T00:00:00Z"),
        ("cron(0 0 17W 8 ? 2026)", "2026-08-17T00:00:00Z"),
        ("cron(0 0 1W 8 ? 2026)", "2026-08-03T00:00:00Z"),
        ("cron(0 0 1W 2 ? 2026)", "2026-02-02T00:00:00Z"),
        ("cron(0 0 31W 5 ? 2026)", "2026-05-29T00:00:00Z"),
        ("cron(0 0 LW 5 ? 2026)", "2026-05-29T00:00:00Z"),
        ("cron(0 0 LW 10 ? 2026)", "2026-10-30T00:00:00Z"),
    ] {
        assert_eq!(runs(expression, NEW_YEAR, 2), expected, "{expression}");
    }
}

#[test]
fn days_are_counted_from_the_end_of_a_month() {
    assert_eq!(runs("cron(0 0 L-3 * ? *)", NEW_YEAR, 2), "2026-01-28T00:00:00Z 2026-02-25T00:00:00Z");
    assert_eq!(runs("cron(0 0 ? 2 5L *)", NEW_YEAR, 1), "2026-02-26T00:00:00Z");
    assert_eq!(runs("cron(0 0 ? 3 FRIL *)", NEW_YEAR, 1), "2026-03-27T00:00:00Z");
}

#[test]
fn ranges_go_past_the_end_and_steps_count_through() {
    for (expression, expected) in [
        ("cron(0 20-2/3 * * ? *)", "2026-01-01T02:00:00Z 2026-01-01T20:00:00Z 2026-01-01T23:00:00Z"),
        ("cron(50-10/20 0 * * ? *)", "2026-01-01T00:10:00Z 2026-01-01T00:50:00Z 2026-01-02T00:10:00Z"),
        ("cron(0 0 1 NOV-FEB ? *)", "2026-02-01T00:00:00Z 2026-11-01T00:00:00Z 2026-12-01T00:00:00Z"),
        ("cron(0 0 ? * FRI-MON *)", "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z"),
        ("cron(0 0 30-2 1 ? *)", "2026-01-02T00:00:00Z 2026-01-30T00:00:00Z 2026-01-31T00:00:00Z"),
        ("cron(0 0 1 1 ? 2026/2)", "2028-01-01T00:00:00Z 2030-01-01T00:00:00Z 2032-01-01T00:00:00Z"),
        ("cron(0 1-7/2,11 * * ? *)", "2026-01-01T01:00:00Z 2026-01-01T03:00:00Z 2026-01-01T05:00:00Z"),
        ("cron(15/65 0 * * ? *)", "2026-01-01T00:15:00Z 2026-01-02T00:15:00Z 2026-01-03T00:15:00Z"),
    ] {
        assert_eq!(runs(expression, NEW_YEAR, 3), expected, "{expression}");
    }
}

/// EventBridge took each of these (<https://github.com/localstack/localstack>, `test_put_rule_with_schedule_cron` and
/// `test_create_schedule_with_valid_cron_expressions`, recorded against it).
#[test]
fn what_eventbridge_was_seen_to_take_is_taken() {
    for fields in [
        "0 2 ? * SAT *",
        "0 2 ? * SAT#3 *",
        "* * ? * SAT#3 *",
        "0/5 5 ? JAN 1-5 2022",
        "15 10 ? * 6L 2002-2005",
        "0/30 20-23 ? * MON-FRI *",
        "0-15/1 8-8 ? * 2,3,4,5,6,7 *",
        "30-30 13-13 ? * 2,4,6 *",
        "1-31/30 1-1 ? * 1,7 *",
        "*/15 * * * ? *",
        "0-59/10 0-23/2 ? * * *",
    ] {
        let taken: Result<eventbridge_rules::schedule::Schedule, _> = format!("cron({fields})").parse();
        assert!(taken.is_ok(), "{fields}: {taken:?}");
    }
}

#[test]
fn names_are_read_in_either_case() {
    assert_eq!(runs("cron(0 0 ? jan Mon#1 *)", NEW_YEAR, 1), runs("cron(0 0 ? 1 2#1 *)", NEW_YEAR, 1));
}
