//! Caretaker's ports over the simulated cloud, and nothing else.
//!
//! Begin with a [`Sim`] and its ports ([`HasPorts`]); inside a handler an [`Invocation`] has them, too. The cloud
//! itself, faults, rules and exploration are `cloud_sim`'s.

mod archive;
mod ec2;
mod ledger;
mod metrics;
mod other;

use std::sync::Arc;

use cloud_sim::Sim;
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::cloud::{ApiError, Cloud};
use cloud_sim::kernel::{Caller, Context, Footprint, Invocation, Op};
use jiff::SignedDuration;
use ports::{ErrorKind, ObjectKey, PortError};

/// Every port, for one caller.
#[derive(Clone, Debug)]
pub struct SimPorts {
    caller: Caller,
    names: Names,
}

/// Who has ports over the simulated cloud: a person at a simulation, and every invocation.
///
/// # Examples
///
/// ```
/// use adapters_sim::HasPorts;
/// use cloud_sim::Sim;
/// use jiff::SignedDuration;
/// use ports::Clock;
///
/// let sim = Sim::new("2026-11-23T00:00:00Z".parse().unwrap(), 1);
/// let ports = sim.ports();
/// let woke = sim.block_on(async move {
///     ports.sleep(SignedDuration::from_hours(24)).await;
///     ports.now()
/// });
/// assert_eq!(woke.unwrap().to_string(), "2026-11-24T00:00:00Z");
/// ```
pub trait HasPorts {
    /// The cloud as they see it.
    fn ports(&self) -> SimPorts;
}

impl HasPorts for Sim {
    fn ports(&self) -> SimPorts {
        SimPorts { caller: self.caller(), names: Names::default() }
    }
}

impl HasPorts for Invocation {
    fn ports(&self) -> SimPorts {
        SimPorts { caller: self.caller(), names: Names::default() }
    }
}

/// How often the AWS SDK sends a request that may be repeated, in its standard mode
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const ATTEMPTS: u32 = 3;

/// What the SDK tries again: throttles, server errors and lost answers.
fn is_transient(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Throttled | ErrorKind::NotSent | ErrorKind::Unavailable | ErrorKind::Lost => true,
        ErrorKind::Busy | ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Rejected => false,
    }
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
    /// What the keys in it begin with.
    pub prefix: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            topic: "arn:aws:sns:eu-west-1:123456789012:alerts".to_owned(),
            ledger: "ledger".to_owned(),
            metrics: "metrics".to_owned(),
            bucket: "reports".to_owned(),
            prefix: String::new(),
        }
    }
}

impl Names {
    /// The object that a key of the archive stands for.
    ///
    /// # Errors
    ///
    /// When the two together are no key.
    pub fn object(&self, key: &ObjectKey) -> Result<ObjectKey, PortError> {
        Ok(ObjectKey::new(format!("{}{key}", self.prefix))?)
    }
}

impl SimPorts {
    /// The same ports, bound to these resources.
    #[must_use]
    pub fn bound_to(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Sends a request, once.
    async fn call<T: Send + 'static>(
        &self,
        sent: (Op, Footprint),
        ask: &Arc<Ask>,
        request: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, PortError> {
        let ask = Arc::clone(ask);
        let call = self.caller.request(sent.0, sent.1, move |cloud| ask.requests(cloud), request);
        call.await.map_err(|error| PortError::new(error.kind, sent.0.name, error.to_string()))
    }

    /// Sends a request that may be repeated up to three times, as the AWS SDK does.
    async fn repeat<T: Send + 'static>(
        &self,
        sent: (Op, Footprint),
        ask: Ask,
        request: impl Fn(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + Sync + 'static,
    ) -> Result<T, PortError> {
        let (ask, request) = (Arc::new(ask), Arc::new(request));
        let mut pause = SignedDuration::from_millis(100);
        for _ in 1..ATTEMPTS {
            let again = Arc::clone(&request);
            match self.call(sent, &ask, move |cloud, context| again(cloud, context)).await {
                Err(error) if is_transient(error.kind) => self.wait(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        self.call(sent, &ask, move |cloud, context| request(cloud, context)).await
    }

    async fn wait(&self, span: SignedDuration) {
        self.caller.sleep(span).await;
    }
}
