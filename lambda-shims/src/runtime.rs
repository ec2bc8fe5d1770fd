//! Lambda's runtime around a handler: logs, metrics, errors that say what to do.

use std::io::Write;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use ports::{AccountId, Region};
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::Instrument;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::emf::Metrics;
use crate::handler::{Context, Failure, PortsIn, Reply, metrics};
use crate::settings::{Pairs, SettingsError};
use crate::wiring::{Aws, Names, Wired};

/// The settings as the environment holds them.
pub fn environment() -> Pairs {
    std::env::vars().collect()
}

/// Serves a function until the runtime ends the process. With settings that cannot be used every invocation fails and
/// says what is wrong with them, so that it reaches whoever looks after failures.
///
/// # Errors
///
/// When the runtime cannot be reached.
#[expect(clippy::future_not_send, reason = "a process serves one invocation at a time, on one thread")]
pub async fn serve<S, P>(
    settings: Result<S, SettingsError>,
    handler: impl AsyncFn(PortsIn<'_, P>, &S, &[u8], &Context) -> Result<Reply, Failure>,
) -> Result<(), Error>
where
    for<'a> Names: From<&'a S>,
    P: Wired + Send + Sync,
{
    log();
    let ready = match settings {
        Ok(settings) => Ok((Aws::load(&Names::from(&settings)).await, settings)),
        Err(error) => {
            tracing::error!(error = %error, "bad settings");
            Err(error)
        }
    };
    let (ready, handler) = (&ready, &handler);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let context = context(&event.context)?;
        let (aws, settings) = match ready {
            Ok(ready) => ready,
            Err(error) => return finish(Err(unusable(error)), &context),
        };
        let span =
            tracing::info_span!("invocation", request.id = %context.request, function = %context.function);
        let ports_in = |region: Option<&ports::Region>| aws.ports(region);
        // Boxed: a workflow's future is many kilobytes, which would be copied with every future around it.
        let answer = Box::pin(handler(&ports_in, settings, event.payload.get().as_bytes(), &context));
        finish(answer.instrument(span).await, &context)
    }))
    .await
}

/// JSON logs on standard output, one line an event; `RUST_LOG` sets how much: a level, or levels by target.
fn log() {
    let asked: Option<Targets> = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

fn context(told: &lambda_runtime::Context) -> Result<Context, Diagnostic> {
    let bad = |why: &dyn std::fmt::Display| diagnostic("Context", &why.to_string());
    let deadline = i64::try_from(told.deadline).map_err(|error| bad(&error))?;
    Ok(Context {
        request: told.request_id.parse().map_err(|error: ports::IdError| bad(&error))?,
        nonce: format!("{:016x}", fastrand::u64(..)),
        function: told.env_config.function_name.clone(),
        account: told.invoked_function_arn.split(':').nth(4).and_then(|account| AccountId::new(account).ok()),
        region: told.invoked_function_arn.split(':').nth(3).and_then(|region| Region::new(region).ok()),
        deadline: Timestamp::from_millisecond(deadline).map_err(|error| bad(&error))?,
    })
}

/// Writes the metrics line, and turns the outcome into what the runtime reports.
fn finish(outcome: Result<Reply, Failure>, context: &Context) -> Result<Value, Diagnostic> {
    let line = metrics(&outcome).line(&context.function, Timestamp::now());
    let _ = writeln!(std::io::stdout(), "{line}");
    outcome.map(|reply| reply.body).map_err(|failure| diagnostic(failure.error_type, &failure.message))
}

fn unusable(settings: &SettingsError) -> Failure {
    let mut metrics = Metrics::default();
    metrics.add("Failed", 1);
    Failure { error_type: "Settings", message: settings.to_string(), metrics }
}

fn diagnostic(error_type: &str, message: &str) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: message.to_owned() }
}
