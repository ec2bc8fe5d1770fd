use domain::policy::pace::Rate;
use domain::policy::retention::{Owner, Retention};
use lambda_shims::settings::{NightSettings, Pairs, RemediationSettings, SnapshotSettings};
use simulation::stack::usual_settings;

fn with(name: &str, value: &str) -> Pairs {
    let mut pairs = usual_settings();
    pairs.insert(name.to_owned(), value.to_owned());
    pairs
}

#[test]
fn every_problem_is_told_at_once() {
    let pairs: Pairs = [("MODE", "yes"), ("SNAPSHOT_RETENTION_DAYS", "soon"), ("METRICS_TABLE", "metrics")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let error = NightSettings::parse(&pairs).unwrap_err();
    let names: Vec<_> = error.0.iter().map(|problem| problem.name).collect();
    let expected = ["ALERT_TOPIC_ARN", "LEDGER_TABLE", "MODE", "SNAPSHOT_RETENTION_DAYS", "REPORT_BUCKET"];
    assert_eq!(names, expected);
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn r24_a_retention_that_would_remove_everything_is_refused() {
    for days in ["0", "-1", "-30", "99999999999", "3.5", "thirty"] {
        let error = NightSettings::parse(&with("SNAPSHOT_RETENTION_DAYS", days)).unwrap_err();
        assert_eq!(error.0.len(), 1, "{days}");
        assert_eq!(error.0[0].found.as_deref(), Some(days));
    }
    // An empty value is no value: the usual thirty days.
    assert!(NightSettings::parse(&with("SNAPSHOT_RETENTION_DAYS", "")).is_ok());
}

#[test]
fn r20_a_rate_of_deletions_is_one_that_an_account_may_have() {
    for rate in ["0", "-5", "1001", "fast"] {
        let error = NightSettings::parse(&with("DELETE_RATE", rate)).unwrap_err();
        assert_eq!((error.0[0].name, error.0[0].found.as_deref()), ("DELETE_RATE", Some(rate)));
    }
    assert_eq!(NightSettings::parse(&with("DELETE_RATE", "20")).unwrap().delete_rate, Rate::new(20).unwrap());
}

#[test]
fn r24_rules_that_would_keep_nothing_are_refused() {
    for (name, value) in [
        ("KEEP_LAST", "0"),
        ("KEEP_DAILY", "-7"),
        ("KEEP_WITHIN", "0d"),
        ("KEEP_WITHIN_YEARLY", "ten"),
        ("KEEP_TAG", ";"),
        ("KEEP_WITHIN_FROM", "oldest"),
        ("KEEP_GROUP_BY", "tag:"),
        ("KEEP_FLOOR", "-1"),
        ("MAX_REMOVE_PERCENT", "101"),
        ("MAX_REMOVE", "few"),
    ] {
        let error = NightSettings::parse(&with(name, value)).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), [name], "{value}");
    }
}

fn policy(pairs: &[(&str, &str)]) -> String {
    let mut all = usual_settings();
    all.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let policy = NightSettings::parse(&all).unwrap().retention.spec().to_string();
    policy.split(" --within-from").next().unwrap().to_owned()
}

#[test]
fn r30_an_owner_is_a_name_that_filters_and_policies_take_as_it_stands() {
    let night = NightSettings::parse(&with("OWNER", " prod.eu-1_a ")).unwrap();
    let owner = "prod.eu-1_a".parse().unwrap();
    assert_eq!(night.snapshots.owner, owner);
    assert_eq!(night.retention.spec().owned_by, Owner::Caretaker(owner.clone()));
    assert_eq!(SnapshotSettings::parse(&with("OWNER", "prod.eu-1_a")).unwrap().policy.owner, owner);
    for name in ["prod*", "pr?d", "${aws:username}", "aws:prod", "-prod", "prod eu", &"x".repeat(129)] {
        let error = NightSettings::parse(&with("OWNER", name)).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), ["OWNER"], "{name}");
    }
}

