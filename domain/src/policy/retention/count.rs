use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::RetentionError;

/// How many a rule keeps: at least one, or `unlimited`.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::Count;
///
/// assert_eq!("7".parse::<Count>()?.to_string(), "7");
/// assert_eq!("unlimited".parse(), Ok(Count::Unlimited));
/// let error = "0".parse::<Count>().unwrap_err();
/// assert_eq!(error.to_string(), "`0` snapshots to keep: expected a whole number from 1, or `unlimited`");
/// # Ok::<(), domain::policy::retention::RetentionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "Written")]
pub enum Count {
    /// So many.
    Of(NonZeroU32),
    /// As many as there are.
    Unlimited,
}

/// A count as people write it in JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i64),
    Word(String),
}

impl Count {
    /// Whether so many are within it.
    pub(super) fn allows(self, count: u32) -> bool {
        match self {
            Self::Of(most) => count <= most.get(),
            Self::Unlimited => true,
        }
    }
}

impl FromStr for Count {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        if text == "unlimited" {
            return Ok(Self::Unlimited);
        }
        text.parse().map(Self::Of).map_err(|_| RetentionError::Count(text.to_owned()))
    }
}

impl TryFrom<Written> for Count {
    type Error = RetentionError;
    fn try_from(written: Written) -> Result<Self, RetentionError> {
        match written {
            Written::Number(number) => number.to_string().parse(),
            Written::Word(word) => word.parse(),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(count) => count.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(count) => serializer.serialize_u32(count.get()),
            Self::Unlimited => serializer.serialize_str("unlimited"),
        }
    }
}
