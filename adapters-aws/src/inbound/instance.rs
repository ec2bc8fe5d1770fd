use std::str::FromStr;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use ports::trigger::{
    AlarmState, AlarmTrigger, HealthKind, HealthNews, Ignored, IgnoredReason, InstanceChange,
    InstanceTrigger, SpotAction,
};
use ports::{InstanceId, InstanceState};
use serde_json::Value;

use super::topic::{Carried, carried};
use super::{alarm, field, json};

/// Reads what the snapshot function is sent. A payload may name several instances; one that is bad does not hide the
/// others.
///
/// From `EventBridge`:
/// - `EC2 Instance State-change Notification`:
///   <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html>
/// - `EC2 Spot Instance Interruption Warning`:
///   <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>
/// - `AWS Health Event` about instances:
///   <https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>
/// - `AWS API Call via CloudTrail`, of `RebootInstances`, unless the call failed:
///   <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>
///
/// All of them also through a topic, where a rule sends them to one. In any of its envelopes, an alarm in `ALARM` on one of an instance's status checks, that of its attached volumes
/// included: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html#status-check-metrics>
///
/// # Examples
///
/// ```
/// let event = br#"{"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602",
///     "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "account": "123456789012",
///     "time": "2021-11-11T21:29:54Z", "region": "us-east-1",
///     "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
///     "detail": {"instance-id": "i-abcd1111", "state": "stopped"}}"#;
/// let read = adapters_aws::inbound::instances(event);
/// let trigger = read[0].as_ref().unwrap();
/// assert_eq!((trigger.instance.as_str(), trigger.what.word()), ("i-abcd1111", "stopped"));
///
/// let ignored = adapters_aws::inbound::instances(b"hello").remove(0).unwrap_err();
/// assert!(ignored.to_string().starts_with("not an event: the payload is not JSON"));
/// ```
pub fn instances(payload: &[u8]) -> Vec<Result<InstanceTrigger, Ignored>> {
    let event = match json(payload) {
        Ok(event) => event,
        Err(ignored) => return vec![Err(ignored)],
    };
    match carried(&event) {
        Some(messages) => messages.into_iter().flat_map(of_carried).collect(),
        None => of_one(&event),
    }
}

/// What came through a topic: an event that a rule sent there, or the message of an alarm's own action.
fn of_carried(carried: Result<Carried, Ignored>) -> Vec<Result<InstanceTrigger, Ignored>> {
    match carried {
        Ok(carried) if carried.message.get("detail-type").is_some() => of_one(&carried.message),
        Ok(carried) => vec![alarm::of_carried(&carried).and_then(of_alarm)],
        Err(ignored) => vec![Err(ignored)],
    }
}

fn of_one(event: &Value) -> Vec<Result<InstanceTrigger, Ignored>> {
    if alarm::is_alarm(event) {
        return vec![alarm::of_event(event).and_then(of_alarm)];
    }
    of_event(event).unwrap_or_else(|ignored| vec![Err(ignored)])
}

fn of_event(event: &Value) -> Result<Vec<Result<InstanceTrigger, Ignored>>, Ignored> {
    let envelope: EventBridgeEvent<Value> = serde_json::from_value(event.clone()).map_err(|error| {
        Ignored::new(IgnoredReason::NotAnEvent, format!("the payload is not an EventBridge event: {error}"))
    })?;
    match (envelope.source.as_str(), envelope.detail_type.as_str()) {
        ("aws.ec2", "EC2 Instance State-change Notification") => {
            let state = named(event, "/detail/state", InstanceState::parse)?;
            Ok(vec![of_instance(event, InstanceChange::State(state))])
        }
        ("aws.ec2", "EC2 Spot Instance Interruption Warning") => {
            let action = named(event, "/detail/instance-action", spot_action)?;
            Ok(vec![of_instance(event, InstanceChange::SpotWarning(action))])
        }
        ("aws.ec2", "AWS API Call via CloudTrail") => of_call(event),
        ("aws.health", "AWS Health Event") => of_health(event),
        (source, detail_type) => {
            Err(not_ours(format!("`{detail_type}` of `{source}` says nothing about a failed instance")))
        }
    }
}

/// An event whose detail names one instance.
fn of_instance(event: &Value, what: InstanceChange) -> Result<InstanceTrigger, Ignored> {
    let at = field::instant(event, "/time")?;
    about(event, field::parsed(event, "/detail/instance-id")?, at, what)
}

fn about(
    event: &Value,
    instance: InstanceId,
    at: Timestamp,
    what: InstanceChange,
) -> Result<InstanceTrigger, Ignored> {
    Ok(InstanceTrigger {
        event_id: field::text(event, "/id")?.to_owned(),
        at,
        account: field::parsed(event, "/account")?,
        region: field::parsed(event, "/region")?,
        instance,
        what,
    })
}

