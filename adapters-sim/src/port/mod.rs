//! Caretaker's ports over the simulated cloud.

mod archive;
mod ec2;
mod ledger;
mod metrics;
mod other;

use jiff::SignedDuration;

use crate::cloud::{ApiError, Cloud};
use crate::kernel::{Actor, Call, Context, Handle, Op};

/// Every port, for one caller.
#[derive(Clone, Debug)]
pub struct SimPorts {
    handle: Handle,
    actor: Actor,
    names: Names,
}

/// The names of the resources that some ports are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The topic that notices go to.
    pub topic: String,
    /// The table of the ledger.
    pub ledger: String,
    /// The table of the metrics.
    pub metrics: String,
    /// The bucket of the archive.
    pub bucket: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            topic: "arn:aws:sns:eu-west-1:123456789012:alerts".to_owned(),
            ledger: "ledger".to_owned(),
            metrics: "metrics".to_owned(),
            bucket: "reports".to_owned(),
        }
    }
}

impl SimPorts {
    pub(crate) fn new(handle: Handle, actor: Actor) -> Self {
        Self { handle, actor, names: Names::default() }
    }

    /// The same ports, bound to these resources.
    #[must_use]
    pub fn bound_to(self, names: Names) -> Self {
        Self { names, ..self }
    }

    fn call<T: Send + 'static>(
        &self,
        op: Op,
        request: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Call<T> {
        Call::new(self.handle.clone(), self.actor, op, request)
    }

    async fn wait(&self, span: SignedDuration) {
        self.handle.sleep(span).await;
    }
}
