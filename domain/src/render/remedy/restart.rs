//! What is said of a restart.

use ports::InstanceId;
use serde_json::json;

use super::Summary;
use crate::policy::status::Status;
use crate::workflow::once::How;

/// An instance was restarted.
pub fn restarted(instance: &InstanceId, how: How) -> Summary {
    let response = json!({ "action": "restart", "instance_id": instance, "status": Status::Ok, "how": how });
    Summary::new(format!("restarted `{instance}`"), json!({ "restarted": instance }), response)
        .counted("Restarts", how != How::Recorded)
}

/// An instance would be restarted.
pub fn plan(instance: &InstanceId) -> String {
    format!("restart `{instance}`")
}