/// A reboot that somebody asked for, of one instance or several. A call that failed rebooted nothing.
fn of_call(event: &Value) -> Result<Vec<Result<InstanceTrigger, Ignored>>, Ignored> {
    let name = field::text(event, "/detail/eventName")?;
    if name != "RebootInstances" {
        return Err(not_ours(format!("the call `{name}` says nothing about a failed instance")));
    }
    if let Some(code) = event.pointer("/detail/errorCode").and_then(Value::as_str) {
        let what = format!("the call `{name}` failed: {code}");
        return Err(Ignored::new(IgnoredReason::NothingToDo, what));
    }
    let at = field::instant(event, "/detail/eventTime")?;
    let by = event.pointer("/detail/userIdentity/arn").and_then(Value::as_str).map(str::to_owned);
    let of_item = |item: &Value| {
        about(event, field::parsed(item, "/instanceId")?, at, InstanceChange::Rebooted { by: by.clone() })
    };
    Ok(list(event, "/detail/requestParameters/instancesSet/items")?.iter().map(of_item).collect())
}

/// News of AWS Health. The envelope's region is the one it was sent to, also as a backup of another's; the detail has the
/// one that it is about, and the same goes for the account. An issue is told again whenever something is new: its start tells
/// the one from the other, so that is taken for its time.
fn of_health(event: &Value) -> Result<Vec<Result<InstanceTrigger, Ignored>>, Ignored> {
    let service = field::text(event, "/detail/service")?;
    if service != "EC2" {
        return Err(not_ours(format!("the news of AWS Health is about `{service}`, not EC2")));
    }
    let kind = named(event, "/detail/eventTypeCategory", health_kind)?;
    let starts_at = field::mail_date(event, "/detail/startTime").ok();
    let told_at = field::instant(event, "/time")?;
    let at = starts_at.filter(|_| kind == HealthKind::Issue).unwrap_or(told_at);
    let news = HealthNews { code: field::text(event, "/detail/eventTypeCode")?.to_owned(), kind, starts_at };
    let of_entity = |entity: &Value| {
        let id = entity_instance(entity)?;
        let mut trigger = about(event, id, at, InstanceChange::Health(news.clone()))?;
        if event.pointer("/detail/eventRegion").is_some() {
            trigger.region = field::parsed(event, "/detail/eventRegion")?;
        }
        if event.pointer("/detail/affectedAccount").is_some() {
            trigger.account = field::parsed(event, "/detail/affectedAccount")?;
        }
        Ok(trigger)
    };
    Ok(list(event, "/detail/affectedEntities")?.iter().map(of_entity).collect())
}

/// An affected entity, by its id or by its ARN.
fn entity_instance(entity: &Value) -> Result<InstanceId, Ignored> {
    let name = field::text(entity, "/entityValue")?;
    let id = name.rsplit_once(":instance/").map_or(name, |(_, id)| id);
    InstanceId::from_str(id).map_err(|_| not_ours(format!("the affected `{name}` is not an instance")))
}

/// A status check that failed.
fn of_alarm(alarm: AlarmTrigger) -> Result<InstanceTrigger, Ignored> {
    let name = &alarm.name;
    if alarm.state != AlarmState::Alarm {
        let what = format!("alarm `{name}` is in state {}", alarm.state);
        return Err(Ignored::new(IgnoredReason::NothingToDo, what));
    }
    let check = alarm.metrics.iter().find(|metric| metric.starts_with("AWS/EC2/StatusCheckFailed"));
    let Some(metric) = check.cloned() else {
        return Err(not_ours(format!("alarm `{name}` does not watch a status check of an instance")));
    };
    let Some(instance) = alarm.instance() else {
        return Err(not_ours(format!("alarm `{name}` is not about one instance")));
    };
    Ok(InstanceTrigger {
        event_id: format!("{}#{}", alarm.arn, alarm.changed_at),
        at: alarm.changed_at,
        account: alarm.account,
        region: alarm.region,
        instance,
        what: InstanceChange::CheckFailed { alarm: alarm.name, metric },
    })
}

fn spot_action(name: &str) -> Option<SpotAction> {
    [SpotAction::Stop, SpotAction::Hibernate, SpotAction::Terminate]
        .into_iter()
        .find(|action| action.as_str() == name)
}

fn health_kind(name: &str) -> Option<HealthKind> {
    match name {
        "issue" => Some(HealthKind::Issue),
        "scheduledChange" => Some(HealthKind::ScheduledChange),
        "accountNotification" | "investigation" => Some(HealthKind::Notification),
        _ => None,
    }
}

/// A field that holds one of the words that AWS documents.
fn named<T>(event: &Value, pointer: &str, parse: fn(&str) -> Option<T>) -> Result<T, Ignored> {
    let name = field::text(event, pointer)?;
    parse(name).ok_or_else(|| field::bad(pointer, format!("`{name}` is not one that AWS documents")))
}

fn list<'a>(event: &'a Value, pointer: &str) -> Result<&'a [Value], Ignored> {
    match event.pointer(pointer) {
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        Some(Value::Array(_)) | None => Err(not_ours("it names no instance".to_owned())),
        Some(_) => Err(field::bad(pointer, "expected a list")),
    }
}

fn not_ours(why: String) -> Ignored {
    Ignored::new(IgnoredReason::NotForThisFunction, why)
}
