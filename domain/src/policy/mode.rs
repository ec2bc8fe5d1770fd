//! Whether to act at all.

use serde::{Deserialize, Serialize};

/// Whether a workflow acts on its plan or only reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Report the plan and change nothing: the default, so that nothing happens until somebody switches it on.
    #[default]
    Observe,
    /// Carry the plan out.
    Act,
}
