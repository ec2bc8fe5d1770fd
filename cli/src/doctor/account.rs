//! Looks at the account that the settings are for, and changes nothing in it.

use adapters_aws::sdk::probe::{Permitted, Probe, TableFound, Trial};
use adapters_aws::sdk::{AutoScaling, DynamoLedger, config};
use domain::policy::naming::{FENCE, KEY};
use domain::policy::ownership::OwnerName;
use lambda_shims::permission::Function;
use lambda_shims::settings::Pairs;
use ports::{Arn, GroupName, PortError, ScalingGroups};

use super::{Finding, given};

/// What is found in the account.
pub(crate) async fn look(pairs: &Pairs, functions: &[Function]) -> Vec<Finding> {
    let config = config::load(None).await;
    let probe = Probe::new(&config);
    let mut found = match probe.identity().await {
        Err(error) => {
            return vec![Finding::problem(format!("nobody says whose credentials these are: {error}"))];
        }
        Ok(identity) => vec![Finding::fine(format!("account {}, as {}", identity.account, identity.arn))],
    };
    if let Some(name) = given(pairs, "LEDGER_TABLE") {
        found.push(ledger(name, probe.table(name).await));
    }
    if let Some(topic) = given(pairs, "ALERT_TOPIC_ARN").and_then(|text| Arn::new(text).ok()) {
        found.extend(alerts(&topic, probe.subscribers(&topic).await));
    }
    if functions.contains(&Function::NightlyMaintenance) {
        found.extend(archive(&probe, pairs).await);
    }
    if functions.contains(&Function::AutoRemediation) {
        found.extend(groups(&AutoScaling::new(&config), pairs).await);
    }
    let owner = given(pairs, "OWNER").and_then(|name| name.parse().ok()).unwrap_or_default();
    found.extend(permissions(&probe, functions, &owner).await);
    found
}

fn ledger(name: &str, found: Result<Option<TableFound>, PortError>) -> Finding {
    match found {
        Err(error) => Finding::note(format!("ledger table `{name}`: {error}")),
        Ok(None) => Finding::problem(format!("ledger table `{name}` does not exist")),
        Ok(Some(table)) if table.key != ["key"] => Finding::problem(format!(
            "ledger table `{name}`: its key is `{}`, not `key` alone",
            table.key.join("`, `")
        )),
        Ok(Some(table)) if table.expires_by.as_deref() != Some("keep_until") => Finding::problem(format!(
            "ledger table `{name}` does not expire by `keep_until`, so it only grows"
        )),
        Ok(Some(table)) if !table.indexes.iter().any(|index| index == DynamoLedger::INDEX) => {
            Finding::note(format!(
                "ledger table `{name}` has no index `{index}`, so every reconcile reads all of it; add one whose partition key is the \
             text `listed`, projecting the keys only",
                index = DynamoLedger::INDEX
            ))
        }
        Ok(Some(_)) => Finding::fine(format!("ledger table `{name}`")),
    }
}

/// A function among those who are told would take a notice for an event; the remediation function would be set off by itself.
fn alerts(topic: &Arn, found: Result<Option<Vec<(String, String)>>, PortError>) -> Vec<Finding> {
    let subscribers = match found {
        Err(error) => return vec![Finding::note(format!("alert topic `{topic}`: {error}"))],
        Ok(None) => return vec![Finding::problem(format!("alert topic `{topic}` does not exist"))],
        Ok(Some(subscribers)) => subscribers,
    };
    let mut findings = vec![match subscribers.len() {
        0 => Finding::problem(format!("alert topic `{topic}` has no subscriber: nobody is told anything")),
        some => Finding::fine(format!("alert topic `{topic}`, with {some} subscribers")),
    }];
    let functions = subscribers.iter().filter(|(protocol, _)| protocol == "lambda");
    findings.extend(functions.map(|(_, endpoint)| {
        let ours = endpoint.to_ascii_lowercase().replace('-', "").contains("autoremediation");
        let words = format!("function `{endpoint}` is subscribed to the alert topic");
        if ours {
            Finding::problem(format!("{words}: notices would come back"))
        } else {
            Finding::note(words)
        }
    }));
    findings
}

