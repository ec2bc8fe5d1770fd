//! Takes over the snapshots of an earlier version, whose tags name no owner. Only a person asks for
//! it: which stack's they are nobody else can know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{Clock, ErrorKind, PortError, Retry, SnapshotId, Snapshots, TagSet};
use serde::Serialize;

use crate::policy::naming::LAMBDA_FUNCTION;
use crate::policy::once::backoff;
use crate::policy::ownership::{self, NAMED, OWNER, OwnerName, SCHEME, Whose};

/// How often a snapshot is tried that EC2 does not take the tags of for now.
const ATTEMPTS: u32 = 8;

/// The ports that adopting needs.
#[derive(Clone, Copy, Debug)]
pub struct AdoptPorts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// The snapshots.
    pub snapshots: &'a dyn Snapshots,
}

/// A snapshot that is nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Orphan {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The moment it stands for.
    pub started_at: Timestamp,
    /// The function that made it, whose name tells of its stack.
    pub function: String,
}

/// What became of the orphans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// How many are the owner's now.
    pub adopted: usize,
    /// How many were not there any more.
    pub gone: usize,
    /// Those that stay nobody's, and why.
    pub failed: BTreeMap<SnapshotId, String>,
}

/// The snapshots that are nobody's: of one function's, or all.
///
/// # Errors
///
/// When they cannot all be listed.
pub async fn orphans(snapshots: &dyn Snapshots, made_by: Option<&str>) -> Result<Vec<Orphan>, PortError> {
    let filter =
        made_by.into_iter().fold(ownership::of_any(), |filter, name| filter.and(LAMBDA_FUNCTION, name));
    let (anybody, mut orphans, mut from) = (OwnerName::default(), Vec::new(), None);
    loop {
        let page = snapshots.page(&filter, from).await?;
        let nobodys = page.items.into_iter().filter(|found| anybody.whose(&found.tags) == Whose::Nobodys);
        orphans.extend(nobodys.map(|found| Orphan {
            started_at: found.started_at,
            function: found.tags.get(LAMBDA_FUNCTION).unwrap_or_default().to_owned(),
            snapshot: found.id,
        }));
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(orphans),
        }
    }
}

/// Gives orphans to an owner, and tells `seen` of each. It may be interrupted and done again: those
/// that were adopted are no orphans any more.
///
/// # Errors
///
/// Never in practice: an owner's name is a legal tag. The error is passed on all the same.
pub async fn adopt(
    ports: &AdoptPorts<'_>,
    owner: &OwnerName,
    orphans: &[Orphan],
    seen: &(dyn Fn(&Orphan) + Sync),
) -> Result<Adopted, PortError> {
    let marks = TagSet::new([(OWNER, owner.as_str()), (SCHEME, NAMED)])?;
    let mut adopted = Adopted::default();
    for orphan in orphans {
        match tag(ports, &orphan.snapshot, &marks).await {
            Ok(()) => adopted.adopted = adopted.adopted.saturating_add(1),
            Err(error) if error.kind == ErrorKind::NotFound => adopted.gone = adopted.gone.saturating_add(1),
            Err(error) => drop(adopted.failed.insert(orphan.snapshot.clone(), error.to_string())),
        }
        seen(orphan);
    }
    Ok(adopted)
}

/// Sets the tags, which may be repeated, and waits where EC2 wants that.
async fn tag(ports: &AdoptPorts<'_>, snapshot: &SnapshotId, marks: &TagSet) -> Result<(), PortError> {
    let mut attempts = 0_u32;
    loop {
        let Err(error) = ports.snapshots.tag(snapshot, marks).await else { return Ok(()) };
        let wait = backoff(attempts, error.kind);
        attempts = attempts.saturating_add(1);
        if error.retry() == Retry::Never || ATTEMPTS <= attempts {
            return Err(error);
        }
        ports.clock.sleep(wait).await;
    }
}
