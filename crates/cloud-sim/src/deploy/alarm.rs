//! Alarms on one metric.

use serde_json::Value;

use super::body::Body;
use super::{DeployError, Plan};
use crate::cloud::cloudwatch::{Alarm, Comparison, Condition, Metric, MissingData, Statistic};

/// What of an alarm is not modelled.
const OF_ALARM: [&str; 2] = ["Tags", "Unit"];

pub(super) fn alarm(mut body: Body<'_>, name: &str, plan: &mut Plan) -> Result<(), DeployError> {
    let mut alarm = Alarm::new(metric(&mut body)?, condition(&mut body)?);
    body.text("AlarmName")?;
    alarm.description = body.text("AlarmDescription")?;
    let acts = body.text("ActionsEnabled")?.is_none_or(|enabled| enabled == "true");
    let is_topic = |arn: &String| arn.contains(":sns:");
    let (topics, others): (Vec<String>, Vec<String>) =
        body.texts("AlarmActions")?.into_iter().partition(is_topic);
    for other in others {
        let function = other.strip_prefix("arn:aws:lambda:").and_then(|_| other.rsplit(':').next());
        let path = body.path("AlarmActions");
        let function =
            function.ok_or_else(|| DeployError::new(path, format!("`{other}` is not understood")))?;
        alarm.functions.push(function.to_owned());
    }
    alarm.topics = topics;
    alarm.ok_topics = body.texts("OKActions")?;
    alarm.insufficient_data_topics = body.texts("InsufficientDataActions")?;
    if !acts {
        alarm = Alarm { topics: Vec::new(), functions: Vec::new(), ok_topics: Vec::new(), ..alarm };
        alarm.insufficient_data_topics.clear();
    }
    body.finish(&OF_ALARM)?;
    plan.alarms.push((name.to_owned(), alarm));
    Ok(())
}

fn metric(body: &mut Body<'_>) -> Result<Metric, DeployError> {
    let mut metric = Metric::new(&body.needed("Namespace")?, &body.needed("MetricName")?);
    let path = body.path("Dimensions");
    let dimensions = body.value("Dimensions")?;
    for dimension in dimensions.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let member = |name: &str| dimension.get(name).and_then(Value::as_str);
        let (name, value) = member("Name")
            .zip(member("Value"))
            .ok_or_else(|| DeployError::new(&path, "a name and a value are needed"))?;
        metric = metric.with(name, value);
    }
    Ok(metric)
}

fn condition(body: &mut Body<'_>) -> Result<Condition, DeployError> {
    let path = body.path("ComparisonOperator");
    let comparison = match body.needed("ComparisonOperator")?.as_str() {
        "GreaterThanThreshold" => Comparison::GreaterThan,
        "GreaterThanOrEqualToThreshold" => Comparison::GreaterThanOrEqualTo,
        "LessThanThreshold" => Comparison::LessThan,
        "LessThanOrEqualToThreshold" => Comparison::LessThanOrEqualTo,
        _ => return Err(DeployError::new(path, "not understood")),
    };
    let missing = |name: &str| DeployError::new(body.path(name), "missing");
    let (no_threshold, no_period, no_periods) =
        (missing("Threshold"), missing("Period"), missing("EvaluationPeriods"));
    let threshold: f64 = body.number("Threshold")?.ok_or(no_threshold)?;
    let period = body.number("Period")?.ok_or(no_period)?;
    let periods = body.number("EvaluationPeriods")?.ok_or(no_periods)?;
    let wrong = |error: crate::cloud::cloudwatch::ConditionError| DeployError::new(&path, error.to_string());
    let mut condition = Condition::new(comparison, threshold, period, periods).map_err(wrong)?;
    if let Some(datapoints) = body.number("DatapointsToAlarm")? {
        condition = condition.datapoints_to_alarm(datapoints).map_err(wrong)?;
    }
    condition.missing = missing_data(body)?;
    condition.statistic = statistic(body)?;
    Ok(condition)
}

fn missing_data(body: &mut Body<'_>) -> Result<MissingData, DeployError> {
    let path = body.path("TreatMissingData");
    match body.text("TreatMissingData")?.as_deref() {
        None | Some("missing") => Ok(MissingData::Missing),
        Some("ignore") => Ok(MissingData::Ignore),
        Some("breaching") => Ok(MissingData::Breaching),
        Some("notBreaching") => Ok(MissingData::NotBreaching),
        Some(_) => Err(DeployError::new(path, "not understood")),
    }
}

fn statistic(body: &mut Body<'_>) -> Result<Statistic, DeployError> {
    let path = body.path("Statistic");
    match body.needed("Statistic")?.as_str() {
        "Average" => Ok(Statistic::Average),
        "Sum" => Ok(Statistic::Sum),
        "Minimum" => Ok(Statistic::Minimum),
        "Maximum" => Ok(Statistic::Maximum),
        _ => Err(DeployError::new(path, "not understood")),
    }
}
