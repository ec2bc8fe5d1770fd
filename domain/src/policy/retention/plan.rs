use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::{Snapshot, SnapshotId, UsedBy, VolumeId};
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Gone, Row};
use super::{Draft, Period, PlanHash, Reason, Reasons, Refusal, RetentionError};

/// Which snapshots are kept: a checked [`Draft`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct Retention(Draft);

/// The snapshots there are, and what a listing of them does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Stock<'a> {
    /// Every snapshot.
    pub snapshots: &'a [Snapshot],
    /// What uses one.
    pub in_use: &'a BTreeMap<SnapshotId, UsedBy>,
    /// Those that belong to another account.
    pub shared_in: &'a BTreeSet<SnapshotId>,
}

/// A snapshot and why it is kept or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The snapshot.
    pub id: SnapshotId,
    /// Its volume.
    pub volume: VolumeId,
    /// The moment it stands for.
    pub start: Timestamp,
    /// The size of its volume in GiB: an upper bound of what it stores.
    pub size_gib: u32,
    /// Why.
    pub reasons: Reasons,
}

/// The verdicts on a group, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What its members have in common.
    pub key: String,
    /// What stays.
    pub keep: Vec<Verdict>,
    /// What goes.
    pub remove: Vec<Verdict>,
}

/// What to keep and what to remove: every snapshot is in exactly one list, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPlan {
    /// The instant it was made for.
    pub now: Timestamp,
    /// By which policy.
    pub policy: Retention,
    /// What it decides, in short: two plans have the same hash when they decide the same.
    pub hash: PlanHash,
    /// The groups, in the order of their keys.
    pub groups: Vec<Group>,
    /// Volumes that only the floor keeps something of: probably they are gone.
    pub dead_volumes: Vec<VolumeId>,
    /// Why nothing of it may be carried out.
    pub refused: Option<Refusal>,
}

impl Retention {
    /// Checks a policy.
    ///
    /// # Errors
    ///
    /// When no rule keeps anything, or the share that may be removed is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::{Draft, Retention, RetentionError};
    ///
    /// let draft = Draft { keep_daily: Some("7".parse()?), ..Draft::default() };
    /// assert!(Retention::new(draft).is_ok());
    /// assert_eq!(Retention::new(Draft::default()), Err(RetentionError::Empty));
    /// # Ok::<(), RetentionError>(())
    /// ```
    pub fn new(draft: Draft) -> Result<Self, RetentionError> {
        if 100 < draft.max_remove.percent {
            return Err(RetentionError::Percent(draft.max_remove.percent));
        }
        if draft.rules().next().is_none() && draft.keep_tag.is_empty() {
            return Err(RetentionError::Empty);
        }
        Ok(Self(draft))
    }

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
    /// let error = Retention::days(0).unwrap_err();
    /// assert_eq!(error.to_string(), "`0` days: expected a whole number from 1 to 36500");
    /// ```
    pub fn days(days: i64) -> Result<Self, RetentionError> {
        let period = u16::try_from(days).ok().filter(|days| *days <= 36_500).and_then(Period::days);
        let keep_within = Some(period.ok_or(RetentionError::Days(days))?);
        Self::new(Draft { keep_within, ..Draft::default() })
    }

    /// The policy as people write it.
    pub fn draft(&self) -> &Draft {
        &self.0
    }

    /// Decides about every snapshot.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::{Retention, Stock};
    /// use ports::{Snapshot, SnapshotState, Tags};
    ///
    /// let snapshot = |id: &str, start: &str| Snapshot {
    ///     id: id.parse().unwrap(),
    ///     volume: "vol-1".parse().unwrap(),
    ///     state: SnapshotState::Completed,
    ///     started_at: start.parse().unwrap(),
    ///     size_gib: 8,
    ///     tags: Tags::from_iter([("AutoCreated", "true"), ("CreatedBy", "caretaker")]),
    ///     description: String::new(),
    /// };
    /// let snapshots = [snapshot("snap-old", "2026-01-01T00:00:00Z"), snapshot("snap-new", "2026-03-01T00:00:00Z")];
    /// let stock = Stock { snapshots: &snapshots, in_use: &[].into(), shared_in: &[].into() };
    /// let plan = Retention::days(30)?.plan(&stock, "2026-03-02T00:00:00Z".parse().unwrap());
    /// let removed: Vec<&str> = plan.removed().map(|verdict| verdict.id.as_str()).collect();
    /// assert_eq!(removed, ["snap-old"]);
    /// assert_eq!(plan.kept().next().unwrap().reasons.to_string(), "keep-within, floor");
    /// # Ok::<(), domain::policy::retention::RetentionError>(())
    /// ```
    pub fn plan(&self, stock: &Stock<'_>, now: Timestamp) -> RetentionPlan {
        self.plan_after(stock, now, &Gone::new())
    }

