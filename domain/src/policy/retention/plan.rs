use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ports::{Snapshot, SnapshotId, UsedBy, VolumeId};
use serde::{Deserialize, Serialize};

use super::assessment::{Assessment, Row};
use super::item::Item;
use super::reading::Reading;
use super::{Bound, Days, PlanHash, Reason, Reasons, Refusal, RetentionError, RetentionSpec};

/// Which snapshots are kept: a checked [`RetentionSpec`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RetentionSpec", into = "RetentionSpec")]
pub struct Retention(RetentionSpec);

/// The snapshots there are, and what a listing of them does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Stock<'a> {
    /// Every snapshot.
    pub snapshots: &'a [Snapshot],
    /// What uses one.
    pub in_use: &'a BTreeMap<SnapshotId, UsedBy>,
    /// Until when one is locked, where that is known.
    pub locked: &'a BTreeMap<SnapshotId, Option<Timestamp>>,
    /// Those that belong to another account.
    pub shared_in: &'a BTreeSet<SnapshotId>,
    /// Which volumes are gone, and since when that is known.
    pub gone: &'a BTreeMap<VolumeId, Timestamp>,
}

/// A snapshot and why it is kept or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotVerdict {
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
    pub keep: Vec<SnapshotVerdict>,
    /// What goes.
    pub remove: Vec<SnapshotVerdict>,
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
    /// Volumes that would lose their floor if they were gone, and when their last snapshot began.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub doubtful_volumes: BTreeMap<VolumeId, Timestamp>,
    /// Those of them that are gone, and have no floor any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone_volumes: Vec<VolumeId>,
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
    /// use domain::policy::retention::{RetentionSpec, Retention, RetentionError};
    ///
    /// let spec = RetentionSpec { keep_daily: Some("7".parse()?), ..RetentionSpec::default() };
    /// assert!(Retention::new(spec).is_ok());
    /// assert_eq!(Retention::new(RetentionSpec::default()), Err(RetentionError::Empty));
    /// # Ok::<(), RetentionError>(())
    /// ```
    pub fn new(spec: RetentionSpec) -> Result<Self, RetentionError> {
        if 100 < spec.max_remove.percent {
            return Err(RetentionError::Percent(spec.max_remove.percent));
        }
        if spec.rules().next().is_none() && spec.keep_tag.is_empty() {
            return Err(RetentionError::Empty);
        }
        Ok(Self(spec))
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
        let keep_within = Some(Days::try_from(days)?.into());
        Self::new(RetentionSpec { keep_within, ..RetentionSpec::default() })
    }

    /// The policy as people write it.
    pub fn spec(&self) -> &RetentionSpec {
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
    /// let ours = [
    ///     ("AutoCreated", "true"),
    ///     ("CreatedBy", "caretaker"),
    ///     ("caretaker:owner", "default"),
    ///     ("caretaker:scheme", "2"),
    /// ];
    /// let snapshot = |id: &str, start: &str| Snapshot {
    ///     id: id.parse().unwrap(),
    ///     volume: "vol-1".parse().unwrap(),
    ///     state: SnapshotState::Completed,
    ///     started_at: start.parse().unwrap(),
    ///     size_gib: 8,
    ///     tags: Tags::from_iter(ours),
    ///     description: String::new(),
    /// };
    /// let snapshots = [snapshot("snap-old", "2026-01-01T00:00:00Z"), snapshot("snap-new", "2026-03-01T00:00:00Z")];
    /// let (locked, shared_in, gone) = (&[].into(), &[].into(), &[].into());
    /// let stock = Stock { snapshots: &snapshots, in_use: &[].into(), locked, shared_in, gone };
    /// let plan = Retention::days(30)?.plan(&stock, "2026-03-02T00:00:00Z".parse().unwrap());
    /// let removed: Vec<&str> = plan.removed().map(|verdict| verdict.id.as_str()).collect();
    /// assert_eq!(removed, ["snap-old"]);
    /// assert_eq!(plan.kept().next().unwrap().reasons.to_string(), "keep-within, floor");
    /// # Ok::<(), domain::policy::retention::RetentionError>(())
    /// ```
    pub fn plan(&self, stock: &Stock<'_>, now: Timestamp) -> RetentionPlan {
        stock.read(self, None).plan(now)
    }
}

