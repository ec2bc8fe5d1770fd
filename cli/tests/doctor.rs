//! `caretaker doctor`, without an account.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code fails by panicking")]

#[allow(dead_code, reason = "shared by several test programs, each of which uses a part")]
mod run;

use cli::doctor::{Finding, Grade, Line, Origin, examine, lines};
use lambda_shims::permission::Function;
use lambda_shims::settings::Pairs;
use serde_json::{Value, json};

use run::{caretaker, file};

const ALERTS: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";

fn good() -> Pairs {
    [("ALERT_TOPIC_ARN", ALERTS), ("LEDGER_TABLE", "ledger"), ("MODE", "act"), ("AWS_REGION", "eu-west-1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn with(name: &str, value: &str) -> Pairs {
    let mut pairs = good();
    pairs.insert(name.to_owned(), value.to_owned());
    pairs
}

fn problems(pairs: &Pairs) -> Vec<String> {
    let found = examine(pairs, &Function::ALL);
    found.into_iter().filter(|f| f.grade == Grade::Problem).map(|f| f.words).collect()
}

fn line(pairs: &Pairs, name: &str) -> Line {
    lines(pairs, &Function::ALL).into_iter().find(|line| line.name == name).unwrap()
}

#[test]
fn good_settings_have_no_problem() {
    let kept = Finding::fine(kept(&good()));
    assert_eq!(examine(&good(), &Function::ALL), [kept, Finding::fine("the settings can be used")]);
}

#[test]
fn all_problems_are_told_at_once_and_each_once() {
    let pairs = [("MODE", "maybe"), ("KEEP_LAST", "0")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let problems = problems(&pairs);
    assert_eq!(problems.len(), 4, "{problems:#?}");
    for name in ["ALERT_TOPIC_ARN", "LEDGER_TABLE", "MODE", "KEEP_LAST"] {
        assert_eq!(problems.iter().filter(|words| words.contains(&format!("`{name}`"))).count(), 1, "{name}");
    }
}

#[test]
fn a_slip_in_a_name_is_found() {
    assert_eq!(problems(&with("KEEP_DALY", "7")), ["`KEEP_DALY` is no setting: nobody reads it"]);
}

#[test]
fn topics_that_would_loop_are_found() {
    assert!(problems(&with("ALARM_TOPIC_ARN", ALERTS)).iter().any(|words| words.contains("would come back")));
}

#[test]
fn a_topic_that_takes_no_notices_is_found() {
    let fifo = problems(&with("ALERT_TOPIC_ARN", &format!("{ALERTS}.fifo")));
    assert!(fifo[0].contains("FIFO"), "{fifo:?}");
    let elsewhere = problems(&with("AWS_REGION", "us-east-1"));
    assert!(elsewhere[0].contains("is not in `us-east-1`"), "{elsewhere:?}");
}

#[test]
fn whoever_only_observes_is_told_so() {
    let found = examine(&with("MODE", "observe"), &Function::ALL);
    assert!(found.contains(&Finding::note("nothing is changed: `MODE` is not `act`")));
}

#[test]
fn every_value_says_where_it_comes_from() {
    let origin = |pairs: &Pairs, name: &str| line(pairs, name).origin;
    assert_eq!(origin(&good(), "MODE"), Origin::Environment);
    assert_eq!(origin(&good(), "SNAPSHOT_MODE"), Origin::Default);
    assert_eq!(origin(&with("SNAPSHOT_MODE", "set"), "SNAPSHOT_MODE"), Origin::TemplateDefault);
    assert_eq!(origin(&Pairs::new(), "LEDGER_TABLE"), Origin::Missing);
    let days = line(&good(), "SNAPSHOT_RETENTION_DAYS");
    assert_eq!(days.template.as_deref(), Some("SnapshotRetentionDays="));
    assert_eq!(line(&with("KEEP_TAG", " "), "KEEP_TAG").origin, Origin::Default);
}

#[test]
fn the_templates_defaults_have_no_problem() {
    let mut pairs = good();
    for line in lines(&Pairs::new(), &Function::ALL) {
        let default = line.template.as_deref().and_then(|text| text.split_once('='));
        pairs.insert(line.name.to_owned(), default.map_or("", |(_, default)| default).to_owned());
    }
    pairs.extend(good());
    assert_eq!(problems(&pairs), Vec::<String>::new());
}

#[test]
fn only_the_functions_that_are_asked_about_are_looked_at() {
    let names: Vec<&str> = lines(&good(), &[Function::AutoSnapshot]).iter().map(|line| line.name).collect();
    assert!(names.contains(&"SNAPSHOT_ON") && !names.contains(&"ROUTES"));
    assert_eq!(problems(&with("ROUTES", "[")).len(), 1);
    assert!(
        examine(&with("ROUTES", "["), &[Function::AutoSnapshot]).iter().all(|f| f.grade != Grade::Problem)
    );
}

/// The finding about which snapshots are kept.
fn kept(pairs: &Pairs) -> String {
    let mut found = examine(pairs, &Function::ALL).into_iter().map(|finding| finding.words);
    found.find(|words| words.starts_with("snapshots kept ")).unwrap()
}

#[test]
fn the_policy_is_told_in_words_and_it_is_the_one_that_holds() {
    let floor = "and the last completed one of every volume, whatever its age";
    assert_eq!(kept(&good()), format!("snapshots kept of each volume: all younger than 30d; {floor}"));
    let daily = with("KEEP_DAILY", "7");
    let words = format!("snapshots kept of each volume: the newest of each of the last 7 days; {floor}");
    assert_eq!(kept(&daily), words);
}

#[test]
fn days_beside_other_rules_are_pointed_out() {
    let mut pairs = with("KEEP_DAILY", "7");
    let notes = |pairs: &Pairs| {
        let found = examine(pairs, &Function::ALL);
        found.iter().filter(|f| f.grade == Grade::Note && f.words.contains("SNAPSHOT_RETENTION_DAYS")).count()
    };
    assert_eq!(notes(&pairs), 0);
    pairs.insert("SNAPSHOT_RETENTION_DAYS".to_owned(), "30".to_owned());
    assert_eq!(notes(&pairs), 1);
}

fn settings(name: &str, pairs: &Value) -> String {
    file(name, pairs.to_string().as_bytes())
}

#[test]
fn the_verdict_is_in_words_and_in_the_exit_code() {
    let fine = settings("fine.json", &json!(good()));
    let output = caretaker(&["doctor", "--settings", &fine]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("verdict: fine") && text.contains("SnapshotRetentionDays="), "{text}");
    let output = caretaker(&["doctor", "--settings", &settings("bad.json", &json!({}))]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("verdict: 2 problems"));
}

#[test]
fn bad_usage_is_told_apart_from_bad_settings() {
    assert_eq!(caretaker(&["doctor", "some-function"]).status.code(), Some(2));
    assert_eq!(caretaker(&["doctor", "--settings", "/nowhere.json"]).status.code(), Some(2));
    assert_eq!(caretaker(&["doctor", "--settings", &file("list.json", b"[]")]).status.code(), Some(2));
}

#[test]
fn what_machines_read_is_complete() {
    let output = caretaker(&["doctor", "--json", "--settings", &settings("json.json", &json!(good()))]);
    let told = run::json(&output);
    assert_eq!((&told["problems"], told["settings"].as_array().unwrap().len()), (&json!(0), 45));
}
