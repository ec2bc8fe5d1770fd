//! One page of a longer list.

use serde::{Deserialize, Serialize};

/// Where the next page begins. Opaque: it means something to the adapter that gave it, and nothing to anyone else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageToken(pub String);

/// One page of a list. An empty page is not the end: only a missing token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What this page holds, in no promised order.
    pub items: Vec<T>,
    /// Where to go on; `None` after the last page.
    pub next: Option<PageToken>,
}

impl<T> Page<T> {
    /// A page with nothing behind it.
    pub fn last(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
