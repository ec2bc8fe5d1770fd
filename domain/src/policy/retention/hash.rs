use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Group, History, Retention, SnapshotVerdict};
use crate::policy::hex::hex;

/// The SHA-256 of what a plan decides: its instant, its policy, and whether each snapshot of ours stays or goes. What is
/// not ours is left out: one listing shows it and another does not, and it has no say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl PlanHash {
    pub(super) fn of(now: Timestamp, policy: &Retention, groups: &[Group]) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{now}\n{}\n", policy.spec()));
        for group in groups {
            group.keep.iter().for_each(|verdict| add(&mut hash, "keep ", verdict));
            group.remove.iter().for_each(|verdict| add(&mut hash, "remove ", verdict));
        }
        Self(hex(&hash.finalize()))
    }

    /// The hash in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As many digits as people need to name it.
    pub fn short(&self) -> &str {
        self.0.get(..History::DIGITS).unwrap_or(&self.0)
    }

    /// Whether so many digits name it.
    pub(super) fn begins_with(&self, digits: &str) -> bool {
        History::DIGITS <= digits.len() && self.0.starts_with(&digits.to_ascii_lowercase())
    }
}

fn add(hash: &mut Sha256, what: &str, verdict: &SnapshotVerdict) {
    if !verdict.reasons.are_of_others() {
        hash.update(what);
        hash.update(verdict.id.as_str());
        hash.update("\n");
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
