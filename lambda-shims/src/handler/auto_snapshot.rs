use domain::policy::status::Status;
use domain::workflow::once::How;
use domain::workflow::protect::{Protected, Taken, protect};
use ports::trigger::InstanceTrigger;
use serde_json::{Value, json};

use super::{Context, Failure, PortsIn, Reply, ignored};
use crate::emf::Metrics;
use crate::settings::SnapshotSettings;

/// Snapshots an instance that failed.
///
/// # Errors
///
/// When it may not have its snapshots, or people could not be told.
pub async fn auto_snapshot(
    ports_in: PortsIn<'_>,
    settings: &SnapshotSettings,
    payload: &[u8],
    context: &Context,
) -> Result<Reply, Failure> {
    let trigger = match adapters_aws::inbound::instance(payload) {
        Ok(trigger) => trigger,
        Err(reason) => return Ok(ignored(&reason)),
    };
    let mut policy = settings.policy.clone();
    policy.account.clone_from(&context.account);
    let run = context.run(settings.mode);
    let ports = ports_in(Some(&trigger.region));
    let mut metrics = Metrics::default();
    match protect(&ports.protect(), &policy, &run, &trigger).await {
        Ok(protected) => reply(&trigger, &protected, metrics),
        Err(error) => {
            metrics.add("Failed", 1);
            tracing::error!(instance.id = %trigger.instance, error = %error, "instance not snapshotted");
            Err(Failure { error_type: "SnapshotFailed", message: error.to_string(), metrics })
        }
    }
}

fn reply(trigger: &InstanceTrigger, protected: &Protected, mut metrics: Metrics) -> Result<Reply, Failure> {
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
            count(taken, &mut metrics);
            let text = serde_json::to_string(&taken.set.incident.plan).unwrap_or_default();
            tracing::info!(instance.id = %instance, decision = "snapshot", key = %taken.key, plan = %text, "instance snapshotted");
            if let Some(why) = taken.announced.failure() {
                let message =
                    format!("{instance} has its snapshots ({}), but people were not told: {why}", taken.key);
                return Err(Failure { error_type: "NoticeFailed", message, metrics });
            }
            done(taken)
        }
    };
    extend(&mut body, more);
    Ok(Reply { body, metrics })
}

fn count(taken: &Taken, metrics: &mut Metrics) {
    let n = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let new = if taken.how == How::Recorded { 0 } else { n(taken.set.snapshots.len()) };
    metrics.add("SnapshotsCreated", new);
    metrics.add("VolumesFailed", n(taken.set.failed.len()));
    metrics.add("NothingToDo", u64::from(taken.how == How::Recorded));
}

fn done(taken: &Taken) -> Value {
    let plan = &taken.set.incident.plan;
    let ids: Vec<&str> = taken.set.snapshots.iter().map(|s| s.id.as_str()).collect();
    json!({
        "action": "snapshot",
        "status": Status::of(ids.len(), taken.set.failed.len()),
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
