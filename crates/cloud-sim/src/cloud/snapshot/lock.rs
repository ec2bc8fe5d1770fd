use std::collections::BTreeSet;

use aws_vocabulary::{SnapshotId, SnapshotState, time};
use jiff::{SignedDuration, Timestamp};

use super::SnapshotStore;
use crate::cloud::bucket::SNAPSHOT;
use crate::cloud::ec2::no_snapshot;
use crate::cloud::list::{self, Filtered, Filters, Listed, Listing, Paging};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

/// A lock, which keeps a snapshot from being deleted by anybody
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html>). Of a pending snapshot AWS counts the
/// duration from its completion; here it counts from the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Whether nobody may lift it once it has cooled off; otherwise it is in governance mode.
    pub is_compliance: bool,
    /// When it was made.
    pub since: Timestamp,
    /// Until when one in compliance mode may still be lifted.
    pub cools_off: Option<Timestamp>,
    /// When it ends.
    pub until: Timestamp,
}

/// For how many days a snapshot may be locked
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html>).
const DAYS: std::ops::RangeInclusive<i64> = 1..=36_500;
/// For how many hours a lock may cool off.
const HOURS: std::ops::RangeInclusive<i64> = 1..=72;

impl Lock {
    /// A lock as a request wishes it: in a mode, for so many days, and to cool off for so many hours.
    ///
    /// # Errors
    ///
    /// When it is no mode, too short or too long, or not to cool off.
    pub fn new(mode: &str, days: i64, cool_off: Option<i64>, now: Timestamp) -> Result<Self, ApiError> {
        let invalid = |message: String| Err(ApiError::rejected("InvalidParameterValue", message));
        let is_compliance = match mode {
            "compliance" => true,
            "governance" => false,
            other => return invalid(format!("Value ({other}) for parameter LockMode is invalid.")),
        };
        if !DAYS.contains(&days) {
            return invalid(format!("Value ({days}) for parameter LockDuration is invalid."));
        }
        if let Some(hours) = cool_off.filter(|hours| !is_compliance || !HOURS.contains(hours)) {
            return invalid(format!("Value ({hours}) for parameter CoolOffPeriod is invalid."));
        }
        let hours_later = |hours| time::later(now, SignedDuration::from_hours(hours));
        Ok(Self {
            is_compliance,
            since: now,
            cools_off: cool_off.map(hours_later),
            until: hours_later(days.saturating_mul(24)),
        })
    }

    /// Its state, as EC2 writes it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockedSnapshotsInfo.html>).
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.until <= now {
            "expired"
        } else if !self.is_compliance {
            "governance"
        } else if self.cools_off.is_some_and(|end| now < end) {
            "compliance-cooloff"
        } else {
            "compliance"
        }
    }

    /// Whether it holds: in every state but one.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl SnapshotStore {
    /// The lock of a snapshot.
    pub fn lock_of(&self, snapshot: &SnapshotId) -> Option<Lock> {
        self.marks.get(snapshot).and_then(|mark| mark.lock)
    }
}

impl Cloud {
    /// `LockSnapshot`. A lock in compliance mode that has cooled off can only be made longer, and a snapshot that failed
    /// cannot be locked. The errors' codes are unverified.
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, it cannot be locked so, or too many requests came.
    pub fn lock_snapshot(
        &mut self,
        snapshot: &SnapshotId,
        lock: Lock,
        context: &Context<'_>,
    ) -> Result<Lock, ApiError> {
        self.ec2.buckets.take("LockSnapshot", SNAPSHOT, context.now)?;
        let store = &mut self.snapshots;
        let found = store.snapshots.get(snapshot).ok_or_else(|| no_snapshot(snapshot))?;
        let is_lockable = matches!(found.state, SnapshotState::Pending | SnapshotState::Completed);
        let old = store.lock_of(snapshot).filter(|old| old.state(context.now) == "compliance");
        if !is_lockable || old.is_some_and(|old| !lock.is_compliance || lock.until < old.until) {
            let message = format!("The snapshot '{snapshot}' cannot be locked in this way.");
            return Err(ApiError::rejected("IncorrectState", message));
        }
        store.marks.entry(snapshot.clone()).or_default().lock = Some(lock);
        Ok(lock)
    }

    /// `DescribeLockedSnapshots`: locks that are over are listed as well, as `expired`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html>).
    ///
    /// # Errors
    ///
    /// When the request is wrong, names a snapshot that is not there, or comes while too many others do.
    pub fn list_locked_snapshots(
        &mut self,
        listing: &Listing,
        context: &mut Context<'_>,
    ) -> Result<Listed<(SnapshotId, Lock)>, ApiError> {
        self.ec2.buckets.take_for_list("DescribeLockedSnapshots", listing, context.now)?;
        let filters = Filters::read::<OfLock>(&listing.filters)?;
        let ids: BTreeSet<SnapshotId> = listing.ids(&list::SNAPSHOT)?.into_iter().collect();
        let store = &self.snapshots;
        if let Some(missing) = ids.iter().find(|id| !store.snapshots.contains_key(*id)) {
            return Err(no_snapshot(missing));
        }
        let now = context.now;
        let all = store.marks.iter().filter_map(|(id, mark)| Some((id, mark.lock?)));
        let asked = all.filter(|(id, _)| ids.is_empty() || ids.contains(*id));
        let wanted = |(_, lock): &(SnapshotId, Lock)| filters.let_through(&OfLock { state: lock.state(now) });
        let paging = Paging { at_once: store.page_size, ..Paging::USUAL };
        paging.page(listing, asked.map(|(id, lock)| (id.as_str(), (id.clone(), lock))), wanted, context)
    }
}

struct OfLock {
    state: &'static str,
}

impl Filtered for OfLock {
    const NAMES: &'static [&'static str] = &["lock-state"];

    fn has(&self, _: &str, fits: &dyn Fn(&str) -> bool) -> bool {
        fits(self.state)
    }

    fn tag(&self, _: &str) -> Option<&str> {
        None
    }

    fn tag_keys(&self) -> Vec<&str> {
        Vec::new()
    }
}
