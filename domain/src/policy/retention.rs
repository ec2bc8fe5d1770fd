//! Which snapshots to keep, which to remove, and why.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ports::{Snapshot, SnapshotId, SnapshotState, VolumeId, time};
use serde::{Deserialize, Serialize};

/// A retention that would be no retention.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Zero or fewer days would remove everything.
    #[error("{0} days would remove every snapshot: expected at least 1")]
    TooShort(i64),
    /// More days than a calendar has.
    #[error("{0} days: expected at most 36,500")]
    TooLong(i64),
}

/// How long snapshots are kept, and how many of each volume whatever their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    within: SignedDuration,
    floor: usize,
}

/// A snapshot and why it is kept or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The snapshot.
    pub id: SnapshotId,
    /// Its volume.
    pub volume: VolumeId,
    /// The moment it stands for.
    pub started_at: Timestamp,
    /// The size of its volume in GiB: an upper bound of what it stores.
    pub size_gib: u32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why a snapshot is kept or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Kept: young enough.
    Within,
    /// Kept: among the last good ones of its volume.
    Floor,
    /// Kept: it is not complete, so it is not known what it is worth.
    Unfinished,
    /// Kept: its time lies in the future, so some clock is wrong.
    FutureDated,
    /// Kept: something uses it.
    InUse,
    /// Removed: no rule keeps it.
    Expired,
}

impl Reason {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Within => "within the retention time",
            Self::Floor => "last good snapshot of its volume",
            Self::Unfinished => "not completed",
            Self::FutureDated => "dated in the future",
            Self::InUse => "in use",
            Self::Expired => "older than the retention time",
        }
    }
}

/// What to keep and what to remove, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPlan {
    /// What stays.
    pub keep: Vec<Verdict>,
    /// What goes.
    pub remove: Vec<Verdict>,
}

impl Retention {
    /// Keeps what is younger than so many days, and the last good snapshot of each volume.
    ///
    /// # Errors
    ///
    /// When the number of days would remove everything, or is no sensible number.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::Retention;
    ///
    /// assert!(Retention::days(30).is_ok());
    /// assert_eq!(
    ///     Retention::days(0).unwrap_err().to_string(),
    ///     "0 days would remove every snapshot: expected at least 1",
    /// );
    /// ```
    pub fn days(days: i64) -> Result<Self, RetentionError> {
        if days < 1 {
            return Err(RetentionError::TooShort(days));
        }
        if 36_500 < days {
            return Err(RetentionError::TooLong(days));
        }
        Ok(Self { within: SignedDuration::from_hours(days.saturating_mul(24)), floor: 1 })
    }

    /// Decides about every snapshot given: each is in exactly one of the two lists.
    pub fn plan(
        &self,
        snapshots: &[Snapshot],
        in_use: &BTreeSet<SnapshotId>,
        now: Timestamp,
    ) -> RetentionPlan {
        let floor = self.floor(snapshots, now);
        let mut plan = RetentionPlan::default();
        for snapshot in snapshots {
            let mut reasons = self.reasons(snapshot, now);
            if floor.contains(&snapshot.id) {
                reasons.push(Reason::Floor);
            }
            if in_use.contains(&snapshot.id) {
                reasons.push(Reason::InUse);
            }
            if reasons.is_empty() {
                plan.remove.push(verdict(snapshot, vec![Reason::Expired]));
            } else {
                plan.keep.push(verdict(snapshot, reasons));
            }
        }
        plan.keep.sort_by(oldest_first);
        plan.remove.sort_by(oldest_first);
        plan
    }

    fn reasons(&self, snapshot: &Snapshot, now: Timestamp) -> Vec<Reason> {
        let cutoff = time::earlier(now, self.within);
        [
            (now < snapshot.started_at, Reason::FutureDated),
            (unfinished(snapshot.state), Reason::Unfinished),
            (cutoff <= snapshot.started_at && snapshot.started_at <= now, Reason::Within),
        ]
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect()
    }

    /// The last good snapshots of each volume. One dated in the future is no measure of anything.
    fn floor(&self, snapshots: &[Snapshot], now: Timestamp) -> BTreeSet<SnapshotId> {
        let mut good: BTreeMap<&VolumeId, Vec<&Snapshot>> = BTreeMap::new();
        for snapshot in snapshots {
            if snapshot.state == SnapshotState::Completed && snapshot.started_at <= now {
                good.entry(&snapshot.volume).or_default().push(snapshot);
            }
        }
        good.into_values()
            .flat_map(|mut of_volume| {
                of_volume.sort_by_key(|s| (std::cmp::Reverse(s.started_at), s.id.clone()));
                of_volume.into_iter().take(self.floor).map(|s| s.id.clone()).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// A failed snapshot is finished: it is worth nothing, and goes when it is old.
fn unfinished(state: SnapshotState) -> bool {
    match state {
        SnapshotState::Completed | SnapshotState::Error => false,
        SnapshotState::Pending | SnapshotState::Recoverable | SnapshotState::Recovering => true,
    }
}

fn verdict(snapshot: &Snapshot, reasons: Vec<Reason>) -> Verdict {
    Verdict {
        id: snapshot.id.clone(),
        volume: snapshot.volume.clone(),
        started_at: snapshot.started_at,
        size_gib: snapshot.size_gib,
        reasons,
    }
}

fn oldest_first(a: &Verdict, b: &Verdict) -> std::cmp::Ordering {
    (a.started_at, &a.id).cmp(&(b.started_at, &b.id))
}
