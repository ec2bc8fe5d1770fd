//! The names and tags that snapshots are given.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{InstanceId, LedgerKey, Snapshot, TagError, TagSet, Tags, VolumeId};

use super::once::Fence;
use super::ownership::OwnerName;
use super::retention::Period;

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

/// The tag that holds the name of the function that made it.
pub const LAMBDA_FUNCTION: &str = "LambdaFunction";
/// The tag that holds the word that set it off.
pub const TRIGGER_STATE: &str = "TriggerState";
/// The tag by which a person keeps a snapshot from being removed. Only people write it.
pub const HOLD: &str = "caretaker:hold";
/// The tag that says for how many days to keep a snapshot, instead of what the rules say. On an
/// instance or a volume it holds for every snapshot taken of it.
pub const KEEP_DAYS: &str = "caretaker:keep-days";
/// What the tags that only Caretaker gives a meaning begin with.
const OURS: &str = "caretaker:";

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
    /// Whose it is.
    pub owner: &'a OwnerName,
    /// The volumes that are taken together, with their tags.
    pub volumes: &'a [(&'a VolumeId, &'a Tags)],
}

/// The tags that a snapshot carries from its first moment: ours, then as many of the instance's as still leave room
/// for a name. Ours win; reserved keys, holds, marks of other tools and the instance's own name are left out.
///
/// How long its volumes are to be kept is said here as well: nothing of ours is written later, so
/// that the role need not allow it.
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
        (LAMBDA_FUNCTION.to_owned(), cut(birth.function, TagSet::LONGEST_VALUE)),
        (KEY.to_owned(), cut(birth.key.as_str(), TagSet::LONGEST_VALUE)),
        (FENCE.to_owned(), birth.fence.to_string()),
    ]);
    tags.extend(birth.owner.tags().map(|(key, value)| (key.to_owned(), value.to_owned())));
    tags.extend(days_of(birth.instance_tags, birth.volumes));
    fill(&mut tags, birth.instance_tags, TagSet::MOST.saturating_sub(1));
    TagSet::new(tags)
}

/// What an instance and its volumes say about how long these are to be kept, for all snapshots of a
/// set. When something is said of each, the longest holds, because a set is kept whole; else the tag
/// says which volume it is about. A set has 40 volumes at most, so that their tags fit
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
fn days_of(instance: &Tags, volumes: &[(&VolumeId, &Tags)]) -> Vec<(String, String)> {
    let cut = |value: &str| cut(value, TagSet::LONGEST_VALUE);
    let of_all = instance.get(KEEP_DAYS);
    let said = volumes.iter().filter_map(|(volume, tags)| Some((volume, tags.get(KEEP_DAYS)?)));
    let said: Vec<(&&VolumeId, &str)> = said.collect();
    if of_all.is_some() || said.len() == volumes.len() {
        let longest = said.into_iter().map(|(_, days)| days).chain(of_all).reduce(longer);
        longest.map(|days| (KEEP_DAYS.to_owned(), cut(days))).into_iter().collect()
    } else {
        said.into_iter().map(|(volume, days)| (format!("{KEEP_DAYS}:{volume}"), cut(days))).collect()
    }
}

/// The days that a snapshot is to be kept for, by its tags: of its own, or of its volume's where
/// its set says it for each volume. A copy does not know its volume: the longest holds.
///
/// # Examples
///
/// ```
/// use domain::policy::naming::keep_days;
/// use ports::{Snapshot, SnapshotState, Tags};
///
/// let of = |volume: &str| Snapshot {
///     id: "snap-1".parse().unwrap(),
///     volume: volume.parse().unwrap(),
///     state: SnapshotState::Completed,
///     started_at: "2026-11-23T14:00:00Z".parse().unwrap(),
///     size_gib: 8,
///     tags: Tags::from_iter([("caretaker:keep-days:vol-1", "90"), ("caretaker:keep-days:vol-2", "7")]),
///     description: String::new(),
/// };
/// assert_eq!(keep_days(&of("vol-2")), Some("7"));
/// assert_eq!(keep_days(&of("vol-3")), None);
/// assert_eq!(keep_days(&of("vol-ffffffff")), Some("90"));
/// ```
pub fn keep_days(snapshot: &Snapshot) -> Option<&str> {
    let Snapshot { tags, volume, .. } = snapshot;
    let of_volume = |(key, days): (&str, _)| {
        let named = key.strip_prefix(KEEP_DAYS)?.strip_prefix(':')?;
        (named == volume.as_str() || snapshot.is_copy()).then_some(days)
    };
    tags.get(KEEP_DAYS).or_else(|| tags.iter().filter_map(of_volume).reduce(longer))
}

/// The longer of two numbers of days. What is no number that a tag may say keeps for good.
fn longer<'a>(a: &'a str, b: &'a str) -> &'a str {
    let or_for_good = |text| read_days(text).unwrap_or(u16::MAX);
    if or_for_good(a) < or_for_good(b) { b } else { a }
}

/// The number of days that a tag says; `None` for what is no number that is meant.
pub(super) fn read_days(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|days| Period::days(*days).is_some())
}

/// The tags that a snapshot gets once it exists: its name, and as many of its volume's tags as
/// still fit beside those of its birth. Those that mean something to Caretaker are not among them:
/// its role allows them at birth only.
///
/// # Errors
///
/// As [`birth_tags`].
pub fn name_tags(name: &str, volume: &Tags, birth: &TagSet) -> Result<TagSet, TagError> {
    let mut tags: BTreeMap<String, String> = own(birth.tags());
    tags.insert("Name".to_owned(), cut(name, TagSet::LONGEST_VALUE));
    let others: Tags = volume.iter().filter(|(key, _)| !is_of_ours(key)).collect();
    fill(&mut tags, &others, TagSet::MOST);
    tags.retain(|key, value| birth.tags().get(key) != Some(value.as_str()));
    TagSet::new(tags)
}

fn own(tags: &Tags) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Adds what is not there yet. IAM knows keys in any case for the same
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>), so
/// a key that differs in nothing else is left out.
fn fill(tags: &mut BTreeMap<String, String>, more: &Tags, most: usize) {
    for (key, value) in more.iter() {
        let is_known = |other: &String| other.eq_ignore_ascii_case(key);
        let is_its_own = key == "Name" || key.eq_ignore_ascii_case(HOLD) || is_of_other_tool(key);
        if tags.len() < most && !is_its_own && TagSet::allows_key(key) && !tags.keys().any(is_known) {
            tags.insert(key.to_owned(), cut(value, TagSet::LONGEST_VALUE));
        }
    }
}

/// Whether a tag is one that AWS Backup or Data Lifecycle Manager sets; nobody else can set those of
/// AWS (<https://docs.aws.amazon.com/ebs/latest/userguide/dlm-elements.html>).
pub(super) fn is_of_other_tool(key: &str) -> bool {
    key.starts_with("aws:backup:") || key.starts_with("aws:dlm:") || key == "dlm:managed"
}

fn is_of_ours(key: &str) -> bool {
    key.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
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
