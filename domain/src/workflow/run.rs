//! What a workflow knows about the invocation it runs in.

use jiff::Timestamp;
use ports::time;

use crate::policy::mode::Mode;
use crate::policy::once::{LEASE_MARGIN, LONG_LEASE, Owner};

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
        Self { deadline: time::earlier(self.deadline, reserve), ..self.clone() }
    }

    /// The same run with so little time from now on that what it claims is free again before Lambda tries once more.
    #[must_use]
    pub fn briefly(&self, now: Timestamp) -> Self {
        let soon = time::earlier(time::later(now, LONG_LEASE), LEASE_MARGIN);
        Self { deadline: soon.min(self.deadline), ..self.clone() }
    }
}
