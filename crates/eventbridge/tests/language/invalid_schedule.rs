//! What EventBridge refuses, with the field and the remedy.

use eventbridge_rules::schedule::Schedule;

fn error(expression: &str) -> String {
    expression.parse::<Schedule>().expect_err(expression).to_string()
}

#[test]
fn an_expression_is_a_cron_or_a_rate() {
    for expression in
        ["", "0 2 * * ? *", "cron 0 2 * * ? *", "CRON(0 2 * * ? *)", " rate(10 minutes)", "at(2026-01-01)"]
    {
        assert!(
            error(expression).starts_with("expression: no schedule: write `cron(0 2 * * ? *)`"),
            "{expression}"
        );
    }
}

#[test]
fn a_cron_has_six_fields() {
    for expression in
        ["cron()", "cron(INVALID)", "cron(0 2 * * ?)", "cron(0 0 2 * * ? *)", "cron( 0 2 * * ? *)"]
    {
        assert!(error(expression).starts_with("fields: there have to be six"), "{expression}");
    }
}

#[test]
fn a_value_out_of_range_is_named_with_its_field() {
    for (expression, expected) in [
        ("cron(71 8 1 * ? *)", "minutes `71`: `71` is not from 0 to 59"),
        ("cron(0 24 * * ? *)", "hours `24`: `24` is not from 0 to 23"),
        ("cron(0 dummy ? * MON-FRI *)", "hours `dummy`: `dummy` is not from 0 to 23"),
        ("cron(0 0 0 * ? *)", "day-of-month `0`: `0` is not from 1 to 31"),
        ("cron(0 0 1 13 ? *)", "month `13`: `13` is not from 1 to 12 or JAN to DEC"),
        ("cron(0 0 ? * 0 *)", "day-of-week `0`: `0` is not from 1 to 7 or SUN to SAT"),
        ("cron(0 0 ? * NOT *)", "day-of-week `NOT`: `NOT` is not from 1 to 7 or SUN to SAT"),
        ("cron(0 0 1 * ? 1969)", "year `1969`: `1969` is not from 1970 to 2199"),
        ("cron(0 0 1 * ? 2200)", "year `2200`: `2200` is not from 1970 to 2199"),
        ("cron(? 0 1 * ? *)", "minutes `?`: `?` is not from 0 to 59"),
        ("cron(5, 0 1 * ? *)", "minutes `5,`: `` is not from 0 to 59"),
        ("cron(-5 0 1 * ? *)", "minutes `-5`: `` is not from 0 to 59"),
        ("cron(0 +5 1 * ? *)", "hours `+5`: `+5` is not from 0 to 23"),
    ] {
        assert_eq!(error(expression), expected);
    }
}

/// "If you specify a value or a * in one of the fields, you must use a ? in the other."
#[test]
fn one_of_the_day_fields_is_a_question_mark() {
    for expression in ["cron(0 1 * * * *)", "cron(0 0 1 * MON *)", "cron(7 20 * * NOT *)"] {
        assert!(
            error(expression).contains("one of day-of-month and day-of-week has to be `?`"),
            "{expression}"
        );
    }
    assert!(error("cron(0 0 ? * ? *)").contains("only one of day-of-month and day-of-week may be `?`"));
}

#[test]
fn wildcards_stand_where_they_may() {
    for (expression, told) in [
        ("cron(*,5 0 * * ? *)", "`*` already is every value"),
        ("cron(/5 0 * * ? *)", "`` is not from 0 to 59"),
        ("cron(0/0 0 * * ? *)", "the step `0` is no positive number"),
        ("cron(0/x 0 * * ? *)", "the step `x` is no positive number"),
        ("cron(L 0 * * ? *)", "`L` is not from 0 to 59"),
        ("cron(0 0 ? * 2/2 *)", "`/` is not allowed here"),
        ("cron(0 0 ? * 2W *)", "`2W` is not from 1 to 7"),
        ("cron(0 0 1 * ? 2030-2020)", "`2030-2020` goes backwards"),
        ("cron(0 0 3#2 * ? *)", "`3#2` is not from 1 to 31"),
    ] {
        assert!(error(expression).contains(told), "{}", error(expression));
    }
}

