//! Cleans up, archives and reports at night.

use lambda_shims::settings::NightSettings;
use lambda_shims::{handler, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::serve(NightSettings::parse(&runtime::environment()), handler::nightly_maintenance).await
}
