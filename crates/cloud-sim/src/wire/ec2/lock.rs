//! Locks of snapshots.

use aws_vocabulary::SnapshotId;

use super::field::{empty, instant, listing};
use crate::cloud::list;
use crate::cloud::snapshot::Lock;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `LockSnapshot` for a number of days.
pub(super) fn lock(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    if fields.text("ExpirationDate").is_some() {
        let message = "The simulated cloud does not have the parameter ExpirationDate";
        return Err(ApiError::rejected("UnsupportedOperation", message));
    }
    let snapshot: SnapshotId = list::id(fields.required("SnapshotId")?, &list::SNAPSHOT)?;
    let (mode, days) = (fields.required("LockMode")?, fields.needed("LockDuration")?);
    let lock = Lock::new(mode, days, fields.parsed("CoolOffPeriod")?, context.now)?;
    let lock = cloud.lock_snapshot(&snapshot, lock, context)?;
    Ok(told(empty(), &snapshot, &lock, context))
}

/// `DescribeLockedSnapshots`.
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    let page = cloud.list_locked_snapshots(&listing(fields, "SnapshotId")?, context)?;
    let owner = cloud.place.account.clone();
    let item = |(snapshot, lock): &(SnapshotId, Lock)| {
        told(Element::new("item"), snapshot, lock, context).text("ownerId", &owner)
    };
    let items: Vec<Element> = page.items.iter().map(item).collect();
    Ok(empty().list("snapshotSet", items).maybe("nextToken", page.next))
}

fn told(element: Element, snapshot: &SnapshotId, lock: &Lock, context: &Context<'_>) -> Element {
    element
        .text("snapshotId", snapshot)
        .text("lockState", lock.state(context.now))
        .text("lockCreatedOn", instant(lock.since))
        .text("lockDurationStartTime", instant(lock.since))
        .text("lockExpiresOn", instant(lock.until))
        .maybe("coolOffPeriodExpiresOn", lock.cools_off.map(instant))
}
