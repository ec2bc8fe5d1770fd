//! `caretaker replay --aws`: the real handler, the real ports, the settings of the environment.

use std::io::Write;

use jiff::{SignedDuration, Timestamp};
use lambda_shims::handler::{self, Context, Failure, Reply};
use lambda_shims::runtime::environment;
use lambda_shims::settings::{NightSettings, Pairs, RemediationSettings, SettingsError, SnapshotSettings};
use lambda_shims::wiring::{Aws, Names};
use serde_json::json;
use simulation::stack::FunctionName;

use super::{BadInput, CommandEnd, print_json};

/// How long the handler may take.
const TIME: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn run(
    function: FunctionName,
    payload: &[u8],
    observe: bool,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<CommandEnd, BadInput> {
    let mut settings = environment();
    if observe {
        settings.insert("MODE".to_owned(), "observe".to_owned());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadInput::new("runtime", error))?;
    let bad = |error: SettingsError| BadInput::new("environment", error);
    let outcome = runtime.block_on(handle(function, payload, &settings)).map_err(bad)?;
    let (told, verdict) = match outcome {
        Ok(reply) => (json!({ "response": reply.body }), CommandEnd::Done),
        Err(failure) => {
            let error = json!({ "error_type": failure.error_type, "message": failure.message });
            (json!({ "error": error }), CommandEnd::Wrong)
        }
    };
    if as_json {
        print_json(out, &told)?;
    } else {
        let _ = writeln!(out, "{told:#}");
    }
    Ok(verdict)
}

async fn handle(
    function: FunctionName,
    payload: &[u8],
    pairs: &Pairs,
) -> Result<Result<Reply, Failure>, SettingsError> {
    let context = context(function);
    Ok(match function {
        FunctionName::AutoSnapshot => {
            let settings = SnapshotSettings::parse(pairs)?;
            let aws = Aws::load(&Names::from(&settings)).await;
            handler::auto_snapshot(&move |region| aws.ports(region), &settings, payload, &context).await
        }
        FunctionName::NightlyMaintenance => {
            let settings = NightSettings::parse(pairs)?;
            let aws = Aws::load(&Names::from(&settings)).await;
            handler::nightly_maintenance(&move |region| aws.ports(region), &settings, payload, &context).await
        }
        FunctionName::AutoRemediation => {
            let settings = RemediationSettings::parse(pairs)?;
            let aws = Aws::load(&Names::from(&settings)).await;
            handler::auto_remediation(&move |region| aws.ports(region), &settings, payload, &context).await
        }
    })
}

/// A person replays: the request is named by the present, and the account is whichever the credentials are for.
fn context(function: FunctionName) -> Context {
    let now = Timestamp::now();
    Context {
        request: ports::RequestId::new(format!("replay-{}", now.as_millisecond()))
            .unwrap_or_else(|error| unreachable!("{error}")),
        nonce: now.as_nanosecond().to_string(),
        function: function.as_str().to_owned(),
        account: None,
        region: None,
        deadline: ports::time::later(now, TIME),
    }
}
