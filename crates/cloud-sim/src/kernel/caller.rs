use std::sync::Arc;

use iam_policy::Request;
use jiff::{SignedDuration, Timestamp};

use super::call::{Call, Op};
use super::context::Context;
use super::core::Handle;
use super::footprint::Footprint;
use super::trace::Actor;
use crate::cloud::{ApiError, Cloud};

/// Who sends requests: a person, who may do everything, or an attempt to run a function, whose role has to
/// allow what is asked for. A port of one's own over the simulated cloud is made of these.
///
/// # Examples
///
/// A request to stop an instance, with all that can go wrong with requests:
///
/// ```
/// use caretaker_cloud_sim::Sim;
/// use caretaker_cloud_sim::kernel::{Footprint, Op};
/// use iam_policy::Request;
/// use jiff::Timestamp;
///
/// let sim = Sim::new("2026-11-23T20:00:00Z".parse()?, 1);
/// let now = sim.now();
/// let id = sim.cloud(|cloud| cloud.ec2.add_instance(Default::default(), 1, now));
/// let stop = Op::new("ec2", "StopInstances");
/// let touches = Footprint::NONE.writes("instance", id.as_str());
/// let arn = sim.cloud(|cloud| cloud.place.arn("ec2", &format!("instance/{id}")));
/// let stopped = sim.caller().request(
///     stop,
///     touches,
///     move |_| vec![Request::new("ec2:StopInstances", arn)],
///     move |cloud, context| cloud.stop_instances(&[id], context),
/// );
/// assert!(sim.block_on(stopped).is_some_and(|answer| answer.is_ok()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Caller {
    handle: Handle,
    actor: Actor,
    function: Option<Arc<str>>,
}

impl Caller {
    pub(super) fn new(handle: Handle, actor: Actor) -> Self {
        Self { handle, actor, function: None }
    }

    /// The same, whose requests a function's role has to allow.
    pub(super) fn run_by(self, function: &str) -> Self {
        Self { function: Some(function.into()), ..self }
    }

    /// Sends a request when it is first polled: the operation, the parts of the cloud that it touches, what IAM is
    /// asked for it, and its effect. It takes effect once, even if its caller is gone by then; IAM is asked when
    /// it arrives, however late that is.
    pub fn request<T: Send + 'static>(
        &self,
        operation: Op,
        touches: Footprint,
        permission: impl FnOnce(&Cloud) -> Vec<Request> + Send + 'static,
        effect: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Call<T> {
        let function = self.function.clone();
        let act = move |cloud: &mut Cloud, context: &mut Context<'_>| {
            if let Some(function) = function {
                cloud.permit(&function, permission)?;
            }
            effect(cloud, context)
        };
        Call::new(self.handle.clone(), self.actor, (operation, touches), act)
    }

    /// The present, by the caller's clock.
    pub fn now(&self) -> Timestamp {
        self.handle.now(self.actor)
    }

    /// Waits so long, in virtual time.
    pub fn sleep(&self, span: SignedDuration) -> impl Future<Output = ()> + Send + Sync + 'static {
        self.handle.sleep(span)
    }
}