/// EventBridge refuses `*/60` (<https://github.com/aws/aws-sdk-js/issues/4212>), and takes `0/60`
/// (<https://github.com/aws-solutions/discovering-hot-topics-using-machine-learning>).
#[test]
fn a_step_behind_a_star_lies_in_the_field() {
    for (expression, told) in [
        ("cron(*/60 * * * ? *)", "minutes `*/60`: behind `*` a step is at most 59: write `0`"),
        ("cron(0 */24 * * ? *)", "hours `*/24`: behind `*` a step is at most 23: write `0`"),
        ("cron(0 0 */32 * ? *)", "day-of-month `*/32`: behind `*` a step is at most 31: write `1`"),
        ("cron(0 0 1 */13 ? *)", "month `*/13`: behind `*` a step is at most 12: write `1`"),
    ] {
        assert!(error(expression).starts_with(told), "{}", error(expression));
    }
    for expression in ["cron(0/60 * * * ? *)", "cron(*/59 */23 */31 */12 ? */100)", "cron(0-30/60 0 1 1 ? *)"]
    {
        assert!(expression.parse::<Schedule>().is_ok(), "{expression}");
    }
}

/// "If you use a '#' character, you can define only one expression in the day-of-week field."
#[test]
fn the_special_letters_stand_alone() {
    for (expression, told) in [
        ("cron(0 0 ? * 3#1,6#3 *)", "`1,6#3` is not from 1 to 5, and `#` stands alone"),
        ("cron(0 0 ? * MON,3#1 *)", "`#` stands alone"),
        ("cron(0 0 ? * 3#6 *)", "`6` is not from 1 to 5"),
        ("cron(0 0 ? * 3#+2 *)", "`+2` is not from 1 to 5"),
        ("cron(0 0 ? * MON,6L *)", "`L` stands alone"),
        ("cron(0 0 1,L * ? *)", "`L` and `W` stand alone"),
        ("cron(0 0 1,15W * ? *)", "`1,15` is not from 1 to 31"),
        ("cron(0 0 W * ? *)", "`` is not from 1 to 31"),
        ("cron(0 0 32W * ? *)", "`32` is not from 1 to 31"),
        ("cron(0 0 L-31 * ? *)", "use 1 to 30"),
        ("cron(0 0 L-0 * ? *)", "use 1 to 30"),
        ("cron(0 0 L-3W * ? *)", "use 1 to 30"),
    ] {
        assert!(error(expression).contains(told), "{}", error(expression));
    }
}

/// "rate(1 hours) and rate(5 hour) aren't valid"; EventBridge was seen to refuse the others too
/// (<https://github.com/localstack/localstack>, `test_put_rule_with_invalid_schedule_rate`).
#[test]
fn a_rate_has_a_positive_value_and_the_unit_that_goes_with_it() {
    for (rate, told) in [
        ("1 hours", "unit `hours`: with the value 1 it is `hour`"),
        ("5 hour", "unit `hour`: with the value 5 it is `hours`"),
        ("1 minutes", "`minute`"),
        ("1 days", "`day`"),
        ("10 minute", "`minutes`"),
        ("10 day", "`days`"),
        ("10 seconds", "unit `seconds`: it is not minute"),
        ("10 years", "unit `years`"),
        ("10 minutess", "unit"),
        ("10 MINUTES", "unit `MINUTES`"),
        ("foo minutes", "value `foo`"),
        ("0 minutes", "value `0`"),
        ("-10 minutes", "value `-10`"),
        ("+5 minutes", "value `+5`"),
        ("1.5 hours", "value `1.5`"),
        ("", "fields"),
        ("10", "fields"),
        (" 10 minutes ", "fields"),
    ] {
        let error = error(&format!("rate({rate})"));
        assert!(error.contains(told), "{rate}: {error}");
    }
}