#[test]
fn r1_days_alone_are_an_age_and_a_floor() {
    let thirty = NightSettings::parse(&usual_settings()).unwrap().retention;
    assert_eq!(NightSettings::parse(&with("OWNER", "")).unwrap().retention, Retention::days(30).unwrap());
    assert_eq!(NightSettings::parse(&with("SNAPSHOT_RETENTION_DAYS", "30")).unwrap().retention, thirty);
}

#[test]
fn r3_rules_take_the_place_of_the_usual_days() {
    assert_eq!(
        policy(&[("KEEP_DAILY", "7"), ("KEEP_TAG", "a=b,c;d")]),
        "--keep-daily 7 --keep-tag a=b,c --keep-tag d"
    );
    assert_eq!(policy(&[("KEEP_TAG", "gold")]), "--keep-tag gold");
    assert_eq!(
        policy(&[("KEEP_DAILY", "7"), ("SNAPSHOT_RETENTION_DAYS", "3")]),
        "--keep-daily 7 --keep-within 3d"
    );
    let twice = usual_settings().into_iter().chain(
        [("KEEP_WITHIN", "1m"), ("SNAPSHOT_RETENTION_DAYS", "30")].map(|(n, v)| (n.to_owned(), v.to_owned())),
    );
    let error = NightSettings::parse(&twice.collect()).unwrap_err();
    assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), ["KEEP_WITHIN"]);
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for (name, value) in [
        ("ALERT_TOPIC_ARN", "alerts"),
        ("ALERT_TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:alerts"),
        ("LEDGER_TABLE", "a table"),
        ("SNAPSHOT_ON", "sometimes"),
        ("SNAPSHOT_STATES", "stopped,rebooting"),
        ("SNAPSHOT_MODE", "both"),
        ("SNAPSHOT_EXCLUDE", "web-1"),
    ] {
        let error = SnapshotSettings::parse(&with(name, value)).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), [name], "{value}");
    }
    for (name, value) in [
        ("SCALE_OUT_BY", "0"),
        ("SCALE_OUT_BY", "lots"),
        ("SCALE_OUT_BY", "breach:"),
        ("SCALE_COOLDOWN_SECONDS", "-5"),
        ("ROUTES", "not json"),
        ("ROUTES", r#"[{"matches": "(", "action": "review"}]"#),
        ("ROUTES", r#"[{"action": "review"}]"#),
        ("ROUTES", r#"[{"name": "x", "action": "explode"}]"#),
        ("ROUTES", r#"[{"name": "x", "action": "restart", "group": "web"}]"#),
        ("ROUTES", r#"[{"name": "x", "action": "restart", "by": "2"}]"#),
        ("ROUTES", r#"[{"name": "x", "action": "review", "text": "look"}]"#),
        ("RESTART_COOLDOWN_SECONDS", "soon"),
        ("ALARM_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts"),
    ] {
        let error = RemediationSettings::parse(&with(name, value)).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), [name], "{value}");
    }
}

#[test]
fn the_nightly_function_is_told_what_the_snapshot_function_is_told() {
    let night = NightSettings::parse(&with("SNAPSHOT_EXCLUDE", "i-0a,vol-0b")).unwrap();
    let snapshot = SnapshotSettings::parse(&with("SNAPSHOT_EXCLUDE", "i-0a,vol-0b")).unwrap();
    assert_eq!(night.snapshots, snapshot.policy);
    for (name, value) in
        [("SNAPSHOT_ON", "sometimes"), ("SNAPSHOT_STATES", "dancing"), ("ALARM_MAX_AGE_SECONDS", "old")]
    {
        let error = NightSettings::parse(&with(name, value)).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn table_and_bucket_make_sense_only_together() {
    for missing in ["METRICS_TABLE", "REPORT_BUCKET"] {
        let error = NightSettings::parse(&with(missing, "")).unwrap_err();
        assert_eq!(error.0.iter().map(|p| p.name).collect::<Vec<_>>(), [missing]);
    }
    let mut neither = with("METRICS_TABLE", "");
    neither.remove("REPORT_BUCKET");
    assert_eq!(NightSettings::parse(&neither).unwrap().source, None);
}
