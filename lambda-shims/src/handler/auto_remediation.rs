use domain::render;
use domain::render::remedy::Summary;
use domain::workflow::remedy::{Action, RemediatePolicy, Remedied, remediate};
use ports::trigger::AlarmTrigger;
use serde_json::{Value, json};

use super::ignoring::Astray;
use super::poison::Hopeless;
use super::{Context, Failure, PortsIn, Reply, ignored};
use crate::RemediationPorts;
use crate::emf::Metrics;
use crate::settings::RemediationSettings;

/// Answers the alarms of an event. One that fails does not stop the others.
///
/// # Errors
///
/// When an alarm that wanted an answer may not have got it, or people could not be told.
pub async fn auto_remediation(
    ports_in: PortsIn<'_, RemediationPorts>,
    settings: &RemediationSettings,
    payload: &[u8],
    context: &Context,
) -> Result<Reply, Failure> {
    let mut metrics = Metrics::default();
    let mut results = Vec::new();
    let mut failures = Vec::new();
    let (mut hopeless, mut astray) = (Hopeless::default(), Astray::default());
    for read in adapters_aws::inbound::alarms(payload) {
        match read {
            Err(reason) => {
                hopeless.see(&reason);
                astray.see(&reason);
                results.push(ignored(&reason, &mut metrics));
            }
            Ok(alarm) => match answer(ports_in, settings, context, &alarm).await {
                Ok(remedied) => {
                    failures.extend(untold(&alarm, &remedied));
                    results.push(result(&alarm, &remedied.action, &mut metrics));
                }
                Err(why) => failures.push(format!("{}: {why}", alarm.name)),
            },
        }
    }
    let home = ports_in(None);
    let announcing = home.remediate().announcing();
    let counting = (announcing.ledger, announcing.clock);
    astray.count(counting, (settings.mode, "auto-remediation"), payload).await;
    hopeless.set_aside(announcing, (settings.mode, context), payload, &mut metrics).await?;
    if failures.is_empty() {
        let body = json!({
            "processed": metrics.get("Processed"), "ignored": metrics.get("Ignored"), "results": results,
        });
        return Ok(Reply { body, metrics });
    }
    metrics.add("Failed", u64::try_from(failures.len()).unwrap_or(u64::MAX));
    let message = failures.join("; ");
    tracing::error!(failures = %message, "alarms not answered");
    Err(Failure { error_type: "RemediationFailed", message, metrics })
}

async fn answer(
    ports_in: PortsIn<'_, RemediationPorts>,
    settings: &RemediationSettings,
    context: &Context,
    alarm: &AlarmTrigger,
) -> Result<Remedied, String> {
    if context.account.as_ref().is_some_and(|own| *own != alarm.account) {
        let why =
            format!("the alarm is of account {}, which this function does not look after", alarm.account);
        return Ok(Remedied { action: Action::Left(why), announced: None });
    }
    let policy = RemediatePolicy {
        routes: settings.routes.clone(),
        scale: settings.scale.clone(),
        restart: settings.restart.clone(),
    };
    let ports = ports_in(Some(&alarm.region));
    let run = context.run(settings.mode);
    remediate(&ports.remediate(), &policy, &run, alarm).await.map_err(|error| error.to_string())
}

fn untold(alarm: &AlarmTrigger, remedied: &Remedied) -> Option<String> {
    let why = remedied.announced.as_ref()?.failure()?;
    Some(format!("{}: answered, but people were not told: {why}", alarm.name))
}

fn result(alarm: &AlarmTrigger, action: &Action, metrics: &mut Metrics) -> Value {
    let Summary { mut response, counted, .. } = render::remedy::summary(action);
    metrics.add("Processed", 1);
    if let Some((metric, n)) = counted {
        metrics.add(metric, n);
    }
    tracing::info!(alarm.name = %alarm.name, alarm.state = %alarm.state, decision = %response, "alarm answered");
    if let Some(object) = response.as_object_mut() {
        object.insert("alarm".to_owned(), json!(alarm.name));
        object.insert("state".to_owned(), json!(alarm.state));
    }
    response
}
