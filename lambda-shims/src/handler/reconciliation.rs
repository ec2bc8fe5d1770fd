use domain::policy::mode::Mode;
use domain::policy::reconcile::ReconcilePolicy;
use domain::policy::status::Status;
use domain::workflow::maintain::{FOR_REPORT, Task};
use domain::workflow::once::{How, OnceError};
use domain::workflow::reconcile::{Reconciled, reconcile as run_reconcile};
use futures::FutureExt;
use futures::future::ready;
use jiff::civil::Date;
use ports::trigger::NightTrigger;
use ports::{AccountId, Region, time};
use serde_json::json;

use super::nightly_maintenance::{Seen, see_through};
use super::{Context, Failure, Reply};
use crate::Ports;
use crate::emf::Metrics;
use crate::settings::NightSettings;

/// Finishes what was left behind.
///
/// # Errors
///
/// When some of it could not be done this time, or people could not be told.
pub(super) async fn reconcile(
    ports: &Ports,
    settings: &NightSettings,
    context: &Context,
) -> Result<Reply, Failure> {
    let told =
        run_reconcile(&ports.reconcile(), &policy(settings, context), &context.run(settings.mode)).await;
    log(&told);
    let mut metrics = count(&told);
    let untold = told.announced.as_ref().and_then(|announced| announced.failure());
    let mut failures = domain::render::reconcile::failures(&told);
    failures.extend(untold.map(|why| format!("people were not told: {why}")));
    let mut nights = Vec::new();
    for night in &told.nights {
        match finish(ports, settings, context, (*night, &told)).await {
            Ok(seen) => {
                failures
                    .extend(seen.untold.map(|why| format!("night of {night}: people were not told: {why}")));
                metrics.extend(&seen.metrics);
                nights.push(seen.body);
            }
            Err(error) if error.is_elsewhere() => {}
            Err(error) => failures.push(format!("night of {night}: {error}")),
        }
    }
    if !failures.is_empty() {
        let message = format!("reconcile: {}", failures.join("; "));
        tracing::error!(failures = %message, "not everything reconciled");
        return Err(Failure { error_type: "ReconcileFailed", message, metrics });
    }
    let mut body = json!({ "task": "reconcile", "status": told.status(), "reconciliation": told });
    if let (Some(body), false) = (body.as_object_mut(), nights.is_empty()) {
        body.insert("nights".to_owned(), nights.into());
    }
    Ok(Reply { body, metrics })
}

/// Sees a night through that nobody finished. What cannot be done of it is told in its report.
async fn finish(
    ports: &Ports,
    settings: &NightSettings,
    context: &Context,
    (night, told): (Date, &Reconciled),
) -> Result<Seen, OnceError> {
    let trigger = NightTrigger { at: time::midnight(night) };
    let reconciled = ready(Task::Done(told.clone(), How::Fresh)).boxed();
    see_through(ports, settings, context, &trigger, reconciled).await
}

/// The same as a task of the night, which leaves the night its time for the report.
pub(super) async fn as_task(ports: &Ports, settings: &NightSettings, context: &Context) -> Task<Reconciled> {
    let run = context.run(settings.mode).leaving(FOR_REPORT);
    let told = run_reconcile(&ports.reconcile(), &policy(settings, context), &run).await;
    log(&told);
    match settings.mode {
        Mode::Observe => Task::Observed,
        Mode::Act => Task::Done(told, How::Fresh),
    }
}

/// Events that were lost are told for the place that the function runs in; where that is not known, its topic's.
fn policy(settings: &NightSettings, context: &Context) -> ReconcilePolicy {
    let topic = &settings.common.alert_topic;
    let account = context.account.clone().or_else(|| AccountId::new(topic.account()).ok());
    let region = context.region.clone().or_else(|| Region::new(topic.region()).ok());
    let mut snapshots = settings.snapshots.clone();
    snapshots.account.clone_from(&account);
    ReconcilePolicy {
        snapshots,
        retention: settings.retention.clone(),
        alarm_max_age: settings.alarm_max_age,
        place: account.zip(region),
    }
}

/// One line for each decision.
fn log(told: &Reconciled) {
    for deed in &told.done {
        let task = serde_json::to_string(&deed.task).unwrap_or_default();
        tracing::info!(decision = "finish", task = %task, words = %deed.words, "left-over finished");
    }
    for finding in &told.found {
        tracing::warn!(decision = "report", about = %finding.about, words = %finding.words, "left-over for a person");
    }
    for task in &told.observed {
        let task = serde_json::to_string(task).unwrap_or_default();
        tracing::info!(decision = "observe", task = %task, "left-over only observed");
    }
}

fn count(told: &Reconciled) -> Metrics {
    let n = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut metrics = Metrics::default();
    metrics.add("Reconciled", told.finished());
    metrics.add("ReconcileFindings", told.findings());
    metrics.add("ReconcileFailed", told.failures().saturating_add(n(told.left)));
    metrics.add("NothingToDo", u64::from(told.done.is_empty() && told.status() == Status::Ok));
    metrics
}
