use jiff::Timestamp;
use ports::SnapshotId;
use std::collections::BTreeSet;

use super::desk::{Desk, Gone, Row};
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
    /// The largest share of a group that it lets go, in percent, rounded up.
    pub(super) share: u64,
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
    ///     tags: OwnerName::default().marks().into_iter().collect(),
    ///     description: String::new(),
    /// };
    /// let snapshots = [snapshot("snap-old", "2026-01-01T00:00:00Z"), snapshot("snap-new", "2026-03-01T00:00:00Z")];
    /// let stock = Stock { snapshots: &snapshots, in_use: &[].into(), locked: &[].into(), shared_in: &[].into() };
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
        let desk = Desk::settled(self, at, &Gone::new());
        let mut due = Due { at, each: vec![false; self.seen.len()], ours: 0, share: 0 };
        desk.groups().for_each(|group| due.add(group));
        due
    }
}

impl Due {
    fn add(&mut self, group: &[Row<'_>]) {
        let (mut ours, mut gone) = (0_u64, 0_u64);
        for row in group.iter().filter(|row| row.is_ours() && row.at <= self.at) {
            let goes = !row.verdict().keep();
            ours = ours.saturating_add(1);
            gone = gone.saturating_add(u64::from(goes));
            if let Some(each) = self.each.get_mut(row.place) {
                *each = goes;
            }
        }
        self.ours = self.ours.saturating_add(ours);
        self.share = self.share.max(gone.saturating_mul(100).div_ceil(ours.max(1)));
    }

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

    /// How many of ours there were then, and how many of these it lets go, without some that are gone.
    pub(super) fn without(&self, gone: &BTreeSet<SnapshotId>, reading: &Reading) -> (u64, u64) {
        let gone = || reading.items.iter().zip(&self.each).filter(|(item, _)| gone.contains(&item.id));
        let there = count(gone().map(|(item, _)| item.at <= self.at));
        let due = count(gone().map(|(_, due)| *due));
        (self.ours.saturating_sub(there), self.count().saturating_sub(due))
    }
}

pub(super) fn count(each: impl Iterator<Item = bool>) -> u64 {
    u64::try_from(each.filter(|one| *one).count()).unwrap_or(u64::MAX)
}
