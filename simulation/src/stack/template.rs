//! The template that ships, and what its parameters are when a stack has certain settings.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloud_sim::cloud::Place;
use cloud_sim::deploy::{DeployError, Plan, Stack, Template};
use lambda_shims::settings::Pairs;

use super::RECONCILES;
use crate::rule::NIGHT;

/// What the stack is called, and so whose its snapshots are.
pub const NAME: &str = "caretaker";

/// What a stack calls a resource: the usual one as in stories, another with its name before that.
pub(super) fn resource(stack: &str, name: &str) -> String {
    if stack == NAME { name.to_owned() } else { format!("{stack}-{name}") }
}

/// Who is told.
pub(super) const PERSON: &str = "on-call@example.com";

/// The template that ships.
pub fn shipped() -> &'static Template {
    static SHIPPED: LazyLock<Template> = LazyLock::new(|| {
        let template = Template::parse(include_str!("../../../lambda-shims/template.yaml"));
        template.unwrap_or_else(|error| unreachable!("a test reads it: {error}"))
    });
    &SHIPPED
}

/// What the simulated stack calls its resources, so that stories read well. CloudFormation makes names up.
const NAMES: [(&str, &str); 20] = [
    ("AlarmTopic", "alarms"),
    ("AlertTopic", "alerts"),
    ("AutoRemediation", "auto-remediation"),
    ("AutoRemediationFailures", "auto-remediation-failures"),
    ("AutoRemediationGaveUp", "auto-remediation-gave-up"),
    ("AutoRemediationRole", "auto-remediation"),
    ("AutoSnapshot", "auto-snapshot"),
    ("AutoSnapshotFailures", "auto-snapshot-failures"),
    ("AutoSnapshotGaveUp", "auto-snapshot-gave-up"),
    ("AutoSnapshotRole", "auto-snapshot"),
    ("LedgerTable", "ledger"),
    ("MetricsTable", "metrics"),
    ("NightTriggerUnknown", "night-trigger-unknown"),
    ("NightlyMaintenance", "nightly-maintenance"),
    ("NightlyMaintenanceFailures", "nightly-maintenance-failures"),
    ("NightlyMaintenanceGaveUp", "nightly-maintenance-gave-up"),
    ("NightlyMaintenanceNight", NIGHT),
    ("NightlyMaintenanceReconcile", RECONCILES),
    ("NightlyMaintenanceRole", "nightly-maintenance"),
    ("ReportBucket", "reports"),
];

/// What a stack of the template is in a place, with these settings.
pub(super) fn plan(
    (template, name): (&Template, &str),
    place: &Place,
    (settings, parameters): (&Pairs, &Pairs),
) -> Result<Plan, DeployError> {
    let mut stack = Stack {
        name: name.to_owned(),
        parameters: BTreeMap::from([("AlertEmail".to_owned(), PERSON.to_owned())]),
        names: NAMES.map(|(id, usual)| (id.to_owned(), resource(name, usual))).into(),
    };
    // An empty setting is none. The environment below has it all the same.
    for (setting, value) in settings.iter().filter(|(_, value)| !value.trim().is_empty()) {
        match (setting.as_str(), template.parameter_of(setting)) {
            (_, Some(parameter)) => drop(stack.parameters.insert(parameter.to_owned(), value.clone())),
            ("OWNER", _) => drop(stack.parameters.insert("Owner".to_owned(), value.clone())),
            ("LEDGER_TABLE", _) => drop(stack.names.insert("LedgerTable".to_owned(), value.clone())),
            ("REPORT_BUCKET", _) => drop(stack.names.insert("ReportBucket".to_owned(), value.clone())),
            // A table that is there already, and is scanned.
            ("METRICS_TABLE", _) => {
                stack.parameters.insert("MetricsTableName".to_owned(), value.clone());
            }
            ("ALERT_TOPIC_ARN", _) => {
                if *value != place.arn("sns", &resource(name, "alerts")) {
                    stack.parameters.insert("AlertTopicArn".to_owned(), value.clone());
                }
            }
            (_, None) => {}
        }
    }
    stack.parameters.extend(parameters.clone());
    template.plan(place, &stack)
}

/// The environment that the template gives a function, and whatever else is set.
pub(super) fn environment(plan: &Plan, function: &str, settings: &Pairs) -> Pairs {
    let planned = plan.functions.iter().find(|planned| planned.name == function);
    let mut environment = planned.map(|planned| planned.environment.clone()).unwrap_or_default();
    for (setting, value) in settings {
        // Without a table named, the stack has one of its own.
        if setting == "METRICS_TABLE" && value.trim().is_empty() {
            continue;
        }
        environment.insert(setting.clone(), value.clone());
    }
    environment
}
