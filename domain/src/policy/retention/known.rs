use std::collections::BTreeSet;

use ports::SnapshotId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Reading;
use super::due::{Due, count};

/// Some snapshots, by which one knows them again: the oldest, for these go first. Bounded, so that a baseline stays far below
/// the 400 KB of an item, whatever a night leaves
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Known(BTreeSet<u32>);

/// The most of which it is remembered which they are.
const MOST: usize = 4_000;

impl Known {
    /// Those that are due.
    pub(super) fn of(due: &Due, reading: &Reading) -> Self {
        let mut items: Vec<_> = due.items(reading).collect();
        items.sort_unstable_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Self(items.into_iter().take(MOST).map(|item| sign(&item.id)).collect())
    }

    /// How many they are.
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// How many are due that are none of these.
    pub(super) fn others(&self, due: &Due, reading: &Reading) -> u64 {
        count(due.items(reading).map(|item| !self.0.contains(&sign(&item.id))))
    }
}

/// What is remembered of a snapshot: the first bytes of a hash, of which two are the same once in four billion times.
fn sign(id: &SnapshotId) -> u32 {
    let hash = Sha256::digest(id.as_str());
    hash.iter().take(4).fold(0, |sign, byte| (sign << 8) | u32::from(*byte))
}
