//! What is understood of a template, and what is not.

use cloud_sim::cloud::Place;
use cloud_sim::deploy::{Plan, Stack, Template};

const SHIPPED: &str = include_str!("../../lambda-shims/template.yaml");

fn planned(text: &str, parameters: &[(&str, &str)]) -> Result<Plan, String> {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let stack = Stack { name: "caretaker".to_owned(), parameters, ..Stack::default() };
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    template.plan(&Place::default(), &stack).map_err(|error| error.to_string())
}

#[test]
fn the_template_that_ships_is_understood_with_its_defaults() {
    let plan = planned(SHIPPED, &[]).unwrap();
    assert_eq!(plan.functions.len(), 3);
    assert!(plan.functions.iter().all(|function| function.environment["MODE"] == "observe"));
    assert!(plan.subscriptions.len() == 1, "nobody but the function that answers alarms");
}

/// Whether an account with so many concurrent executions takes what the functions reserve: 100 have to be left for what
/// reserves none (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>), and everything of an
/// account that has fewer, as new ones do: "decreases account's `UnreservedConcurrentExecution` below its minimum value of
/// \[10\]" (<https://github.com/aws-samples/alarm-context-tool/issues/2>).
fn takes(account: usize, plan: &Plan) -> bool {
    let reserved: usize = plan.functions.iter().filter_map(|planned| planned.function.concurrency).sum();
    reserved == 0 || reserved + account.min(100) <= account
}

#[test]
fn a_new_account_takes_the_template_with_its_defaults() {
    assert!(takes(10, &planned(SHIPPED, &[]).unwrap()));
    let reserves = planned(SHIPPED, &[("ReserveConcurrency", "true")]).unwrap();
    assert_eq!([10, 116, 117].map(|account| takes(account, &reserves)), [false, false, true]);
}

#[test]
fn two_stacks_share_no_name() {
    let named = |name: &str| {
        let stack = Stack { name: name.to_owned(), ..Stack::default() };
        let plan = Template::parse(SHIPPED).unwrap().plan(&Place::default(), &stack).unwrap();
        let rules: Vec<String> = plan.rules.into_iter().map(|(name, _)| name).collect();
        let queues: Vec<String> = plan.queues.into_iter().map(|(name, _)| name).collect();
        [plan.topics, queues, plan.buckets, rules].concat()
    };
    let (one, other) = (named("one"), named("other"));
    assert!(10 < one.len() && one.iter().all(|name| !other.contains(name)), "{one:?} {other:?}");
}

/// A stack that is made anew has the same name, so what it took before is still its own.
#[test]
fn snapshots_are_the_stacks_by_its_name_unless_another_owner_is_given() {
    let owners = |parameters: &[(&str, &str)]| -> Vec<String> {
        let functions = planned(SHIPPED, parameters).unwrap().functions;
        functions.iter().filter_map(|function| function.environment.get("OWNER").cloned()).collect()
    };
    assert_eq!(owners(&[]), ["caretaker", "caretaker"]);
    assert_eq!(owners(&[("Owner", "blue")]), ["blue", "blue"]);
    let refused = planned(SHIPPED, &[("Owner", "blue*")]).unwrap_err();
    assert!(refused.starts_with("Parameters.Owner: `blue*` does not match"), "{refused}");
}

#[test]
fn a_parameter_of_another_form_is_refused() {
    let refused = planned(SHIPPED, &[("AlertTopicArn", "alerts")]).unwrap_err();
    assert!(refused.starts_with("Parameters.AlertTopicArn: `alerts` does not match"), "{refused}");
    let unknown = planned(SHIPPED, &[("Colour", "red")]).unwrap_err();
    assert_eq!(unknown, "Parameters.Colour: there is no such parameter");
}

/// The template with one line in place of another, which it has to have.
fn changed(from: &str, to: &str) -> String {
    assert!(SHIPPED.contains(from), "{from}");
    SHIPPED.replacen(from, to, 1)
}

#[test]
fn what_is_not_understood_is_named() {
    for (from, to, says) in [
        (
            "Type: AWS::SQS::Queue",
            "Type: AWS::SQS::Heap",
            "Resources.AutoSnapshotFailures.Type: `AWS::SQS::Heap` is not understood",
        ),
        (
            "      Timeout: { Ref: SnapshotTimeout }",
            "      Timeuot: { Ref: SnapshotTimeout }",
            "Resources.AutoSnapshot.Properties.Timeuot: not understood",
        ),
        (
            "SNAPSHOT_ON: { Ref: SnapshotOn }",
            "SNAPSHOT_ON: { Ref: SnapshotsOn }",
            "Resources.AutoSnapshot.Properties.Environment.Variables.SNAPSHOT_ON.Ref: there is no `SnapshotsOn`",
        ),
        (
            "      Statistic: Sum",
            "      ExtendedStatistic: p99",
            "Resources.AutoSnapshotGaveUp.Properties.Statistic: missing",
        ),
        (
            "StringEquals: { ec2:CreateAction: [CreateSnapshot, CreateSnapshots] }",
            "StringEqual: { ec2:CreateAction: [CreateSnapshot, CreateSnapshots] }",
            "unknown operator `StringEqual`",
        ),
    ] {
        let error = planned(&changed(from, to), &[]).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn short_tags_say_the_same_as_long_ones() {
    let short = changed("LEDGER_TABLE: { Ref: LedgerTable }", "LEDGER_TABLE: !Ref LedgerTable");
    let short =
        short.replace("Role: { Fn::GetAtt: [AutoSnapshotRole, Arn] }", "Role: !GetAtt AutoSnapshotRole.Arn");
    let (short, long) = (planned(&short, &[]).unwrap(), planned(SHIPPED, &[]).unwrap());
    assert_eq!(format!("{short:?}"), format!("{long:?}"));
}

#[test]
fn settings_are_the_parameters_that_they_are_taken_from() {
    let template = Template::parse(SHIPPED).unwrap();
    assert_eq!(template.parameter_of("SNAPSHOT_MODE"), Some("SnapshotMode"));
    assert_eq!(template.parameter_of("AUTO_SCALING_GROUP_NAME"), Some("AutoScalingGroupName"));
    assert_eq!(template.parameter_of("LEDGER_TABLE"), None);
}
