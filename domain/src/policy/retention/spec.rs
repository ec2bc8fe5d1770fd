use std::fmt;
use std::str::FromStr;

use ports::SnapshotFilter;
use serde::{Deserialize, Serialize};

use super::{Cap, Count, Days, Labels, Period, RetentionError};
use crate::policy::ownership::OwnerName;

/// A retention as people write it; [`Retention::new`](super::Retention::new) checks it. Whatever one of its rules keeps
/// is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSpec {
    /// Keeps the last ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<Count>,
    /// Keeps the newest of each of the last hours that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_hourly: Option<Count>,
    /// Keeps the newest of each of the last days that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_daily: Option<Count>,
    /// Keeps the newest of each of the last ISO weeks that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_weekly: Option<Count>,
    /// Keeps the newest of each of the last months that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_monthly: Option<Count>,
    /// Keeps the newest of each of the last years that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_yearly: Option<Count>,
    /// Keeps all that are younger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within: Option<Period>,
    /// Of those that are younger, keeps the newest of each hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within_hourly: Option<Period>,
    /// Of those that are younger, keeps the newest of each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within_daily: Option<Period>,
    /// Of those that are younger, keeps the newest of each ISO week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within_weekly: Option<Period>,
    /// Of those that are younger, keeps the newest of each month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within_monthly: Option<Period>,
    /// Of those that are younger, keeps the newest of each year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within_yearly: Option<Period>,
    /// Keeps those that carry all the tags of one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep_tag: Vec<Labels>,
    /// From where the `keep_within` rules measure.
    pub within_from: WithinFrom,
    /// What the rules apply to, each group on its own.
    pub group_by: GroupBy,
    /// What may be removed at all.
    pub owned_by: Owner,
    /// How many good ones of each volume stay whatever the rules say.
    pub floor: Floor,
    /// Once the last snapshot of a volume is older than so many days, and the volume is known to be gone, the floor keeps
    /// nothing of it; `None` keeps the floor for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_dead_days: Option<Days>,
    /// What a plan may remove at most.
    pub max_remove: Cap,
}

/// How many good snapshots of each volume stay whatever the rules say. The last one, unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Floor(pub u32);

impl Default for Floor {
    fn default() -> Self {
        Self(1)
    }
}

/// From where rules about age measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WithinFrom {
    /// From the present.
    #[default]
    Now,
    /// From the newest of the group, so that what is not snapshotted any more does not grow older.
    Newest,
}

/// What makes a group.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::GroupBy;
///
/// assert_eq!("tag:env".parse(), Ok(GroupBy::Tag("env".to_owned())));
/// assert!("tag:".parse::<GroupBy>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GroupBy {
    /// The volume.
    #[default]
    Volume,
    /// The instance, by the tag `InstanceId`.
    Instance,
    /// The set, by the tag `caretaker:key`.
    Set,
    /// Nothing: all are one group.
    Nothing,
    /// The value of a tag.
    Tag(String),
}

/// Whose snapshots may be removed.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::Owner;
///
/// assert_eq!("team=db".parse(), Ok(Owner::Tag("team".to_owned(), "db".to_owned())));
/// assert_eq!("any".parse(), Ok(Owner::Any));
/// assert_eq!("caretaker".parse(), Ok(Owner::default()));
/// assert_eq!("caretaker:prod".parse(), Ok(Owner::Caretaker("prod".parse().unwrap())));
/// assert!("somebody".parse::<Owner>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Owner {
    /// One stack's of Caretaker: those that carry the name of this owner.
    Caretaker(OwnerName),
    /// Those with this tag.
    Tag(String, String),
    /// Everything of this account.
    Any,
}

impl RetentionSpec {
    /// What it asks of tags.
    pub(super) fn of_tags(&self) -> (&Owner, &GroupBy, &[Labels]) {
        (&self.owned_by, &self.group_by, &self.keep_tag)
    }
}

impl Owner {
    /// Lists what is this owner's, and nothing else of this account.
    pub fn filter(&self) -> SnapshotFilter {
        match self {
            Self::Caretaker(name) => name.filter(),
            Self::Tag(key, value) => SnapshotFilter::tagged(key, value),
            Self::Any => SnapshotFilter::default(),
        }
    }
}

impl Default for Owner {
    fn default() -> Self {
        Self::Caretaker(OwnerName::default())
    }
}

impl FromStr for WithinFrom {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        match text {
            "now" => Ok(Self::Now),
            "newest" => Ok(Self::Newest),
            _ => Err(RetentionError::WithinFrom(text.to_owned())),
        }
    }
}

impl fmt::Display for WithinFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now => "now",
            Self::Newest => "newest",
        })
    }
}

impl FromStr for GroupBy {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        match (text, text.strip_prefix("tag:")) {
            ("volume", _) => Ok(Self::Volume),
            ("instance", _) => Ok(Self::Instance),
            ("set", _) => Ok(Self::Set),
            ("none", _) => Ok(Self::Nothing),
            (_, Some(key)) if !key.is_empty() => Ok(Self::Tag(key.to_owned())),
            _ => Err(RetentionError::GroupBy(text.to_owned())),
        }
    }
}

impl fmt::Display for GroupBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume => f.write_str("volume"),
            Self::Instance => f.write_str("instance"),
            Self::Set => f.write_str("set"),
            Self::Nothing => f.write_str("none"),
            Self::Tag(key) => write!(f, "tag:{key}"),
        }
    }
}

impl FromStr for Owner {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let unknown = || RetentionError::Owner(text.to_owned());
        match (text, text.split_once('=')) {
            ("caretaker", _) => Ok(Self::default()),
            ("any", _) => Ok(Self::Any),
            (_, Some((key, value))) if !key.is_empty() => Ok(Self::Tag(key.to_owned(), value.to_owned())),
            _ => {
                let name = text.strip_prefix("caretaker:").ok_or_else(unknown)?;
                name.parse().map(Self::Caretaker).map_err(|_| unknown())
            }
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caretaker(name) if *name == OwnerName::default() => f.write_str("caretaker"),
            Self::Caretaker(name) => write!(f, "caretaker:{name}"),
            Self::Tag(key, value) => write!(f, "{key}={value}"),
            Self::Any => f.write_str("any"),
        }
    }
}

super::text!(WithinFrom);
super::text!(GroupBy);
super::text!(Owner);
