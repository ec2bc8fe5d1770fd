use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_vocabulary::ErrorKind;
use jiff::{SignedDuration, Timestamp};

use super::{NoAnswer, Request, Response, understand};
use crate::cloud::Cloud;
use crate::kernel::{Caller, Context};

/// The way of one caller's HTTP requests into a simulation. Each is a request like that of a port: it is sent, takes effect and is
/// answered, and whatever can go wrong with those can go wrong with it.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::Sim;
///
/// let sim = Sim::new("2026-11-23T00:00:00Z".parse().unwrap(), 1);
/// let request = http::Request::post("http://localhost/").body("Action=GetCallerIdentity&Version=2011-06-15".into());
/// let answer = sim.block_on(sim.wire().send(request.unwrap())).unwrap().unwrap();
/// assert_eq!(answer.status(), 200);
/// assert!(answer.body().windows(12).any(|part| part == b"123456789012"));
/// ```
#[derive(Clone)]
pub struct Face {
    caller: Caller,
    requests: Arc<AtomicU64>,
}

impl Face {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller, requests: Arc::default() }
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, NoAnswer>> + Send + 'static {
        let face = self.clone();
        async move { face.exchange(request).await }
    }

    async fn exchange(&self, request: Request) -> Result<Response, NoAnswer> {
        let nth = self.requests.fetch_add(1, Ordering::Relaxed);
        let id = format!("5bf3a1de-0000-4000-8000-{nth:012x}");
        let exchange = match understand(request, &id) {
            Ok(exchange) => exchange,
            Err(refusal) => return Ok(*refusal),
        };
        let (sent, errors) = (exchange.sent(), exchange.errors());
        let act = move |cloud: &mut Cloud, context: &mut Context<'_>| exchange.apply(cloud, context);
        // What a request over the wire asks of IAM is not known here: it is let through.
        match self.caller.request(sent.0, sent.1, |_| Vec::new(), act).await {
            Ok(answer) => Ok(answer),
            Err(error) if error.kind == ErrorKind::Lost => Err(NoAnswer),
            Err(error) => Ok(errors(&error)),
        }
    }

    /// The present, by the caller's clock.
    pub fn now(&self) -> Timestamp {
        self.caller.now()
    }

    /// Waits so long, in virtual time.
    pub fn sleep(&self, span: SignedDuration) -> impl Future<Output = ()> + Send + Sync + 'static {
        self.caller.sleep(span)
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face").field("caller", &self.caller).finish_non_exhaustive()
    }
}
