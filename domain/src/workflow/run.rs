//! What a workflow knows about the invocation it runs in.

use jiff::Timestamp;

use crate::policy::mode::Mode;
use crate::policy::once::Owner;

/// One attempt of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who runs: the request and this attempt of it.
    pub owner: Owner,
    /// The name of the function, as tags carry it.
    pub function: String,
    /// When the runtime ends this attempt.
    pub deadline: Timestamp,
    /// Whether to act.
    pub mode: Mode,
}

impl Run {
    /// The same run with a deadline that leaves so much time for what comes after.
    #[must_use]
    pub fn leaving(&self, reserve: jiff::SignedDuration) -> Self {
        Self { deadline: ports::time::earlier(self.deadline, reserve), ..self.clone() }
    }
}
