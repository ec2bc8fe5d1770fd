//! The one error of every port, and the two questions it answers.

use serde::{Deserialize, Serialize};

use crate::{ErrorKind, IdError, TagError};

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request may succeed later.
    Later,
    /// The same request will fail again.
    Never,
}

/// What is known about the effect of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Certainly not done.
    NotApplied,
    /// Perhaps done, perhaps not, perhaps done later.
    Unknown,
}

/// A failed port call: what kind of failure, of which operation, in the service's own words.
///
/// # Examples
///
/// ```
/// use ports::{Effect, ErrorKind, PortError, Retry};
///
/// let throttled = PortError::new(ErrorKind::Throttled, "DeleteSnapshot", "RequestLimitExceeded");
/// assert_eq!((throttled.retry(), throttled.effect()), (Retry::Later, Effect::NotApplied));
///
/// let lost = PortError::new(ErrorKind::Lost, "CreateSnapshots", "timed out after 10 s");
/// assert_eq!((lost.retry(), lost.effect()), (Retry::Later, Effect::Unknown));
/// assert_eq!(lost.to_string(), "CreateSnapshots: lost: timed out after 10 s");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{operation}: {kind}: {detail}")]
pub struct PortError {
    /// The kind of failure, to branch on.
    pub kind: ErrorKind,
    /// The operation that failed, as the service names it.
    pub operation: String,
    /// The service's code and message, for people.
    pub detail: String,
}

impl PortError {
    /// Makes an error of `kind` for `operation`.
    pub fn new(kind: ErrorKind, operation: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, operation: operation.into(), detail: detail.into() }
    }

    /// Tells whether the same request may succeed later.
    pub fn retry(&self) -> Retry {
        match self.kind {
            ErrorKind::Throttled
            | ErrorKind::Busy
            | ErrorKind::NotSent
            | ErrorKind::Unavailable
            | ErrorKind::Lost => Retry::Later,
            ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Rejected => Retry::Never,
        }
    }

    /// Tells whether the effect certainly did not happen.
    pub fn effect(&self) -> Effect {
        match self.kind {
            ErrorKind::Throttled
            | ErrorKind::Busy
            | ErrorKind::Denied
            | ErrorKind::NotFound
            | ErrorKind::Rejected
            | ErrorKind::NotSent => Effect::NotApplied,
            ErrorKind::Unavailable | ErrorKind::Lost => Effect::Unknown,
        }
    }
}

impl From<IdError> for PortError {
    fn from(error: IdError) -> Self {
        Self::new(ErrorKind::Rejected, "name", error.to_string())
    }
}

impl From<TagError> for PortError {
    fn from(error: TagError) -> Self {
        Self::new(ErrorKind::Rejected, "tags", error.to_string())
    }
}
