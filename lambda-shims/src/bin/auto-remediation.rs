//! Answers alarms.

use lambda_shims::settings::RemediationSettings;
use lambda_shims::{handler, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::serve(RemediationSettings::parse(&runtime::environment()), handler::auto_remediation).await
}
