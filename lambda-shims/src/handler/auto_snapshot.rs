use domain::policy::snapshot::Consistency;
use domain::policy::status::Status;
use domain::workflow::once::How;
use domain::workflow::protect::{Protected, Taken, protect};
use ports::trigger::InstanceTrigger;
use serde_json::{Value, json};

use super::{Context, Failure, PortsIn, Reply, ignored};
use crate::emf::Metrics;
use crate::settings::SnapshotSettings;

/// Snapshots the instances that an event is about. One that fails does not stop the others.
///
/// # Errors
///
/// When one may not have its snapshots, or people could not be told.
pub async fn auto_snapshot(
    ports_in: PortsIn<'_>,
    settings: &SnapshotSettings,
    payload: &[u8],
    context: &Context,
) -> Result<Reply, Failure> {
    let mut metrics = Metrics::default();
    let mut results = Vec::new();
    let mut failures: Vec<Failed> = Vec::new();
    for read in adapters_aws::inbound::instances(payload) {
        let answer = match read {
            Ok(trigger) => answer(ports_in, settings, context, &trigger, &mut metrics).await,
            Err(reason) => Ok(ignored(&reason, &mut metrics)),
        };
        match answer {
            Ok(result) => results.push(result),
            Err(failed) => failures.push(failed),
        }
    }
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
    ports_in: PortsIn<'_>,
    settings: &SnapshotSettings,
    context: &Context,
    trigger: &InstanceTrigger,
    metrics: &mut Metrics,
) -> Result<Value, Failed> {
    let mut policy = settings.policy.clone();
    policy.account.clone_from(&context.account);
    let run = context.run(settings.mode);
    let ports = ports_in(Some(&trigger.region));
    match protect(&ports.protect(), &policy, &run, trigger).await {
        Ok(protected) => result(trigger, &protected, metrics),
        Err(error) => {
            metrics.add("Failed", 1);
            tracing::error!(instance.id = %trigger.instance, error = %error, "instance not snapshotted");
            Err(Failed { error_type: "SnapshotFailed", message: format!("{}: {error}", trigger.instance) })
        }
    }
}

fn result(trigger: &InstanceTrigger, protected: &Protected, metrics: &mut Metrics) -> Result<Value, Failed> {
    let instance = &trigger.instance;
    let mut body = json!({ "instance_id": instance, "state": trigger.what.word() });
    let more = match protected {
        Protected::Skipped(skip) => {
            metrics.add("Skipped", 1);
            tracing::info!(instance.id = %instance, decision = "skip", reason = %skip, "instance skipped");
            json!({ "action": "skipped", "reason": skip.to_string() })
        }
        Protected::Observed(plan) => {
            metrics.add("Observed", 1);
            let text = serde_json::to_string(plan).unwrap_or_default();
            tracing::info!(instance.id = %instance, decision = "observe", plan = %text, "instance only observed");
            json!({ "action": "observed", "plan": plan })
        }
        Protected::Taken(taken) => {
            count(taken, metrics);
            let text = serde_json::to_string(&taken.set.incident.plan).unwrap_or_default();
            tracing::info!(instance.id = %instance, decision = "snapshot", key = %taken.key, plan = %text, "instance snapshotted");
            if let Some(why) = taken.announced.failure() {
                let message =
                    format!("{instance} is dealt with ({}), but people were not told: {why}", taken.key);
                return Err(Failed { error_type: "NoticeFailed", message });
            }
            done(taken)
        }
    };
    extend(&mut body, more);
    Ok(body)
}

fn count(taken: &Taken, metrics: &mut Metrics) {
    let n = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let new = if taken.how == How::Recorded { 0 } else { n(taken.set.snapshots.len()) };
    metrics.add("SnapshotsCreated", new);
    let lost = taken.set.incident.plan.consistency == Consistency::TooLate;
    metrics.add("InstancesLost", u64::from(lost && taken.how != How::Recorded));
    metrics.add("VolumesFailed", n(taken.set.failed.len()));
    metrics.add("NothingToDo", u64::from(taken.how == How::Recorded));
}

fn done(taken: &Taken) -> Value {
    let plan = &taken.set.incident.plan;
    let ids: Vec<&str> = taken.set.snapshots.iter().map(|s| s.id.as_str()).collect();
    let (action, status) = match plan.consistency {
        Consistency::TooLate => ("too_late", Status::Failed),
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
