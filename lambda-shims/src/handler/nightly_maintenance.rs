use std::sync::OnceLock;

use domain::policy::listed::LISTED;
use domain::policy::mode::Mode;
use domain::policy::retention::{Ruling, SnapshotVerdict};
use domain::policy::status::Status;
use domain::render;
use domain::workflow::cleanup::Decision;
use domain::workflow::maintain::{Archived, Hooks, Night, NightPolicy, Task, maintain};
use domain::workflow::once::{How, OnceError};
use domain::workflow::reconcile::Reconciled;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ports::trigger::{NightTask, NightTrigger};
use serde_json::{Value, json};

use super::ignoring::Astray;
use super::poison::Hopeless;
use super::reconciliation;
use super::{Context, Failure, PortsIn, Reply, ignored};
use crate::Ports;
use crate::emf::Metrics;
use crate::settings::NightSettings;

/// What names no night that could be done; an alarm watches it.
const TRIGGERS_UNKNOWN: &str = "TriggersUnknown";

/// Does the night's work and reports it, or finishes what was left behind.
///
/// # Errors
///
/// When a task was not done, or people could not be told.
pub async fn nightly_maintenance(
    ports_in: PortsIn<'_, Ports>,
    settings: &NightSettings,
    payload: &[u8],
    context: &Context,
) -> Result<Reply, Failure> {
    let ports = ports_in(None);
    let trigger = match adapters_aws::inbound::night_task(payload) {
        Ok(NightTask::Night(trigger)) => trigger,
        Ok(NightTask::Reconcile) => return reconciliation::reconcile(&ports, settings, context).await,
        Err(reason) => {
            let mut metrics = Metrics::default();
            let body = ignored(&reason, &mut metrics);
            // A schedule that is set wrong is a night that is not done: an alarm watches this.
            metrics.add(TRIGGERS_UNKNOWN, 1);
            let (mut hopeless, mut astray) = (Hopeless::default(), Astray::default());
            hopeless.see(&reason);
            astray.see(&reason);
            let announcing = ports.night().announcing();
            let counting = (announcing.ledger, announcing.clock);
            astray.count(counting, (settings.mode, "nightly-maintenance"), payload).await;
            hopeless.set_aside(announcing, (settings.mode, context), payload, &mut metrics).await?;
            return Ok(Reply { body, metrics });
        }
    };
    let reconciling = Box::pin(reconciliation::as_task(&ports, settings, context));
    match see_through(&ports, settings, context, &trigger, reconciling).await {
        Ok(seen) if seen.undone.is_empty() => Ok(Reply { body: seen.body, metrics: seen.metrics }),
        Ok(seen) => Err(failed(trigger.night(), &seen.undone.join("; "), seen.metrics)),
        // A duplicate has nothing to do: the owner renews its claim for as long as it is there.
        Err(error @ OnceError::Busy { .. }) => Ok(elsewhere(&error)),
        Err(error @ OnceError::ToCome { .. }) => {
            let mut metrics = Metrics::default();
            metrics.add(TRIGGERS_UNKNOWN, 1);
            Err(failed(trigger.night(), &error.to_string(), metrics))
        }
        Err(error) => Err(failed(trigger.night(), &error.to_string(), Metrics::default())),
    }
}

fn failed(night: Date, why: &str, metrics: Metrics) -> Failure {
    tracing::error!(night = %night, failures = %why, "night not done");
    Failure { error_type: "NightFailed", message: format!("night of {night}: {why}"), metrics }
}

fn elsewhere(why: &OnceError) -> Reply {
    tracing::info!(decision = "skip", reason = %why, "night left to another run");
    let mut metrics = Metrics::default();
    metrics.add("NightsElsewhere", 1);
    Reply { body: json!({ "action": "skipped", "reason": why.to_string() }), metrics }
}

/// A night that was seen through, as far as it went.
pub(super) struct Seen {
    /// What was not done.
    undone: Vec<String>,
    /// Why people do not know of it, if they do not.
    pub(super) untold: Option<String>,
    /// The response.
    pub(super) body: Value,
    /// What was done, in numbers.
    pub(super) metrics: Metrics,
}

