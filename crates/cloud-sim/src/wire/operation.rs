use std::fmt;

use super::Response;
use super::error::Dialect;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::{Context, Footprint, Op};

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It only looks.
    Reads,
    /// It may change something.
    Writes,
}

impl Access {
    /// What an operation touches: all of its service. Coarse, so no order that could matter is taken for one that does not.
    pub(super) fn of(self, service: &str) -> Footprint {
        match self {
            Self::Reads => Footprint::NONE.reads("service", service),
            Self::Writes => Footprint::NONE.writes("service", service),
        }
    }
}

/// An operation: fields of a request in, an answer out.
pub(super) struct Operation<I, O> {
    pub(super) name: &'static str,
    pub(super) access: Access,
    pub(super) run: Run<I, O>,
}

/// What an operation does.
pub(super) type Run<I, O> = fn(&I, &mut Cloud, &mut Context<'_>) -> Result<O, ApiError>;

impl<I, O> Operation<I, O> {
    /// One that only looks.
    pub(super) const fn reads(name: &'static str, run: Run<I, O>) -> Self {
        Self { name, access: Access::Reads, run }
    }

    /// One that may change something.
    pub(super) const fn writes(name: &'static str, run: Run<I, O>) -> Self {
        Self { name, access: Access::Writes, run }
    }
}

type Act = Box<dyn FnOnce(&mut Cloud, &mut Context<'_>) -> Result<Response, ApiError> + Send>;

/// A request that was understood, on its way to the cloud.
pub struct Exchange {
    op: Op,
    footprint: Footprint,
    dialect: Dialect,
    id: String,
    act: Act,
}

/// No answer comes: the request or the answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer within the time limit")]
pub struct NoAnswer;

impl Exchange {
    pub(super) fn new(
        (op, access): (Op, Access),
        dialect: Dialect,
        id: &str,
        act: impl FnOnce(&mut Cloud, &mut Context<'_>) -> Result<Response, ApiError> + Send + 'static,
    ) -> Self {
        let footprint = access.of(op.service);
        Self { op, footprint, dialect, id: id.to_owned(), act: Box::new(act) }
    }

    /// The operation, and what it touches.
    pub fn sent(&self) -> (Op, Footprint) {
        (self.op, self.footprint)
    }

    /// Lets the request take effect.
    ///
    /// # Errors
    ///
    /// What the service refuses.
    pub fn apply(self, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Response, ApiError> {
        (self.act)(cloud, context)
    }

    /// How an error that it is answered with is written.
    pub fn errors(&self) -> impl FnOnce(&ApiError) -> Response + Send + 'static {
        let (dialect, id) = (self.dialect, self.id.clone());
        move |error| dialect.answer(error, &id)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("op", &self.op).field("id", &self.id).finish_non_exhaustive()
    }
}
