//! The remedies that leave an entry in the ledger, as entries name them.

use serde::{Deserialize, Serialize};

/// Which remedy an entry of the ledger is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A group was to be scaled out.
    ScaleOut,
    /// An instance was to be restarted.
    Restart,
}

impl Kind {
    /// The remedy of an entry that names none: of a version that told them apart by the subject. A later remedy names
    /// itself, and needs nothing here.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::remedy::Kind;
    ///
    /// assert_eq!(Kind::of_subject("scale out web"), Some(Kind::ScaleOut));
    /// assert_eq!(Kind::of_subject("restart i-0a"), Some(Kind::Restart));
    /// assert_eq!(Kind::of_subject("restarted by hand"), None);
    /// ```
    pub fn of_subject(subject: &str) -> Option<Self> {
        [("scale out ", Self::ScaleOut), ("restart ", Self::Restart)]
            .into_iter()
            .find_map(|(begins, kind)| subject.starts_with(begins).then_some(kind))
    }
}
