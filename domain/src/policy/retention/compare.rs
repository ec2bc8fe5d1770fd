use std::collections::BTreeSet;

use ports::SnapshotId;
use serde::Serialize;

use super::{RetentionPlan, SnapshotVerdict};

/// What another policy would do otherwise with the same snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What it would remove in addition, oldest first, and why.
    pub removes: Vec<SnapshotVerdict>,
    /// What it would keep in addition, oldest first, and why.
    pub keeps: Vec<SnapshotVerdict>,
}

impl RetentionPlan {
    /// Compares with the plan of another policy over the same snapshots.
    pub fn compare(&self, other: &Self) -> Comparison {
        let removed: BTreeSet<&SnapshotId> = self.removed().map(|verdict| &verdict.id).collect();
        let mut removes: Vec<SnapshotVerdict> =
            other.removed().filter(|v| !removed.contains(&v.id)).cloned().collect();
        let mut keeps: Vec<SnapshotVerdict> =
            other.kept().filter(|v| removed.contains(&v.id)).cloned().collect();
        for list in [&mut removes, &mut keeps] {
            list.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        }
        Comparison { removes, keeps }
    }
}