impl Stock<'_> {
    /// The snapshots, read for a policy, and for what another asks of them as well.
    pub fn read(&self, policy: &Retention, other: Option<&Retention>) -> Reading {
        let mut reading = policy.reading(other);
        for snapshot in self.snapshots {
            reading.add(snapshot, self.shared_in.contains(&snapshot.id));
        }
        reading.bind(&Bound { in_use: self.in_use, locked: self.locked });
        reading.bury(self.gone.clone());
        reading
    }
}

impl Group {
    fn of(key: &str, rows: &[Row<'_>]) -> Self {
        let kept = rows.iter().filter(|row| row.verdict().keep()).count();
        let removed = rows.len().saturating_sub(kept);
        let mut group =
            Self { key: key.to_owned(), keep: Vec::with_capacity(kept), remove: Vec::with_capacity(removed) };
        for row in rows {
            let verdict = SnapshotVerdict::of(row.item, row.verdict());
            let list = if verdict.reasons.keep() { &mut group.keep } else { &mut group.remove };
            list.push(verdict);
        }
        group
    }
}

impl SnapshotVerdict {
    pub(super) fn of(item: &Item, reasons: Reasons) -> Self {
        Self {
            id: item.id.clone(),
            volume: item.volume.clone(),
            start: item.at,
            size_gib: item.size_gib,
            reasons,
        }
    }

    /// Whether it goes because no rule keeps it.
    pub(super) fn is_expired(&self) -> bool {
        self.reasons.has(Reason::Expired)
    }
}

impl RetentionPlan {
    /// The plan that an assessment comes to.
    pub(super) fn of(reading: &Reading, now: Timestamp, assessment: &Assessment<'_>) -> Self {
        let policy = reading.policy().clone();
        let group = |rows: &[Row<'_>]| Some(Group::of(reading.name(rows.first()?.group), rows));
        let mut groups: Vec<Group> = assessment.groups().filter_map(group).collect();
        groups.sort_by(|a, b| a.key.cmp(&b.key));
        let ours = assessment.rows.iter().filter(|row| row.is_ours()).count();
        let remove = groups.iter().map(|group| group.remove.len()).fold(0, usize::saturating_add);
        let refused = policy.spec().max_remove.refuse(remove, ours);
        let hash = PlanHash::of(now, &policy, &groups);
        let (dead_volumes, doubtful_volumes) = (assessment.dead.clone(), assessment.doubtful.clone());
        let gone_volumes = assessment.gone.clone();
        Self { now, policy, hash, groups, dead_volumes, doubtful_volumes, gone_volumes, refused }
    }

    /// How large the volumes are together, in GiB, of the snapshots that the floor alone keeps of dead volumes: an upper
    /// bound of what they store.
    pub fn floor_only_gib(&self) -> u64 {
        let is_dead = |verdict: &&SnapshotVerdict| self.dead_volumes.binary_search(&verdict.volume).is_ok();
        let alone = self.kept().filter(|verdict| verdict.reasons == Reason::Floor.into()).filter(is_dead);
        alone.map(|verdict| u64::from(verdict.size_gib)).fold(0, u64::saturating_add)
    }

    /// What stays, group by group.
    pub fn kept(&self) -> impl Iterator<Item = &SnapshotVerdict> {
        self.groups.iter().flat_map(|group| &group.keep)
    }

    /// What goes, group by group.
    pub fn removed(&self) -> impl Iterator<Item = &SnapshotVerdict> {
        self.groups.iter().flat_map(|group| &group.remove)
    }

    /// What goes, oldest first: the order in which to remove it.
    pub fn in_order_of_removal(&self) -> Vec<&SnapshotVerdict> {
        let mut verdicts: Vec<&SnapshotVerdict> = self.removed().collect();
        verdicts.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        verdicts
    }
}

impl TryFrom<RetentionSpec> for Retention {
    type Error = RetentionError;
    fn try_from(spec: RetentionSpec) -> Result<Self, RetentionError> {
        Self::new(spec)
    }
}

impl From<Retention> for RetentionSpec {
    fn from(retention: Retention) -> Self {
        retention.0
    }
}
