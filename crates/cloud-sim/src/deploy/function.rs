//! Functions and what sets them off
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>).

use std::collections::BTreeMap;
use std::sync::Arc;

use iam_policy::Role;
use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::body::Body;
use super::resolve::{Resolver, text_of};
use super::resource::name_of;
use super::topic::redriven_to;
use super::{DeployError, Plan, Planned};
use crate::cloud::eventbridge::{On, Rule};
use crate::cloud::lambda::Function;
use crate::cloud::sns::{Subscriber, Subscription};

/// What of a function is not modelled: its code is what a test installs.
const OF_FUNCTION: [&str; 8] =
    ["Architectures", "CodeUri", "Description", "Handler", "MemorySize", "Runtime", "Tags", "Tracing"];

/// A function's properties over what `Globals` says of all. Mappings are merged, everything else is replaced
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).
pub(super) fn over(defaults: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = defaults.clone();
    for (name, value) in own {
        let value = match (merged.get(name), value) {
            (Some(Value::Object(default)), Value::Object(own)) => Value::Object(over(default, own)),
            _ => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

pub(super) fn function(
    id: &str,
    mut body: Body<'_>,
    roles: &BTreeMap<String, Arc<Role>>,
    resolver: &Resolver<'_>,
    plan: &mut Plan,
) -> Result<(), DeployError> {
    let name = name_of(id, resolver);
    body.text("FunctionName")?;
    let timeout = body.number("Timeout")?.unwrap_or(3);
    let mut function = Function::new(resolver.place, &name, SignedDuration::from_secs(timeout));
    function.concurrency = body.number("ReservedConcurrentExecutions")?;
    if let Some(config) = body.part("EventInvokeConfig")? {
        invocation(config, &mut function)?;
    }
    let path = body.path("Role");
    let arn = body.needed("Role")?;
    let role = arn.rsplit('/').next().and_then(|name| roles.get(name)).cloned();
    let role = role.ok_or_else(|| DeployError::new(path, format!("`{arn}` is no role of this template")))?;
    let environment = environment(&mut body)?;
    let log_group = match body.part("LoggingConfig")? {
        None => format!("/aws/lambda/{name}"),
        Some(mut config) => {
            let group = config.needed("LogGroup")?;
            config.finish(&["LogFormat"])?;
            group
        }
    };
    if let Some(mut events) = body.part("Events")? {
        for (event, value) in events.all() {
            let path = events.path(event);
            set_off(&name, &format!("{id}{event}"), Body::of(value, &path, resolver)?, (resolver, plan))?;
        }
    }
    body.finish(&OF_FUNCTION)?;
    function.log_group = Some(log_group.clone());
    plan.functions.push(Planned { id: id.to_owned(), name, function, role, environment, log_group });
    Ok(())
}

/// How requests of a function that fails are treated
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html>).
fn invocation(mut config: Body<'_>, function: &mut Function) -> Result<(), DeployError> {
    function.retries = config.number("MaximumRetryAttempts")?.unwrap_or(2);
    if let Some(age) = config.number("MaximumEventAgeInSeconds")? {
        function.max_age = SignedDuration::from_secs(age);
    }
    if let Some(mut destinations) = config.part("DestinationConfig")? {
        if let Some(mut failure) = destinations.part("OnFailure")? {
            let path = failure.path("Type");
            if failure.text("Type")?.as_deref() != Some("SQS") {
                return Err(DeployError::new(path, "only a queue is understood"));
            }
            let arn = failure.needed("Destination")?;
            function.on_failure = arn.rsplit(':').next().map(str::to_owned);
            failure.finish(&[])?;
        }
        destinations.finish(&[])?;
    }
    config.finish(&[])
}

fn environment(body: &mut Body<'_>) -> Result<BTreeMap<String, String>, DeployError> {
    let Some(mut environment) = body.part("Environment")? else { return Ok(BTreeMap::new()) };
    let path = environment.path("Variables");
    let variables = environment.value("Variables")?.unwrap_or_default();
    environment.finish(&[])?;
    let text = |(name, value): (&String, &Value)| {
        let text = text_of(value).ok_or_else(|| DeployError::new(format!("{path}.{name}"), "no text"))?;
        Ok((name.clone(), text))
    };
    variables.as_object().into_iter().flatten().map(text).collect()
}

/// An event source of a function; `id` is the logical id of what SAM makes of it.
fn set_off(
    function: &str,
    id: &str,
    mut body: Body<'_>,
    (resolver, plan): (&Resolver<'_>, &mut Plan),
) -> Result<(), DeployError> {
    let path = body.path("Type");
    let kind = body.needed("Type")?;
    let mut properties = body.part("Properties")?.ok_or_else(|| DeployError::new(&path, "no properties"))?;
    body.finish(&[])?;
    let on = match kind.as_str() {
        "EventBridgeRule" | "CloudWatchEvent" => {
            let path = properties.path("Pattern");
            let pattern = properties.value("Pattern")?.unwrap_or_default().to_string();
            On::Events(pattern.parse().map_err(|error| DeployError::new(path, format!("{error}")))?)
        }
        "Schedule" => {
            let path = properties.path("Schedule");
            let schedule = properties.needed("Schedule")?;
            On::Schedule(schedule.parse().map_err(|error| DeployError::new(path, format!("{error}")))?)
        }
        "SNS" => {
            let topic = properties.needed("Topic")?;
            let dead_letters = redriven_to(&mut properties)?;
            properties.finish(&[])?;
            let to = Subscriber::Function(function.to_owned());
            plan.subscriptions.push((topic, Subscription { to, dead_letters, raw: false }));
            return Ok(());
        }
        _ => return Err(DeployError::new(path, format!("`{kind}` is not understood"))),
    };
    let mut rule = Rule { input: properties.text("Input")?, ..Rule::new(on, function) };
    undelivered(&mut properties, &mut rule)?;
    let path = properties.path("State");
    let state = properties.text("State")?;
    properties.finish(&[])?;
    match state.as_deref() {
        None | Some("ENABLED") => plan.rules.push((name_of(id, resolver), rule)),
        Some("DISABLED") => {}
        Some(_) => return Err(DeployError::new(path, "not understood")),
    }
    Ok(())
}

/// What becomes of events that do not reach a function
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>).
fn undelivered(properties: &mut Body<'_>, rule: &mut Rule) -> Result<(), DeployError> {
    if let Some(mut config) = properties.part("DeadLetterConfig")? {
        let queue = config.needed("Arn")?;
        config.finish(&[])?;
        rule.dead_letters = queue.rsplit(':').next().map(str::to_owned);
    }
    if let Some(mut policy) = properties.part("RetryPolicy")? {
        if let Some(retries) = policy.number("MaximumRetryAttempts")? {
            rule.retry.max_retries = retries;
        }
        if let Some(seconds) = policy.number("MaximumEventAgeInSeconds")? {
            rule.retry.max_age = SignedDuration::from_secs(seconds);
        }
        policy.finish(&[])?;
    }
    Ok(())
}
