use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::caller::Caller;
use super::context::Context;
use super::core::Handle;
use super::trace::Actor;
use crate::cloud::Cloud;

/// The number of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvocationId(pub u64);

/// One attempt to run a function, as the function sees it.
#[derive(Clone)]
pub struct Invocation {
    /// Its number: no two attempts share it.
    pub id: InvocationId,
    /// The request's id: retries of one event share it.
    pub request: String,
    /// The function's name.
    pub function: String,
    /// The function's ARN.
    pub arn: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The event.
    pub payload: Bytes,
    /// When the runtime ends it.
    pub deadline: Timestamp,
    pub(super) handle: Handle,
}

impl Invocation {
    /// Who sends this invocation's requests.
    pub fn caller(&self) -> Caller {
        Caller::new(self.handle.clone(), Actor::Invocation(self.id)).run_by(&self.function)
    }

    /// Writes a line to the function's log.
    pub fn log(&self, line: &str) {
        let log = |cloud: &mut Cloud, context: &mut Context<'_>| cloud.logged(self.id, line, context);
        self.handle.lock().with_context(Actor::Invocation(self.id), log);
    }

    /// The cloud as this invocation's AWS client sees it.
    #[cfg(feature = "wire")]
    pub fn wire(&self) -> crate::wire::Face {
        crate::wire::Face::new(Caller::new(self.handle.clone(), Actor::Invocation(self.id)))
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("id", &self.id)
            .field("request", &self.request)
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

/// How a function failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionError {
    /// The kind of error, as the runtime reports it.
    pub error_type: String,
    /// What went wrong.
    pub message: String,
}

/// Any error that a handler gives up with, so that `?` does it: of the kind that its type is called.
impl<E: std::error::Error> From<E> for FunctionError {
    fn from(error: E) -> Self {
        let name = std::any::type_name::<E>();
        let kind = name.rsplit("::").next().unwrap_or(name);
        Self { error_type: kind.to_owned(), message: error.to_string() }
    }
}

/// The code of a function.
pub type Handler = Arc<dyn Fn(Invocation) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync>;