    fn plan_after(&self, stock: &Stock<'_>, now: Timestamp, gone: &Gone<'_>) -> RetentionPlan {
        let desk = Desk::settled(&self.0, stock, now, gone);
        // Copied in the order of the list, because memory is fast that way.
        let mut blanks: Vec<Option<Verdict>> =
            stock.snapshots.iter().map(|snapshot| Some(Verdict::of(snapshot, Reasons::default()))).collect();
        let groups = desk.rows.chunk_by(|a, b| a.group == b.group);
        let mut groups: Vec<Group> =
            groups.filter_map(|rows| Some(Group::of(desk.key(rows.first()?), rows, &mut blanks))).collect();
        groups.sort_by(|a, b| a.key.cmp(&b.key));
        let ours = desk.rows.iter().filter(|row| row.is_ours()).count();
        let remove = groups.iter().map(|group| group.remove.len()).fold(0, usize::saturating_add);
        let refused = self.0.max_remove.refuse(remove, ours);
        let hash = PlanHash::of(now, self, &groups);
        RetentionPlan { now, policy: self.clone(), hash, groups, dead_volumes: desk.dead, refused }
    }
}

impl Group {
    fn of(key: String, rows: &[Row<'_>], blanks: &mut [Option<Verdict>]) -> Self {
        let kept = rows.iter().filter(|row| row.verdict().keep()).count();
        let removed = rows.len().saturating_sub(kept);
        let mut group = Self { key, keep: Vec::with_capacity(kept), remove: Vec::with_capacity(removed) };
        for row in rows {
            let reasons = row.verdict();
            let list = if reasons.keep() { &mut group.keep } else { &mut group.remove };
            let blank = blanks.get_mut(row.place).and_then(Option::take);
            list.extend(blank.map(|blank| Verdict { reasons, ..blank }));
        }
        group
    }
}

impl Verdict {
    pub(super) fn of(snapshot: &Snapshot, reasons: Reasons) -> Self {
        Self {
            id: snapshot.id.clone(),
            volume: snapshot.volume.clone(),
            start: snapshot.started_at,
            size_gib: snapshot.size_gib,
            reasons,
        }
    }
}

impl RetentionPlan {
    /// What the same policy decides for the same instant over the snapshots there are now. What this plan removes and is
    /// gone already still counts as the oldest of its group, so that taking a part of it away changes nothing of the rest.
    pub fn again(&self, stock: &Stock<'_>) -> Self {
        let there: BTreeSet<&SnapshotId> = stock.snapshots.iter().map(|snapshot| &snapshot.id).collect();
        let mut gone = Gone::new();
        for group in &self.groups {
            // Newest first, and only those that the rules count.
            let mut counted =
                group.remove.iter().rev().filter(|verdict| verdict.reasons.has(Reason::Expired));
            let oldest = counted.find(|verdict| !there.contains(&verdict.id));
            gone.extend(oldest.map(|verdict| (group.key.as_str(), verdict)));
        }
        self.policy.plan_after(stock, self.now, &gone)
    }

    /// What stays, group by group.
    pub fn kept(&self) -> impl Iterator<Item = &Verdict> {
        self.groups.iter().flat_map(|group| &group.keep)
    }

    /// What goes, group by group.
    pub fn removed(&self) -> impl Iterator<Item = &Verdict> {
        self.groups.iter().flat_map(|group| &group.remove)
    }

    /// What goes, oldest first: the order in which to remove it.
    pub fn in_order_of_removal(&self) -> Vec<&Verdict> {
        let mut verdicts: Vec<&Verdict> = self.removed().collect();
        verdicts.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        verdicts
    }
}

impl TryFrom<Draft> for Retention {
    type Error = RetentionError;
    fn try_from(draft: Draft) -> Result<Self, RetentionError> {
        Self::new(draft)
    }
}

impl From<Retention> for Draft {
    fn from(retention: Retention) -> Self {
        retention.0
    }
}
