//! Snapshots instances that fail.

use lambda_shims::settings::SnapshotSettings;
use lambda_shims::{handler, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::serve(SnapshotSettings::parse(&runtime::environment()), handler::auto_snapshot).await
}
