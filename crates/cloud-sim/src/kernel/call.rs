use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};

use serde::Serialize;

use super::context::Context;
use super::core::Handle;
use super::footprint::Footprint;
use super::trace::Actor;
use crate::cloud::{ApiError, Cloud};

/// The number of a port call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

/// An operation of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    /// The service, as IAM names it.
    pub service: &'static str,
    /// The operation.
    pub name: &'static str,
}

impl Op {
    /// An operation of a service.
    pub const fn new(service: &'static str, name: &'static str) -> Self {
        Self { service, name }
    }
}

/// A request on its way.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) op: Op,
    pub(super) actor: Actor,
    pub(super) footprint: Footprint,
    pub(super) wire: Arc<dyn Wire>,
}

/// What connects a request that the kernel carries with the caller that waits for it.
pub(super) trait Wire: Send + Sync {
    /// Lets the request take effect, once, and gives the error code it is answered with.
    fn apply(&self, cloud: &mut Cloud, context: &mut Context<'_>) -> Option<&'static str>;
    /// Lets the caller see an error, whatever the service would have answered.
    fn fail(&self, error: ApiError);
    /// Lets the caller see the answer.
    fn arrive(&self);
}

type Request<T> = Box<dyn FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send>;

struct Slot<T> {
    request: Option<Request<T>>,
    answer: Option<Result<T, ApiError>>,
    arrived: bool,
    waker: Option<Waker>,
}

struct Connection<T>(Mutex<Slot<T>>);

impl<T> Connection<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Wire for Connection<T> {
    fn apply(&self, cloud: &mut Cloud, context: &mut Context<'_>) -> Option<&'static str> {
        let request = self.lock().request.take()?;
        let answer = request(cloud, context);
        let code = answer.as_ref().err().map(|error| error.code);
        let mut slot = self.lock();
        if slot.answer.is_none() {
            slot.answer = Some(answer);
        }
        code
    }

    fn fail(&self, error: ApiError) {
        self.lock().answer = Some(Err(error));
    }

    fn arrive(&self) {
        let mut slot = self.lock();
        slot.arrived = true;
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

/// A request as its caller sees it: pending until the answer arrives.
pub struct Call<T> {
    handle: Handle,
    op: Op,
    actor: Actor,
    footprint: Footprint,
    connection: Arc<Connection<T>>,
    sent: bool,
}

impl<T: Send + 'static> Call<T> {
    pub(super) fn new(
        handle: Handle,
        actor: Actor,
        (op, footprint): (Op, Footprint),
        request: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Self {
        let slot = Slot { request: Some(Box::new(request)), answer: None, arrived: false, waker: None };
        Self { handle, op, actor, footprint, connection: Arc::new(Connection(Mutex::new(slot))), sent: false }
    }
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("op", &self.op).field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Call<T> {
    /// Sends the request when it is first asked, and gives the answer once it has arrived.
    fn poll_answer(&mut self, context: &TaskContext<'_>) -> Poll<Result<T, ApiError>> {
        if !self.sent {
            self.sent = true;
            self.connection.lock().waker = Some(context.waker().clone());
            let wire: Arc<dyn Wire> = Arc::<Connection<T>>::clone(&self.connection);
            let pending = Pending { op: self.op, actor: self.actor, footprint: self.footprint, wire };
            self.handle.send(pending);
            return Poll::Pending;
        }
        let mut slot = self.connection.lock();
        if !slot.arrived {
            slot.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        slot.answer.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T: Send + 'static> Future for Call<T> {
    type Output = Result<T, ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_answer(context)
    }
}
