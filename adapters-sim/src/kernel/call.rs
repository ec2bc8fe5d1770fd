use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};

use ports::PortError;
use serde::Serialize;

use super::context::Context;
use super::core::Handle;
use super::trace::Actor;
use crate::cloud::{ApiError, Cloud};
use crate::fault::ApiFault;

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

/// What a request does when it takes effect; gives the error code it is answered with, for the trace.
pub(super) type Apply =
    Box<dyn FnOnce(&mut Cloud, &mut Context<'_>, Option<ApiFault>) -> Option<&'static str> + Send>;

/// A request on its way.
pub(super) struct Pending {
    pub(super) op: Op,
    pub(super) actor: Actor,
    pub(super) apply: Option<Apply>,
    pub(super) arrive: Box<dyn FnOnce() + Send>,
}

struct Slot<T> {
    answer: Option<Result<T, ApiError>>,
    arrived: bool,
    waker: Option<Waker>,
}

type Request<T> = Box<dyn FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send>;

/// A port call as its caller sees it: pending until the answer arrives.
pub(crate) struct Call<T> {
    handle: Handle,
    op: Op,
    actor: Actor,
    request: Option<Request<T>>,
    slot: Arc<Mutex<Slot<T>>>,
}

impl<T> Unpin for Call<T> {}

impl<T: Send + 'static> Call<T> {
    pub(crate) fn new(
        handle: Handle,
        actor: Actor,
        op: Op,
        request: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Self {
        let slot = Arc::new(Mutex::new(Slot { answer: None, arrived: false, waker: None }));
        Self { handle, op, actor, request: Some(Box::new(request)), slot }
    }

    fn send(&mut self) {
        let Some(request) = self.request.take() else { return };
        let filled = Arc::clone(&self.slot);
        let apply: Apply = Box::new(move |cloud, context, fault| {
            let answer = match fault {
                None => request(cloud, context),
                Some(fault) => {
                    if fault.takes_effect() {
                        let _ = request(cloud, context);
                    }
                    Err(fault.error())
                }
            };
            let code = answer.as_ref().err().map(|error| error.code);
            filled.lock().unwrap_or_else(PoisonError::into_inner).answer = Some(answer);
            code
        });
        let slot = Arc::clone(&self.slot);
        let arrive = Box::new(move || {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.arrived = true;
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        });
        self.handle.send(Pending { op: self.op, actor: self.actor, apply: Some(apply), arrive });
    }
}

impl<T: Send + 'static> Future for Call<T> {
    type Output = Result<T, PortError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.send();
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if !slot.arrived {
            slot.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match slot.answer.take() {
            Some(answer) => Poll::Ready(answer.map_err(|error| error.into_port_error(self.op))),
            None => Poll::Pending,
        }
    }
}
