//! The clauses of the ports' contracts, to run an adapter of one's own through. Feature `contract`.
//!
//! Each port has a module: its clauses as functions, `all` of them in one, and a `Stage`, which is the adapter under test
//! and the few ways to arrange its world that the port itself does not have. A stage needs one port and nothing else. A
//! clause panics where it is broken; its name, which the port's documentation explains, is on the stack.
//!
//! # Example
//!
//! A ledger in memory keeps the contract:
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Mutex;
//!
//! use futures::FutureExt;
//! use ports::contract::ledger;
//! use ports::{Ledger, LedgerEntry, LedgerKey, Page, PageToken, PortError, Stored, Swap, Version};
//!
//! #[derive(Debug, Default)]
//! struct Memory(Mutex<BTreeMap<LedgerKey, Stored>>);
//!
//! #[async_trait::async_trait]
//! impl Ledger for Memory {
//!     async fn get(&self, key: &LedgerKey) -> Result<Option<Stored>, PortError> {
//!         Ok(self.0.lock().unwrap().get(key).cloned())
//!     }
//!
//!     async fn swap(
//!         &self,
//!         key: &LedgerKey,
//!         expected: Option<Version>,
//!         entry: &LedgerEntry,
//!     ) -> Result<Swap, PortError> {
//!         let mut entries = self.0.lock().unwrap();
//!         let current = entries.get(key).cloned();
//!         if current.as_ref().map(|stored| stored.version) != expected {
//!             return Ok(Swap::Lost(current));
//!         }
//!         let version = expected.map_or(Version::FIRST, Version::next);
//!         entries.insert(key.clone(), Stored { version, entry: entry.clone() });
//!         Ok(Swap::Won(version))
//!     }
//!
//!     async fn open_keys(&self, _: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
//!         let entries = self.0.lock().unwrap();
//!         let open = entries.iter().filter(|(_, stored)| stored.entry.open);
//!         Ok(Page::last(open.map(|(key, _)| key.clone()).collect()))
//!     }
//!
//!     async fn unlisted_keys(&self, _: Option<PageToken>) -> Result<Page<LedgerKey>, PortError> {
//!         Ok(Page::last(Vec::new()))
//!     }
//! }
//!
//! impl ledger::Stage for Memory {
//!     fn ledger(&self) -> &dyn Ledger {
//!         self
//!     }
//! }
//!
//! ledger::all(|| async { Memory::default() }).now_or_never().expect("nothing in memory waits");
//! ```
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unused_async,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a clause fails by panicking, and the port's documentation says what it is"
)]

/// Makes `all`, which runs every one of these clauses, each on a stage of its own.
macro_rules! all {
    ($($clause:ident)+) => {
        /// Runs every clause, each on a stage of its own.
        ///
        /// # Panics
        ///
        /// Where a clause is broken.
        pub async fn all<S, F>(stage: impl Fn() -> F + Send + Sync)
        where
            S: Stage,
            F: Future<Output = S> + Send,
        {
            $($clause(&stage().await).await;)+
        }
    };
}

pub mod archive;
pub mod clock;
pub mod instances;
pub mod inventory;
pub mod ledger;
pub mod metrics;
pub mod notifier;
pub mod scaling;
pub mod snapshots;

use crate::{Page, PageToken, PortError, TagSet, Tags};

/// Follows the tokens to the last page.
pub async fn all_pages<T, F>(page: impl Fn(Option<PageToken>) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>, PortError>>,
{
    let mut items = Vec::new();
    let mut from = None;
    loop {
        let got = page(from).await.unwrap();
        items.extend(got.items);
        match got.next {
            Some(next) => from = Some(next),
            None => return items,
        }
    }
}

fn tag_set<const N: usize>(tags: [(&str, &str); N]) -> TagSet {
    TagSet::new(tags).unwrap()
}

fn named(name: &str) -> Tags {
    Tags::from_iter([("Name", name), (TAG, "true")])
}

/// The tag that the clauses about tagged instances ask for.
const TAG: &str = "AutoSnapshot";
