//! Tags of EC2's resources
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).

use std::collections::BTreeMap;

use aws_vocabulary::{TagSet, Tags};
use jiff::{SignedDuration, Timestamp};

use super::ApiError;
use crate::kernel::Actor;

/// Checks tags that are to be written, as a request gives them: keys of 1 to 128 characters that AWS has not reserved, values
/// of at most 256, each key once.
///
/// # Errors
///
/// `InvalidTagKey.Malformed` for a reserved or too long key, `InvalidParameterValue` for a value that is too long or a key
/// that comes twice, `TagLimitExceeded` for more than 50.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::cloud::tag::check;
///
/// assert!(check(&[("Name".to_owned(), "web".to_owned())]).is_ok());
/// assert_eq!(check(&[("aws:x".to_owned(), String::new())]).unwrap_err().code, "InvalidTagKey.Malformed");
/// ```
pub fn check(tags: &[(String, String)]) -> Result<TagSet, ApiError> {
    if TagSet::MOST < tags.len() {
        return Err(too_many());
    }
    for (nth, (key, value)) in tags.iter().enumerate() {
        if !TagSet::allows_key(key) {
            let message = if key.to_ascii_lowercase().starts_with("aws:") {
                "Tag keys starting with 'aws:' are reserved for internal use".to_owned()
            } else {
                format!(
                    "Tag key '{key}' must have a length between 1 and {} characters.",
                    TagSet::LONGEST_KEY
                )
            };
            return Err(ApiError::rejected("InvalidTagKey.Malformed", message));
        }
        if TagSet::LONGEST_VALUE < value.chars().count() {
            let message =
                format!("Tag value exceeds the maximum length of {} characters", TagSet::LONGEST_VALUE);
            return Err(ApiError::rejected("InvalidParameterValue", message));
        }
        if tags.iter().take(nth).any(|(other, _)| other == key) {
            let message = format!("Duplicate tag key '{key}' specified.");
            return Err(ApiError::rejected("InvalidParameterValue", message));
        }
    }
    TagSet::new(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        .map_err(|error| ApiError::rejected("InvalidParameterValue", error.to_string()))
}

/// Adds tags to those of a resource, of which AWS's own do not count.
///
/// # Errors
///
/// `TagLimitExceeded` when it would have more than 50 of its own.
pub fn add(tags: &Tags, more: &Tags) -> Result<Tags, ApiError> {
    let mut all = tags.clone();
    for (key, value) in more.iter() {
        all.insert(key, value);
    }
    let own = all.iter().filter(|(key, _)| !key.starts_with("aws:")).count();
    if TagSet::MOST < own { Err(too_many()) } else { Ok(all) }
}

fn too_many() -> ApiError {
    let message = format!("More than {} tags specified.", TagSet::MOST);
    ApiError::rejected("TagLimitExceeded", message)
}

/// Who edits the tags of what: two at once are one too many
/// (`ConcurrentTagAccess`, <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
#[derive(Clone, Debug)]
pub struct TagEdits {
    latest: BTreeMap<String, (Timestamp, Actor)>,
    /// Unverified: how long an edit lasts, in which nobody else can make one.
    pub lasts: SignedDuration,
}

impl Default for TagEdits {
    fn default() -> Self {
        Self { latest: BTreeMap::new(), lasts: SignedDuration::from_millis(20) }
    }
}

impl TagEdits {
    /// Begins an edit.
    pub(super) fn begin(&mut self, resource: &str, actor: Actor, now: Timestamp) -> Result<(), ApiError> {
        let lasts = self.lasts;
        self.latest.retain(|_, (at, _)| now.duration_since(*at) < lasts);
        if self.latest.get(resource).is_some_and(|(_, other)| *other != actor) {
            return Err(ApiError::busy(
                "ConcurrentTagAccess",
                "You can't run simultaneous commands to modify a tag for a specific resource.",
            ));
        }
        self.latest.insert(resource.to_owned(), (now, actor));
        Ok(())
    }
}