async fn archive(probe: &Probe, pairs: &Pairs) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(name) = given(pairs, "METRICS_TABLE") {
        found.push(match probe.table(name).await {
            Err(error) => Finding::note(format!("metrics table `{name}`: {error}")),
            Ok(None) => Finding::problem(format!("metrics table `{name}` does not exist")),
            Ok(Some(table)) => match given(pairs, "METRICS_INDEX") {
                Some(index) if !table.indexes.iter().any(|there| there == index) => {
                    Finding::problem(format!("metrics table `{name}` has no index `{index}`"))
                }
                Some(_) | None => Finding::fine(format!("metrics table `{name}`")),
            },
        });
    }
    if let Some(name) = given(pairs, "REPORT_BUCKET") {
        found.push(match probe.bucket(name).await {
            Err(error) => Finding::note(format!("bucket `{name}`: {error}")),
            Ok(false) => Finding::problem(format!("bucket `{name}` does not exist")),
            Ok(true) => Finding::fine(format!("bucket `{name}`")),
        });
    }
    found
}

async fn groups(scaling: &AutoScaling, pairs: &Pairs) -> Vec<Finding> {
    let listed = given(pairs, "SCALE_GROUPS").into_iter().flat_map(|text| text.split(','));
    let named = given(pairs, "AUTO_SCALING_GROUP_NAME").into_iter().chain(listed);
    let mut found = Vec::new();
    for name in named.filter_map(|text| GroupName::new(text.trim()).ok()) {
        found.push(match scaling.group(&name).await {
            Err(error) => Finding::note(format!("group `{name}`: {error}")),
            Ok(None) => Finding::problem(format!("group `{name}` does not exist")),
            Ok(Some(group)) if group.max <= group.desired => {
                Finding::note(format!("group `{name}` is at its maximum, so it cannot grow"))
            }
            Ok(Some(_)) => Finding::fine(format!("group `{name}`")),
        });
    }
    found
}

/// Of whoever asks; the functions' own roles are tried by asking in their name.
async fn permissions(probe: &Probe, functions: &[Function], owner: &OwnerName) -> Vec<Finding> {
    let actions: std::collections::BTreeSet<&str> =
        functions.iter().flat_map(|function| function.actions()).collect();
    let mut found = Vec::new();
    for (action, trial) in trials(probe, owner).await {
        if !actions.contains(action) {
            continue;
        }
        found.push(match trial {
            Err(why) => Finding::note(format!("{action}: not tried, {why}")),
            Ok(trial) => match probe.tried(&trial).await {
                Permitted::Yes => Finding::fine(format!("{action} is permitted")),
                Permitted::No => Finding::problem(format!("{action} is not permitted")),
                Permitted::Unclear(said) => Finding::note(format!("{action}: EC2 answered `{said}`")),
            },
        });
    }
    found
}

type Trials = Vec<(&'static str, Result<Trial, String>)>;

/// What can be tried without anything coming of it.
async fn trials(probe: &Probe, owner: &OwnerName) -> Trials {
    let on = |what: Result<Option<String>, PortError>, none: &str| match what {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(none.to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let snapshotted = on(probe.instance_with("AutoSnapshot").await, "no instance has the tag `AutoSnapshot`");
    let restarted = on(probe.instance_with("AutoRemediate").await, "no instance has the tag `AutoRemediate`");
    let deleted = on(probe.snapshot_with(&owner.tags()).await, "there is no snapshot of ours");
    let ours = owner.tags().into_iter().chain([(KEY, "snap#doctor"), (FENCE, "1")]);
    let tags = ours.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    vec![
        ("ec2:DescribeInstances", Ok(Trial::Instances)),
        ("ec2:DescribeVolumes", Ok(Trial::Volumes)),
        ("ec2:DescribeSnapshots", Ok(Trial::Snapshots)),
        ("ec2:DescribeImages", Ok(Trial::Images)),
        ("ec2:DescribeLockedSnapshots", Ok(Trial::Locks)),
        ("ec2:CreateSnapshots", snapshotted.map(|id| Trial::Set(id, tags))),
        ("ec2:DeleteSnapshot", deleted.map(Trial::Delete)),
        ("ec2:RebootInstances", restarted.map(Trial::Reboot)),
    ]
}
