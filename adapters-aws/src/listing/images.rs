use std::collections::BTreeMap;

use ports::{SnapshotId, UsedBy};
use serde_json::Value;

use super::item::Item;
use super::{ListingError, items};

/// Reads what `aws ec2 describe-images --owners self --include-disabled` prints: which image uses which snapshot
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>).
///
/// # Errors
///
/// What cannot be read, and of which image.
///
/// # Examples
///
/// ```
/// use adapters_aws::listing::images;
///
/// let list = br#"{"Images": [{"ImageId": "ami-1", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-0a"}}]}]}"#;
/// assert_eq!(images(list)?.len(), 1);
/// assert!(images(br#"{"Images": [{"ImageId": "web"}]}"#).is_err());
/// # Ok::<(), adapters_aws::listing::ListingError>(())
/// ```
pub fn images(bytes: &[u8]) -> Result<BTreeMap<SnapshotId, UsedBy>, ListingError> {
    let mut uses = BTreeMap::new();
    for (place, json) in items(bytes, "describe-images", |listing| listing.images)?.into_iter().enumerate() {
        let item = Item::read(json.get(), "image", place, "ImageId")?;
        let by = UsedBy::Image(item.parsed("ImageId")?);
        let devices = item.optional("BlockDeviceMappings").and_then(Value::as_array);
        for id in devices.into_iter().flatten().filter_map(|device| device.pointer("/Ebs/SnapshotId")) {
            let id: Option<SnapshotId> = id.as_str().and_then(|id| id.parse().ok());
            let id = id.ok_or_else(|| item.bad("BlockDeviceMappings", "names a snapshot that is none"))?;
            uses.insert(id, by.clone());
        }
    }
    Ok(uses)
}
