//! How a run of several parts ended.

use serde::{Deserialize, Serialize};

/// How a run ended: one failed part never stops the others, but it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Everything asked for was done.
    Ok,
    /// Some of it was not done.
    Partial,
    /// None of it was done.
    Failed,
}

impl Status {
    /// The status of a run of which so many parts were done and so many failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::status::Status;
    ///
    /// assert_eq!(Status::of(3, 0), Status::Ok);
    /// assert_eq!(Status::of(2, 1), Status::Partial);
    /// assert_eq!(Status::of(0, 1), Status::Failed);
    /// assert_eq!(Status::of(0, 0), Status::Ok);
    /// ```
    pub fn of(done: usize, failed: usize) -> Self {
        match (done, failed) {
            (_, 0) => Self::Ok,
            (0, _) => Self::Failed,
            (_, _) => Self::Partial,
        }
    }

    /// The word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Partial => "PARTIAL",
            Self::Failed => "FAILED",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
