use std::collections::{BTreeMap, BTreeSet};

use ports::trigger::{AlarmState, AlarmTrigger, Breach, Ignored, IgnoredReason};
use ports::{Arn, Region};
use serde_json::Value;

use super::topic::{Carried, carried};
use super::{field, json};

/// Reads what the remediation function is sent: a CloudWatch alarm over SNS, over `EventBridge`, also where its rule sends
/// that to a topic, or as a direct Lambda action. An SNS delivery may hold several records; one that is bad does not hide
/// the others.
///
/// - SNS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
/// - `EventBridge`: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
/// - Lambda: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
///
/// # Examples
///
/// ```
/// let read = adapters_aws::inbound::alarms(b"{}");
/// assert_eq!(read.len(), 1);
/// assert!(read[0].is_err());
/// ```
pub fn alarms(payload: &[u8]) -> Vec<Result<AlarmTrigger, Ignored>> {
    match json(payload) {
        Ok(event) => of_payload(&event),
        Err(ignored) => vec![Err(ignored)],
    }
}

/// Whether an event is an alarm's, as `EventBridge` or the alarm itself sends it.
pub(super) fn is_alarm(event: &Value) -> bool {
    event.get("alarmData").is_some() || event.get("detail-type").and_then(Value::as_str) == Some(CHANGE)
}

/// The detail type of an alarm's event.
const CHANGE: &str = "CloudWatch Alarm State Change";

/// The alarms in a payload.
fn of_payload(event: &Value) -> Vec<Result<AlarmTrigger, Ignored>> {
    match carried(event) {
        Some(messages) => messages.into_iter().map(|message| of_carried(&message?)).collect(),
        None => vec![of_event(event)],
    }
}

/// What came through a topic: the message of an alarm's own action, or an event that a rule sent there.
pub(super) fn of_carried(Carried { message, topic }: &Carried) -> Result<AlarmTrigger, Ignored> {
    if message.get("detail-type").is_some() {
        return of_event(message);
    }
    if message.get("AlarmName").is_none() {
        return Err(Ignored::new(IgnoredReason::NotForThisFunction, "the SNS message has no `AlarmName`"));
    }
    of_message(message, topic)
}

/// The message of an alarm's SNS action. Its region is a display name, so the ARN's is taken.
fn of_message(message: &Value, topic: &str) -> Result<AlarmTrigger, Ignored> {
    let arn = match message.get("AlarmArn") {
        Some(Value::String(_)) => field::parsed(message, "/AlarmArn")?,
        _ => arn_beside(topic, field::text(message, "/AlarmName")?)?,
    };
    let reason = message.get("NewStateReason").and_then(Value::as_str).unwrap_or_default();
    let threshold = message.pointer("/Trigger/Threshold").filter(|v| v.is_number()).map(ToString::to_string);
    Ok(AlarmTrigger {
        name: field::parsed(message, "/AlarmName")?,
        account: field::parsed(message, "/AWSAccountId")?,
        region: region_of(&arn)?,
        state: state(message, "/NewStateValue")?,
        changed_at: field::instant(message, "/StateChangeTime")?,
        dimensions: message.get("Trigger").map(listed_dimensions).unwrap_or_default(),
        metrics: message.get("Trigger").map(listed_metrics).unwrap_or_default(),
        breach: threshold
            .zip(latest_value(reason))
            .map(|(threshold, value)| Breach { threshold, value: value.to_owned() }),
        reason: reason.to_owned(),
        arn,
    })
}

/// Messages of old did not carry the alarm's ARN. The topic lives in the same account and region.
fn arn_beside(topic: &str, alarm: &str) -> Result<Arn, Ignored> {
    let beside = Arn::new(topic).map_err(|error| field::bad("/Sns/TopicArn", error))?;
    Arn::new(format!("arn:aws:cloudwatch:{}:{}:alarm:{alarm}", beside.region(), beside.account()))
        .map_err(|error| field::bad("/AlarmArn", error))
}

