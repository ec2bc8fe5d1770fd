use std::collections::BTreeSet;

use jiff::Timestamp;
use ports::SnapshotId;

use super::assessment::{Assessment, Gone};
use super::item::Item;
use super::reading::{Reading, View};

/// What a policy lets go at an instant, without the reasons: small, because a night asks for it several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub(super) at: Timestamp,
    /// Whether it lets each go, in the order of the list.
    pub(super) each: Vec<bool>,
    /// How many of ours had begun by then.
    pub(super) ours: u64,
}

impl Reading {
    /// What its policy lets go at an instant, of the snapshots there are now and by the tags they have now. What began later is
    /// dated in the future then, and has no say.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::{Retention, Stock};
    /// use domain::policy::ownership::OwnerName;
    /// use ports::{Snapshot, SnapshotState};
    ///
    /// let snapshot = |id: &str, start: &str| Snapshot {
    ///     id: id.parse().unwrap(),
    ///     volume: "vol-1".parse().unwrap(),
    ///     state: SnapshotState::Completed,
    ///     started_at: start.parse().unwrap(),
    ///     size_gib: 8,
    ///     tags: OwnerName::default().tags().into_iter().collect(),
    ///     description: String::new(),
    /// };
    /// let snapshots = [snapshot("snap-old", "2026-01-01T00:00:00Z"), snapshot("snap-new", "2026-03-01T00:00:00Z")];
    /// let (locked, shared_in, gone) = (&[].into(), &[].into(), &[].into());
    /// let stock = Stock { snapshots: &snapshots, in_use: &[].into(), locked, shared_in, gone };
    /// let reading = stock.read(&Retention::days(30)?, None);
    /// let due = |at: &str| reading.due(at.parse().unwrap()).count();
    /// assert_eq!((due("2026-02-15T00:00:00Z"), due("2026-03-02T00:00:00Z")), (0, 1));
    /// # Ok::<(), domain::policy::retention::RetentionError>(())
    /// ```
    pub fn due(&self, at: Timestamp) -> Due {
        self.own().due(at)
    }
}

impl View<'_> {
    /// What the policy lets go at an instant.
    pub(super) fn due(self, at: Timestamp) -> Due {
        let assessment = Assessment::of(self, at, &Gone::new());
        let mut due = Due { at, each: vec![false; self.seen.len()], ours: 0 };
        for row in assessment.rows.iter().filter(|row| row.is_ours() && row.at <= at) {
            due.ours = due.ours.saturating_add(1);
            if let Some(each) = due.each.get_mut(row.place) {
                *each = !row.verdict().keep();
            }
        }
        due
    }
}

impl Due {
    /// How many it lets go.
    pub fn count(&self) -> u64 {
        count(self.each.iter().copied())
    }

    /// How many it lets go that another does not.
    pub(super) fn beyond(&self, other: &Self) -> u64 {
        count(self.each.iter().zip(&other.each).map(|(here, there)| *here && !there))
    }

    /// How many both let go.
    pub(super) fn common(&self, other: &Self) -> u64 {
        self.count().saturating_sub(self.beyond(other))
    }

    /// The same without some that are gone.
    pub(super) fn without(&self, gone: &BTreeSet<SnapshotId>, reading: &Reading) -> Self {
        let is_gone = |item: &Item| gone.contains(&item.id);
        let items = || reading.items.iter().zip(&self.each);
        let there = count(items().map(|(item, _)| is_gone(item) && item.at <= self.at));
        let each = items().map(|(item, due)| *due && !is_gone(item)).collect();
        Self { at: self.at, each, ours: self.ours.saturating_sub(there) }
    }

    /// Those that it lets go.
    pub(super) fn items<'a>(&'a self, reading: &'a Reading) -> impl Iterator<Item = &'a Item> {
        reading.items.iter().zip(&self.each).filter_map(|(item, due)| due.then_some(item))
    }
}

pub(super) fn count(each: impl Iterator<Item = bool>) -> u64 {
    u64::try_from(each.filter(|one| *one).count()).unwrap_or(u64::MAX)
}
