use serde::Serialize;

/// A situation that a good set of test runs meets at least once: one that never comes up tests nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sometimes {
    /// An event was being handled while its twin was.
    OverlappingDuplicate,
    /// A request took effect after its caller's retry had begun.
    LateWriteAfterRetry,
    /// A second page was read.
    SecondPage,
    /// A snapshot that was to be deleted was in use.
    InUse,
    /// A request was throttled, and went through when it was sent again.
    ThrottledThenFine,
    /// Something new was not seen yet.
    StaleRead,
    /// A snapshot failed.
    FailedSnapshot,
    /// An alarm was raised again soon after.
    Flap,
    /// A group was as large as it may be.
    AtMax,
    /// A request was given up.
    RetriesExhausted,
}

impl Sometimes {
    /// Every one there is.
    pub const ALL: [Self; 10] = [
        Self::OverlappingDuplicate,
        Self::LateWriteAfterRetry,
        Self::SecondPage,
        Self::InUse,
        Self::ThrottledThenFine,
        Self::StaleRead,
        Self::FailedSnapshot,
        Self::Flap,
        Self::AtMax,
        Self::RetriesExhausted,
    ];
}
