//! Errors as services give them.

use aws_vocabulary::ErrorKind;

/// An error that a service answers with.
///
/// Codes and their classes: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html> and each
/// service's API reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The code, as the service writes it.
    pub code: &'static str,
    /// What a caller can make of it.
    pub kind: ErrorKind,
    /// The message.
    pub message: String,
}

impl ApiError {
    /// An error of a code.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, kind, message: message.into() }
    }

    /// The request itself is wrong.
    pub fn rejected(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Rejected, code, message)
    }

    /// The thing named does not exist.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, code, message)
    }

    /// The thing named is busy.
    pub fn busy(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Busy, code, message)
    }
}
