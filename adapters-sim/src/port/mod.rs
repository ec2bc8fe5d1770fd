//! Caretaker's ports over the simulated cloud.

mod archive;
mod ec2;
mod ledger;
mod metrics;
mod other;

use std::sync::Arc;

use jiff::SignedDuration;
use ports::{ErrorKind, ObjectKey, PortError};

use crate::cloud::iam::ask::Ask;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::{Actor, Call, Context, Footprint, Handle, Op};

/// Every port, for one caller.
#[derive(Clone, Debug)]
pub struct SimPorts {
    handle: Handle,
    actor: Actor,
    /// The function whose role has to allow what is asked for; a person may do everything.
    function: Option<Arc<str>>,
    names: Names,
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
    pub(crate) fn object(&self, key: &ObjectKey) -> Result<ObjectKey, PortError> {
        Ok(ObjectKey::new(format!("{}{key}", self.prefix))?)
    }
}

impl SimPorts {
    pub(crate) fn new(handle: Handle, actor: Actor) -> Self {
        Self { handle, actor, function: None, names: Names::default() }
    }

    /// The same ports, whose requests a function's role has to allow.
    #[must_use]
    pub(crate) fn run_by(self, function: &str) -> Self {
        Self { function: Some(function.into()), ..self }
    }

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
        let (function, ask) = (self.function.clone(), Arc::clone(ask));
        let call = Call::new(
            self.handle.clone(),
            self.actor,
            sent,
            move |cloud: &mut Cloud, context: &mut Context<'_>| {
                // Permissions are looked at when a request arrives, however late that is.
                if let Some(function) = function {
                    cloud.permit(&function, |cloud| ask.requests(cloud))?;
                }
                request(cloud, context)
            },
        );
        let detail = |error: &ApiError| format!("{}: {}", error.code, error.message);
        call.await.map_err(|error| PortError::new(error.kind, sent.0.name, detail(&error)))
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
        self.handle.sleep(span).await;
    }
}
