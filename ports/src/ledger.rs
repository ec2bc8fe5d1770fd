use std::fmt::Debug;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{LedgerKey, Page, PageToken, PortError};

/// The number of a write to an entry: 1 for the first, one more for each after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version that the first write of an entry gets.
    pub const FIRST: Self = Self(1);

    /// The version that the next write gets.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What a ledger keeps under a key. The ledger does not look into `state`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The domain's own text.
    pub state: String,
    /// Whether somebody still has to come back to it.
    pub open: bool,
    /// From when on the ledger may forget it. Forgetting is late and unpunctual: never judge a lease by it.
    pub keep_until: Timestamp,
}

/// An entry together with the version it had when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stored {
    /// The version.
    pub version: Version,
    /// The entry.
    pub entry: LedgerEntry,
}

/// How a swap ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Swap {
    /// The new entry stands, under this version.
    Won(Version),
    /// Another stands there, or none: nothing was written.
    Lost(Option<Stored>),
}

/// How long after it was written an open entry is found at the latest. DynamoDB promises no bound: an index is "usually" up to
/// date "within a fraction of a second"
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>). What is later than this is found
/// by whoever looks next.
pub const FOUND_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// A compare-and-swap on small entries, nothing more. Leases, expiry and takeover are decided above it.
///
/// # Contract
///
/// 1. `ledger_1_first_writer_wins`: a swap that expects no entry MUST win when there is none, with
///    [`Version::FIRST`], and MUST lose when there is one.
/// 2. `ledger_2_swap_wants_the_version_it_read`: a swap that expects a version MUST win only when the entry has it,
///    and then gives it the next.
/// 3. `ledger_3_loser_is_told_the_winner`: a lost swap MUST change nothing and tell what stands there.
/// 4. `ledger_4_read_sees_the_last_write`: `get` MUST see every swap that was won before it began.
/// 5. `ledger_5_open_keys_reach_every_entry_that_is_open_for_a_while`: following the tokens MUST reach the key of every
///    entry that a swap wrote open [`FOUND_AFTER`] ago, or earlier, and that is open still. They MAY reach keys of
///    entries that were closed since: whoever acts on one reads it again.
/// 6. `ledger_6_what_may_be_forgotten_stands_until_it_is`: an entry past its `keep_until` that is still there MUST be told
///    and MUST be defended against a swap, like any other.
/// 7. `ledger_7_unlisted_keys_are_those_that_no_swap_listed`: following the tokens MUST reach the key of no entry that a
///    swap of this version wrote, and the key of every open one that was written by other means, where there are any.
///
/// Not promised: that what was written open a moment ago is told, nor any order.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Ledger: Debug + Send + Sync {
    /// The entry under a key.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    async fn get(&self, key: &LedgerKey) -> Result<Option<Stored>, PortError>;

    /// Writes `entry` under `key` if its version is still `expected`, or if there is none and none is expected.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written; see [`PortError::effect`] for what is then known.
    async fn swap(
        &self,
        key: &LedgerKey,
        expected: Option<Version>,
        entry: &LedgerEntry,
    ) -> Result<Swap, PortError>;

    /// One page of the keys of open entries.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    async fn open_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError>;

    /// One page of the keys of open entries that `open_keys` does not tell of. It reads the whole ledger.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    async fn unlisted_keys(&self, from: Option<PageToken>) -> Result<Page<LedgerKey>, PortError>;
}
