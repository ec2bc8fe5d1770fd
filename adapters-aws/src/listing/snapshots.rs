use std::collections::BTreeSet;

use jiff::Timestamp;
use ports::{AccountId, Snapshot, SnapshotState, time};
use serde_json::Value;

use super::item::Item;
use super::{ListingError, items};

/// A snapshot and the account it belongs to, where the listing says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Whose it is.
    pub owner: Option<AccountId>,
}

/// EC2 began in 2006.
const FIRST_YEAR: i16 = 2006;
/// What is dated later is no clock that is a little wrong.
const LAST_YEAR: i16 = 2099;

/// Reads what `aws ec2 describe-snapshots` prints
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
///
/// # Errors
///
/// What cannot be read, and of which snapshot.
///
/// # Examples
///
/// ```
/// use adapters_aws::listing::snapshots;
///
/// let list = br#"{"Snapshots": [{"SnapshotId": "snap-0a", "VolumeId": "vol-1", "State": "completed",
///     "StartTime": "2026-11-23T14:00:00+00:00", "VolumeSize": 8, "OwnerId": "123456789012"}]}"#;
/// assert_eq!(snapshots(list)?.len(), 1);
/// let error = snapshots(br#"{"Snapshots": [{"SnapshotId": "snap-0a", "VolumeId": "web"}]}"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "snapshot `snap-0a`: `VolumeId` cannot be used: volume id `web`: expected `vol-` and up to 32 lower-case letters \
///      or digits",
/// );
/// # Ok::<(), adapters_aws::listing::ListingError>(())
/// ```
pub fn snapshots(bytes: &[u8]) -> Result<Vec<Listed>, ListingError> {
    let items = items(bytes, "describe-snapshots", |listing| listing.snapshots)?;
    let mut seen = BTreeSet::new();
    let mut listed = Vec::with_capacity(items.len());
    for (place, json) in items.into_iter().enumerate() {
        let item = Item::read(json.get(), "snapshot", place, "SnapshotId")?;
        let one = read(&item)?;
        if !seen.insert(one.snapshot.id.clone()) {
            return Err(item.bad("SnapshotId", "is there twice"));
        }
        listed.push(one);
    }
    Ok(listed)
}

fn read(item: &Item) -> Result<Listed, ListingError> {
    let snapshot = Snapshot {
        id: item.parsed("SnapshotId")?,
        volume: item.parsed("VolumeId")?,
        state: state(item)?,
        started_at: started_at(item)?,
        size_gib: size(item)?,
        tags: item.tags()?,
        description: item.optional("Description").and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    let owner = item.optional("OwnerId").map(|_| item.parsed("OwnerId")).transpose()?;
    Ok(Listed { snapshot, owner })
}

fn state(item: &Item) -> Result<SnapshotState, ListingError> {
    let name = item.text("State")?;
    let expected = "`pending`, `completed`, `error`, `recoverable` or `recovering`";
    SnapshotState::parse(name).ok_or_else(|| item.bad("State", format!("is `{name}`: expected {expected}")))
}

fn started_at(item: &Item) -> Result<Timestamp, ListingError> {
    let text = item.text("StartTime")?;
    let at: Option<Timestamp> = text.parse().ok();
    at.filter(|at| (FIRST_YEAR..=LAST_YEAR).contains(&time::day(*at).year())).ok_or_else(|| {
        let expected = format!("an instant such as `2026-11-23T14:00:00Z`, from {FIRST_YEAR} to {LAST_YEAR}");
        item.bad("StartTime", format!("is `{text}`: expected {expected}"))
    })
}

fn size(item: &Item) -> Result<u32, ListingError> {
    let value = item.required("VolumeSize")?;
    let size = value.as_u64().and_then(|size| u32::try_from(size).ok());
    size.ok_or_else(|| item.bad("VolumeSize", format!("is `{value}`: expected a whole number of GiB")))
}
