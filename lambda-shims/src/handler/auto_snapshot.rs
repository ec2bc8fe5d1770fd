use domain::policy::mode::Mode;
use domain::policy::snapshot::Consistency;
use domain::policy::status::Status;
use domain::workflow::announce::Announced;
use domain::workflow::auto_snapshot::{GaveUp, SnapshotOutcome, Taken, snapshot_instance};
use domain::workflow::once::How;
use ports::trigger::InstanceTrigger;
use ports::{InstanceId, LedgerKey, Retry};
use serde_json::{Value, json};

use super::ignoring::Astray;
use super::poison::Hopeless;
use super::{Context, Failure, PortsIn, Reply, ignored};
use crate::SnapshotPorts;
use crate::emf::Metrics;
use crate::settings::SnapshotSettings;

/// Snapshots the instances that an event is about. One that fails does not stop the others.
///
/// # Errors
///
/// When one may not have its snapshots, or people could not be told.
pub async fn auto_snapshot(
    ports_in: PortsIn<'_, SnapshotPorts>,
    settings: &SnapshotSettings,
    payload: &[u8],
    context: &Context,
) -> Result<Reply, Failure> {
    let mut metrics = Metrics::default();
    let mut results = Vec::new();
    let mut failures: Vec<Failed> = Vec::new();
    let (mut hopeless, mut astray) = (Hopeless::default(), Astray::default());
    for read in adapters_aws::inbound::instances(payload) {
        let answer = match read {
            Ok(trigger) => answer(ports_in, settings, context, &trigger, &mut metrics).await,
            Err(reason) => {
                hopeless.see(&reason);
                astray.see(&reason);
                Ok(ignored(&reason, &mut metrics))
            }
        };
        match answer {
            Ok(result) => results.push(result),
            Err(failed) if failed.retry == Retry::Never && settings.mode == Mode::Act => {
                results.push(gave_up(&failed.message));
                hopeless.add(failed.message);
            }
            Err(failed) => failures.push(failed),
        }
    }
    let home = ports_in(None);
    let announcing = home.auto_snapshot().announcing();
    let counting = (announcing.ledger, announcing.clock);
    astray.count(counting, (settings.mode, "auto-snapshot"), payload).await;
    hopeless.set_aside(announcing, (settings.mode, context), payload, &mut metrics).await?;
    if failures.is_empty() {
        return Ok(Reply { body: body(results), metrics });
    }
    let message: Vec<&str> = failures.iter().map(|failed| failed.message.as_str()).collect();
    let error_type = failures.first().map_or("SnapshotFailed", |failed| failed.error_type);
    Err(Failure { error_type, message: message.join("; "), metrics })
}

/// Why an instance's event has to be delivered again.
struct Failed {
    error_type: &'static str,
    retry: Retry,
    message: String,
}

/// The result of the one instance that most events are about, or those of several.
fn body(mut results: Vec<Value>) -> Value {
    match (results.pop(), results.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            results.extend(last);
            json!({ "results": results })
        }
    }
}

async fn answer(
    ports_in: PortsIn<'_, SnapshotPorts>,
    settings: &SnapshotSettings,
    context: &Context,
    trigger: &InstanceTrigger,
    metrics: &mut Metrics,
) -> Result<Value, Failed> {
    let mut policy = settings.policy.clone();
    policy.account.clone_from(&context.account);
    let run = context.run(settings.mode);
    let ports = ports_in(Some(&trigger.region));
    match snapshot_instance(&ports.auto_snapshot(), &policy, &run, trigger).await {
        Ok(protected) => result(trigger, &protected, metrics),
        Err(error) => {
            metrics.add("Failed", 1);
            tracing::error!(instance.id = %trigger.instance, error = %error, "instance not snapshotted");
            let message = format!("{}: {error}", trigger.instance);
            Err(Failed { error_type: "SnapshotFailed", retry: error.retry(), message })
        }
    }
}

