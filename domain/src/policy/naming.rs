//! The names and tags that snapshots are given.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{InstanceId, LedgerKey, TagError, TagSet, Tags};

use super::once::Fence;

/// The tag that says a resource was made by a machine.
pub const AUTO_CREATED: &str = "AutoCreated";
/// The tag that says which machine.
pub const CREATED_BY: &str = "CreatedBy";
/// What [`CREATED_BY`] says on ours.
pub const CARETAKER: &str = "caretaker";
/// The tag that names the instance a snapshot is of.
pub const INSTANCE_ID: &str = "InstanceId";
/// The tag that holds the ledger key of what was done.
pub const KEY: &str = "caretaker:key";
/// The tag that holds the fence under which it was done.
pub const FENCE: &str = "caretaker:fence";

/// The tag that holds the word that set it off.
pub const TRIGGER_STATE: &str = "TriggerState";

/// The longest description EC2 takes, in characters
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html>).
pub const LONGEST_DESCRIPTION: usize = 255;

/// What the tags of a new snapshot are made of.
#[derive(Clone, Copy, Debug)]
pub struct Birth<'a> {
    /// The instance.
    pub instance: &'a InstanceId,
    /// The instance's tags.
    pub instance_tags: &'a Tags,
    /// What set it off, such as `stopped`.
    pub trigger: &'a str,
    /// When.
    pub at: Timestamp,
    /// The function that does it.
    pub function: &'a str,
    /// The ledger key.
    pub key: &'a LedgerKey,
    /// The fence.
    pub fence: Fence,
}

/// The tags that a snapshot carries from its first moment: ours, then as many of the instance's as still leave room
/// for a name. Ours win; reserved keys and the instance's own name are left out.
///
/// # Errors
///
/// Never in practice: everything is cut to what EC2 takes. The error is passed on all the same.
pub fn birth_tags(birth: &Birth<'_>) -> Result<TagSet, TagError> {
    let mut tags = BTreeMap::from([
        (AUTO_CREATED.to_owned(), "true".to_owned()),
        (CREATED_BY.to_owned(), CARETAKER.to_owned()),
        (INSTANCE_ID.to_owned(), birth.instance.to_string()),
        (TRIGGER_STATE.to_owned(), birth.trigger.to_owned()),
        ("CreatedAt".to_owned(), birth.at.to_string()),
        ("LambdaFunction".to_owned(), cut(birth.function, TagSet::LONGEST_VALUE)),
        (KEY.to_owned(), cut(birth.key.as_str(), TagSet::LONGEST_VALUE)),
        (FENCE.to_owned(), birth.fence.to_string()),
    ]);
    fill(&mut tags, birth.instance_tags, TagSet::MOST.saturating_sub(1));
    TagSet::new(tags)
}

/// The tags that a snapshot gets once it exists: its name, and as many of its volume's tags as still fit beside
/// those of its birth.
///
/// # Errors
///
/// As [`birth_tags`].
pub fn name_tags(name: &str, volume: &Tags, birth: &TagSet) -> Result<TagSet, TagError> {
    let mut tags: BTreeMap<String, String> = own(birth.tags());
    tags.insert("Name".to_owned(), cut(name, TagSet::LONGEST_VALUE));
    fill(&mut tags, volume, TagSet::MOST);
    tags.retain(|key, value| birth.tags().get(key) != Some(value.as_str()));
    TagSet::new(tags)
}

fn own(tags: &Tags) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn fill(tags: &mut BTreeMap<String, String>, more: &Tags, most: usize) {
    for (key, value) in more.iter() {
        if tags.len() < most && key != "Name" && TagSet::allows_key(key) {
            tags.entry(key.to_owned()).or_insert_with(|| cut(value, TagSet::LONGEST_VALUE));
        }
    }
}

/// The name of a snapshot: `auto-<name>-<device>-<timestamp>`. A long name is cut, so that the rest stays.
///
/// # Examples
///
/// ```
/// use domain::policy::naming::snapshot_name;
///
/// let at = "2026-11-23T14:27:11Z".parse().unwrap();
/// assert_eq!(snapshot_name("web-1", "/dev/sdf", at), "auto-web-1-sdf-20261123T142711Z");
/// assert_eq!(snapshot_name(&"x".repeat(300), "xvda", at).chars().count(), 256);
/// ```
pub fn snapshot_name(instance: &str, device: &str, at: Timestamp) -> String {
    let device = device.strip_prefix("/dev/").unwrap_or(device);
    let tail = format!("-{device}-{}", at.strftime("%Y%m%dT%H%M%SZ"));
    let room = TagSet::LONGEST_VALUE.saturating_sub(tail.chars().count()).saturating_sub(5);
    format!("auto-{}{tail}", cut(instance, room))
}

/// Cuts a text to at most so many characters.
pub fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
