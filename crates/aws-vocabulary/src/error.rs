use serde::{Deserialize, Serialize};

/// What went wrong with a request, as far as its caller would act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Refused because too many requests came at once.
    Throttled,
    /// Refused for now: the resource is busy with an earlier request.
    Busy,
    /// Refused: this caller has no permission.
    Denied,
    /// Refused: the thing named does not exist.
    NotFound,
    /// Refused: the request itself is wrong.
    Rejected,
    /// The request never left this process.
    NotSent,
    /// The service answered that it failed (5xx).
    Unavailable,
    /// No readable answer came: a timeout, a cut connection, a garbled reply.
    Lost,
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Busy => "busy",
            Self::Denied => "denied",
            Self::NotFound => "not found",
            Self::Rejected => "rejected",
            Self::NotSent => "not sent",
            Self::Unavailable => "unavailable",
            Self::Lost => "lost",
        })
    }
}
