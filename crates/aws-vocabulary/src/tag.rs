//! Tags: those found on a resource, and a set that may legally be written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The tags found on a resource, as AWS tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The value under `key`; keys are case-sensitive.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All tags in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Sets a tag and gives back the value it replaced.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(key.into(), value.into())
    }

    /// How many tags there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no tag.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(tags: I) -> Self {
        Self(tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

/// Tags that AWS would refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// More than 50 tags.
    #[error("{0} tags: at most 50 fit on a resource")]
    TooMany(usize),
    /// A key that is empty, longer than 128 characters, or reserved.
    #[error("tag key `{0}`: expected 1 to 128 characters, not starting with `aws:`")]
    Key(String),
    /// A value longer than 256 characters.
    #[error("tag `{0}`: its value has {1} characters, at most 256 fit")]
    Value(String, usize),
}

/// Tags that may be written: at most 50, keys of 1 to 128 characters that AWS has not reserved, values of at most
/// 256 characters (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
///
/// # Examples
///
/// ```
/// use aws_vocabulary::TagSet;
///
/// assert!(TagSet::new([("Name", "web-1")]).is_ok());
/// assert_eq!(
///     TagSet::new([("aws:ec2:fleet-id", "x")]).unwrap_err().to_string(),
///     "tag key `aws:ec2:fleet-id`: expected 1 to 128 characters, not starting with `aws:`",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct TagSet(Tags);

impl TagSet {
    /// The most tags a resource may carry, not counting AWS's own.
    pub const MOST: usize = 50;
    /// The longest key, in characters.
    pub const LONGEST_KEY: usize = 128;
    /// The longest value, in characters.
    pub const LONGEST_VALUE: usize = 256;

    /// Checks tags that are to be written.
    ///
    /// # Errors
    ///
    /// When AWS would refuse them: too many, a key or value too long, a reserved key.
    pub fn new<K: Into<String>, V: Into<String>>(
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, TagError> {
        let tags: Tags = tags.into_iter().collect();
        if tags.len() > Self::MOST {
            return Err(TagError::TooMany(tags.len()));
        }
        for (key, value) in tags.iter() {
            if !Self::allows_key(key) {
                return Err(TagError::Key(key.to_owned()));
            }
            if value.chars().count() > Self::LONGEST_VALUE {
                return Err(TagError::Value(key.to_owned(), value.chars().count()));
            }
        }
        Ok(Self(tags))
    }

    /// Whether `key` may be written at all.
    pub fn allows_key(key: &str) -> bool {
        !key.is_empty()
            && key.chars().count() <= Self::LONGEST_KEY
            && !key.to_ascii_lowercase().starts_with("aws:")
    }

    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.0
    }
}