fn result(
    trigger: &InstanceTrigger,
    protected: &SnapshotOutcome,
    metrics: &mut Metrics,
) -> Result<Value, Failed> {
    let instance = &trigger.instance;
    let mut body = json!({ "instance_id": instance, "state": trigger.what.word() });
    let more = match protected {
        SnapshotOutcome::Skipped(skip) => {
            metrics.add("Skipped", 1);
            tracing::info!(instance.id = %instance, decision = "skip", reason = %skip, "instance skipped");
            json!({ "action": "skipped", "reason": skip.to_string() })
        }
        SnapshotOutcome::Observed(plan) => {
            metrics.add("Observed", 1);
            let text = serde_json::to_string(plan).unwrap_or_default();
            tracing::info!(instance.id = %instance, decision = "observe", plan = %text, "instance only observed");
            json!({ "action": "observed", "plan": plan })
        }
        SnapshotOutcome::GaveUp(GaveUp { key, error, announced }) => {
            metrics.add("Failed", 1);
            tracing::error!(instance.id = %instance, key = %key, error = %error, "instance not snapshotted");
            told(key, instance, announced)?;
            let mut body = gave_up(error);
            extend(&mut body, json!({ "key": key }));
            body
        }
        SnapshotOutcome::Taken(taken) => {
            count(taken, metrics);
            let text = serde_json::to_string(&taken.set.incident.plan).unwrap_or_default();
            tracing::info!(instance.id = %instance, decision = "snapshot", key = %taken.key, plan = %text, "instance snapshotted");
            told(&taken.key, instance, &taken.announced)?;
            done(taken)
        }
    };
    extend(&mut body, more);
    Ok(body)
}

fn gave_up(why: &str) -> Value {
    json!({ "action": "gave_up", "status": Status::Failed, "snapshots_created": [], "reason": why })
}

/// Fails when people were not told, so that the next delivery tells them.
fn told(key: &LedgerKey, instance: &InstanceId, announced: &Announced) -> Result<(), Failed> {
    let failed = |why| Failed {
        error_type: "NoticeFailed",
        retry: Retry::Later,
        message: format!("{instance} is dealt with ({key}), but people were not told: {why}"),
    };
    announced.failure().map_or(Ok(()), |why| Err(failed(why)))
}

fn count(taken: &Taken, metrics: &mut Metrics) {
    let n = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let new = if taken.how == How::Recorded { 0 } else { n(taken.set.snapshots.len()) };
    metrics.add("SnapshotsCreated", new);
    let plan = &taken.set.incident.plan;
    let is_lost = plan.consistency == Consistency::TooLate;
    let is_news = taken.how != How::Recorded;
    metrics.add("InstancesLost", u64::from(is_lost && is_news));
    metrics.add("InstancesNotProtected", u64::from(plan.targets.is_empty() && !is_lost && is_news));
    metrics.add("VolumesFailed", n(taken.set.failed.len()));
    metrics.add("NothingToDo", u64::from(taken.how == How::Recorded));
}

fn done(taken: &Taken) -> Value {
    let plan = &taken.set.incident.plan;
    let ids: Vec<&str> = taken.set.snapshots.iter().map(|s| s.id.as_str()).collect();
    let (action, status) = match plan.consistency {
        Consistency::TooLate => ("too_late", Status::Failed),
        Consistency::Clean | Consistency::CrashConsistent if plan.targets.is_empty() => {
            ("not_protected", Status::Ok)
        }
        Consistency::Clean | Consistency::CrashConsistent => {
            ("snapshot", Status::of(ids.len(), taken.set.failed.len()))
        }
    };
    json!({
        "action": action,
        "status": status,
        "snapshots_created": ids,
        "failed": taken.set.failed,
        "left_out": plan.left_out,
        "surplus": taken.set.surplus,
        "unnamed": taken.set.unnamed,
        "cause": plan.cause,
        "consistency": plan.consistency,
        "crash_consistent_set": taken.set.together,
        "key": taken.key,
        "how": taken.how,
        "notification": taken.announced,
    })
}

fn extend(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}
