use serde::{Deserialize, Serialize};

/// A number of instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capacity(pub u32);

impl Capacity {
    /// This many more, or the most there is.
    #[must_use]
    pub fn plus(self, more: u32) -> Self {
        Self(self.0.saturating_add(more))
    }

    /// This many fewer, or none.
    #[must_use]
    pub fn minus(self, fewer: u32) -> Self {
        Self(self.0.saturating_sub(fewer))
    }
}

impl std::fmt::Display for Capacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