/// An `EventBridge` event (`detail`) or a direct action (`alarmData`).
pub(super) fn of_event(event: &Value) -> Result<AlarmTrigger, Ignored> {
    let data = match (event.get("alarmData"), event.get("detail-type").and_then(Value::as_str)) {
        (Some(data), _) => data,
        (None, Some(CHANGE)) => event.get("detail").unwrap_or(&Value::Null),
        (None, Some(other)) => {
            let what = format!("`{other}` is not a change of an alarm");
            return Err(Ignored::new(IgnoredReason::NotForThisFunction, what));
        }
        (None, None) => {
            return Err(Ignored::new(
                IgnoredReason::NotAnEvent,
                "the payload is no envelope that alarms come in",
            ));
        }
    };
    let direct = event.get("alarmArn").is_some();
    let arn: Arn = field::parsed(event, if direct { "/alarmArn" } else { "/resources/0" })?;
    Ok(AlarmTrigger {
        name: field::parsed(data, "/alarmName")?,
        account: field::parsed(event, if direct { "/accountId" } else { "/account" })?,
        region: field::parsed(event, "/region")?,
        state: state(data, "/state/value")?,
        reason: data.pointer("/state/reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
        changed_at: field::instant(data, "/state/timestamp")?,
        dimensions: data.get("configuration").map(mapped_dimensions).unwrap_or_default(),
        metrics: data.get("configuration").map(mapped_metrics).unwrap_or_default(),
        breach: data.pointer("/state/reasonData").and_then(Value::as_str).and_then(breach),
        arn,
    })
}

fn region_of(arn: &Arn) -> Result<Region, Ignored> {
    Region::new(arn.region()).map_err(|error| field::bad("/AlarmArn", error))
}

fn state(value: &Value, pointer: &str) -> Result<AlarmState, Ignored> {
    match field::text(value, pointer)? {
        "OK" => Ok(AlarmState::Ok),
        "ALARM" => Ok(AlarmState::Alarm),
        "INSUFFICIENT_DATA" => Ok(AlarmState::InsufficientData),
        other => Err(field::bad(pointer, format!("`{other}` is not a state of an alarm"))),
    }
}

/// Dimensions as SNS messages list them, of the alarm's own metric and of those in its expressions.
fn listed_dimensions(trigger: &Value) -> BTreeMap<String, String> {
    let of_metrics = trigger.get("Metrics").and_then(Value::as_array).into_iter().flatten();
    let lists = of_metrics
        .filter_map(|metric| metric.pointer("/MetricStat/Metric/Dimensions"))
        .chain(trigger.get("Dimensions"))
        .filter_map(Value::as_array);
    let pairs = lists.flatten().filter_map(|dimension| {
        let part = |name: &str| {
            let lower = name.to_ascii_lowercase();
            dimension.get(name).or_else(|| dimension.get(&lower)).and_then(Value::as_str)
        };
        part("Name").zip(part("Value"))
    });
    agreed(pairs)
}

/// Dimensions as `EventBridge` and direct actions map them.
fn mapped_dimensions(configuration: &Value) -> BTreeMap<String, String> {
    let metrics = configuration.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let maps =
        metrics.filter_map(|m| m.pointer("/metricStat/metric/dimensions")).filter_map(Value::as_object);
    agreed(maps.flatten().filter_map(|(name, value)| value.as_str().map(|value| (name.as_str(), value))))
}

/// The metrics of an alarm as SNS messages list them.
fn listed_metrics(trigger: &Value) -> BTreeSet<String> {
    let of_metrics = trigger.get("Metrics").and_then(Value::as_array).into_iter().flatten();
    let metrics = of_metrics.filter_map(|metric| metric.pointer("/MetricStat/Metric"));
    metrics.chain([trigger]).filter_map(|metric| named(metric, "Namespace", "MetricName")).collect()
}

/// The metrics of an alarm as `EventBridge` and direct actions list them.
fn mapped_metrics(configuration: &Value) -> BTreeSet<String> {
    let metrics = configuration.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let metrics = metrics.filter_map(|m| m.pointer("/metricStat/metric"));
    metrics.filter_map(|metric| named(metric, "namespace", "name")).collect()
}

fn named(metric: &Value, namespace: &str, name: &str) -> Option<String> {
    let part = |key: &str| metric.get(key).and_then(Value::as_str);
    Some(format!("{}/{}", part(namespace)?, part(name)?))
}

/// The dimensions on which all metrics agree: an alarm over two groups is about neither.
fn agreed<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let mut agreed: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (name, value) in pairs {
        agreed
            .entry(name.to_owned())
            .and_modify(|known| {
                if known.as_deref() != Some(value) {
                    *known = None;
                }
            })
            .or_insert_with(|| Some(value.to_owned()));
    }
    agreed.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}

/// The latest value in a reason such as `... datapoints [96.2 (23/11/26 14:27:00)] was greater than ...`.
fn latest_value(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once('[')?;
    let value = rest.split([' ', ',', ']']).next()?;
    value.parse::<f64>().ok().map(|_| value)
}

/// The threshold and the latest value in `reasonData`.
fn breach(reason_data: &str) -> Option<Breach> {
    let data: Value = serde_json::from_str(reason_data).ok()?;
    let threshold = data.get("threshold").filter(|v| v.is_number())?.to_string();
    let value = data.get("recentDatapoints")?.as_array()?.last().filter(|v| v.is_number())?.to_string();
    Some(Breach { threshold, value })
}