/// Does a night, or what is missing of it.
pub(super) async fn see_through(
    ports: &Ports,
    settings: &NightSettings,
    context: &Context,
    trigger: &NightTrigger,
    reconciling: BoxFuture<'_, Task<Reconciled>>,
) -> Result<Seen, OnceError> {
    let policy = NightPolicy {
        retention: settings.retention.clone(),
        delete_rate: settings.delete_rate,
        accept: settings.accept.clone(),
        ledger: settings.common.ledger_table.clone(),
        source: settings.source.clone(),
    };
    let observed = OnceLock::new();
    let decided = |decision: Decision<'_>| {
        log_decisions(decision);
        if settings.mode == Mode::Observe {
            observed.get_or_init(|| observed_cleanup(decision));
        }
    };
    let (run, hooks) = (context.run(settings.mode), Hooks { decided: &decided, reconciling });
    let performed = maintain(&ports.night(), &policy, &run, trigger, hooks).await?;
    let night = &performed.outcome;
    Ok(Seen {
        undone: night.undone(),
        untold: night.untold().map(str::to_owned),
        metrics: count(night, performed.how, settings.mode),
        body: body(night, observed.into_inner()),
    })
}

/// One line for the policy, and one for each decision, with the rules that made it.
fn log_decisions(Decision { plan, ruling }: Decision<'_>) {
    let kept = render::retention::policy(&plan.policy);
    let ruling = render::retention::ruling(plan, ruling).unwrap_or_else(|| "all of it may go".to_owned());
    tracing::info!(decision = "policy", retention = %kept, plan = %plan.hash, ruling = %ruling, "snapshots kept {kept}");
    let line = |decision: &str, verdict: &SnapshotVerdict| {
        tracing::info!(
            snapshot.id = %verdict.id,
            volume.id = %verdict.volume,
            started_at = %verdict.start,
            decision,
            reasons = %verdict.reasons,
            "snapshot {decision}"
        );
    };
    plan.kept().for_each(|verdict| line("keep", verdict));
    plan.removed().for_each(|verdict| line("remove", verdict));
}

fn count(night: &Night, how: How, mode: Mode) -> Metrics {
    let mut metrics = Metrics::default();
    let is_new = |task: How| how != How::Recorded && task != How::Recorded;
    if let Task::Done(pruned, task) = &night.cleanup
        && is_new(*task)
    {
        metrics.add("SnapshotsDeleted", pruned.deleted);
        metrics.add("DeletionsFailed", pruned.failures());
        metrics.add("DeletionsLeft", pruned.left);
    }
    if let Task::Done(archived, task) = &night.archival
        && is_new(*task)
    {
        metrics.add("RecordsArchived", archived.records());
    }
    metrics.add("NightsFailed", u64::from(night.status != Status::Ok));
    // Only when people were told, or were not to be told of anything: an alarm watches for its absence.
    if night.report.as_ref().map_or(mode == Mode::Observe, |told| told.failure().is_none()) {
        metrics.add("NightsReported", 1);
    }
    metrics
}

fn body(night: &Night, observed: Option<Value>) -> Value {
    let observed = observed.unwrap_or_else(|| json!({ "observed": true }));
    json!({
        "status": night.status,
        "date": night.night,
        "snapshot_cleanup": task(&night.cleanup, |pruned| json!(pruned), || observed.clone()),
        "floor_only": night.floor_only,
        "metrics_archival": task(&night.archival, archival, || json!({ "observed": true })),
        "reconciliation": task(&night.reconciliation, |told| json!(told), || json!({ "observed": true })),
        "daily_report": {
            "report_sent": night.report.as_ref().is_some_and(|announced| announced.failure().is_none()),
            "date": night.night,
        },
    })
}

fn task<T>(task: &Task<T>, done: fn(&T) -> Value, observed: impl Fn() -> Value) -> Value {
    match task {
        Task::Done(outcome, _) => done(outcome),
        Task::Observed => observed(),
        Task::NotConfigured(why) => json!({ "skipped": why }),
        Task::Refused(why) => json!({ "refused": why }),
        Task::Failed { error, .. } | Task::Elsewhere(error) => json!({ "error": error }),
    }
}

fn observed_cleanup(Decision { plan, ruling }: Decision<'_>) -> Value {
    let remove = plan.in_order_of_removal();
    let refused = match ruling {
        Ruling::Ask(_) => render::retention::ruling(plan, ruling),
        Ruling::Go { .. } => None,
    };
    let ids: Vec<&str> = remove.iter().take(LISTED).map(|verdict| verdict.id.as_str()).collect();
    json!({
        "observed": true,
        "would_delete": remove.len(),
        "kept": plan.kept().count(),
        "would_delete_ids": ids,
        "refused": refused,
        "retention": render::retention::policy(&plan.policy),
        "plan_hash": plan.hash,
    })
}

fn archival(archived: &Archived) -> Value {
    json!({
        "records_archived": archived.records(),
        "date": archived.date,
        "days": archived.days,
        "failed": archived.failed,
    })
}
