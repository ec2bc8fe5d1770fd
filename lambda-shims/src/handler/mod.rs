//! One handler for each function: JSON in, JSON out.

mod auto_remediation;
mod auto_snapshot;
mod ignoring;
mod nightly_maintenance;
mod poison;
mod reconciliation;

pub use auto_remediation::auto_remediation;
pub use auto_snapshot::auto_snapshot;
pub use nightly_maintenance::nightly_maintenance;

use domain::policy::mode::Mode;
use domain::policy::once::Owner;
use domain::workflow::run::Run;
use jiff::Timestamp;
use ports::trigger::Ignored;
use ports::{AccountId, Region, RequestId};
use serde_json::{Value, json};

use crate::emf::Metrics;

/// What the runtime says about an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The id of the request; retries of one event share it.
    pub request: RequestId,
    /// What tells this attempt from the others.
    pub nonce: String,
    /// The function's name.
    pub function: String,
    /// The account it runs in, where that is known.
    pub account: Option<AccountId>,
    /// The region it runs in, where that is known.
    pub region: Option<Region>,
    /// When the runtime ends it.
    pub deadline: Timestamp,
}

impl Context {
    fn run(&self, mode: Mode) -> Run {
        Run {
            owner: Owner { request: self.request.clone(), nonce: self.nonce.clone() },
            function: self.function.clone(),
            deadline: self.deadline,
            mode,
        }
    }
}

/// Gives the ports of a region, or those of the function's own.
pub type PortsIn<'a, P> = &'a (dyn Fn(Option<&Region>) -> P + Send + Sync);

/// What a handler answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The response.
    pub body: Value,
    /// What was done, in numbers.
    pub metrics: Metrics,
}

/// Why an invocation failed: it must be tried again, or a person must hear of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind of failure, as the runtime reports it.
    pub error_type: &'static str,
    /// What failed.
    pub message: String,
    /// What was done, in numbers.
    pub metrics: Metrics,
}

/// What an invocation did in numbers, however it ended.
pub fn metrics(outcome: &Result<Reply, Failure>) -> &Metrics {
    match outcome {
        Ok(reply) => &reply.metrics,
        Err(failure) => &failure.metrics,
    }
}

/// The answer to an event, or a part of one, that asks for nothing.
fn ignored(ignored: &Ignored, metrics: &mut Metrics) -> Value {
    tracing::info!(decision = "ignore", reason = %ignored.reason, detail = %ignored.detail, "event ignored");
    metrics.add("Ignored", 1);
    json!({ "action": "ignored", "reason": ignored.reason.to_string(), "detail": ignored.detail })
}
