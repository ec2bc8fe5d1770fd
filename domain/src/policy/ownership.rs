//! Whose a snapshot is. Several stacks may live in one region: each has a name, and takes for its
//! own only what carries it.

use std::fmt;
use std::str::FromStr;

use ports::{SnapshotFilter, Tags};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::naming::{AUTO_CREATED, CARETAKER, CREATED_BY};

/// The tag that holds the name of the owner: of the stack that made a snapshot, or adopted it.
pub const OWNER: &str = "caretaker:owner";
/// The tag that says by which scheme the tags are to be read.
pub const SCHEME: &str = "caretaker:scheme";
/// The scheme in which [`OWNER`] says whose a snapshot is. Before it, tags named no owner.
pub const NAMED: &str = "2";

/// The name of an owner of snapshots.
///
/// # Examples
///
/// ```
/// use domain::policy::ownership::OwnerName;
///
/// assert_eq!(OwnerName::new("caretaker-prod").unwrap().as_str(), "caretaker-prod");
/// assert_eq!(OwnerName::default().as_str(), "default");
/// assert_eq!(
///     OwnerName::new("prod*").unwrap_err().to_string(),
///     "owner `prod*`: expected 1 to 128 letters, digits, `.`, `_` and `-`, beginning with a letter or a digit",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnerName(String);

/// A name that no owner can have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("owner `{0}`: expected {FORM}")]
pub struct OwnerNameError(String);

/// What a name looks like.
pub const FORM: &str = "1 to 128 letters, digits, `.`, `_` and `-`, beginning with a letter or a digit";

impl OwnerName {
    /// The longest name: what `CloudFormation` takes for a stack's
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>).
    pub const LONGEST: usize = 128;

    /// Checks a name. It is told to EC2's filters, where `*` and `?` stand for others
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>), and to IAM,
    /// where `${` begins a variable: neither is allowed.
    ///
    /// # Errors
    ///
    /// When it is empty or too long, or has other characters than a stack's name may have, `.` and
    /// `_`.
    pub fn new(name: impl Into<String>) -> Result<Self, OwnerNameError> {
        let name = name.into();
        let is_legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let good = begins_well && name.len() <= Self::LONGEST && name.chars().all(is_legal);
        if good { Ok(Self(name)) } else { Err(OwnerNameError(name)) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tags that make a snapshot this owner's: all of them, exactly.
    pub fn tags(&self) -> [(&'static str, &str); 4] {
        [(AUTO_CREATED, "true"), (CREATED_BY, CARETAKER), (SCHEME, NAMED), (OWNER, &self.0)]
    }

    /// Lists what is this owner's, and nothing else.
    pub fn filter(&self) -> SnapshotFilter {
        let [(key, value), others @ ..] = self.tags();
        others
            .into_iter()
            .fold(SnapshotFilter::tagged(key, value), |filter, (key, value)| filter.and(key, value))
    }

    /// Whose a snapshot with these tags is.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::ownership::{OwnerName, Whose};
    /// use ports::Tags;
    ///
    /// let blue = OwnerName::new("blue").unwrap();
    /// let earlier = [("AutoCreated", "true"), ("CreatedBy", "caretaker")];
    /// assert_eq!(blue.whose(&Tags::from_iter(earlier)), Whose::Nobodys);
    /// assert_eq!(blue.whose(&Tags::from_iter(blue.tags())), Whose::Own);
    /// assert_eq!(OwnerName::default().whose(&Tags::from_iter(blue.tags())), Whose::Anothers);
    /// ```
    pub fn whose(&self, tags: &Tags) -> Whose {
        if self.tags().iter().all(|(key, value)| tags.get(key) == Some(*value)) {
            Whose::Own
        } else if is_nobodys(tags) {
            Whose::Nobodys
        } else {
            Whose::Anothers
        }
    }
}

/// Lists what any version of Caretaker made, whoever's it is.
pub fn of_any() -> SnapshotFilter {
    SnapshotFilter::tagged(AUTO_CREATED, "true").and(CREATED_BY, CARETAKER)
}

/// Whether a snapshot is of an earlier version, whose tags named no owner.
fn is_nobodys(tags: &Tags) -> bool {
    let is_caretakers = tags.get(AUTO_CREATED) == Some("true") && tags.get(CREATED_BY) == Some(CARETAKER);
    is_caretakers && tags.get(OWNER).is_none() && tags.get(SCHEME).is_none()
}

/// Whose a snapshot is, for one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This owner's.
    Own,
    /// An earlier version's, and so nobody's until somebody adopts it.
    Nobodys,
    /// Another owner's, or not Caretaker's at all.
    Anothers,
}

impl Default for OwnerName {
    /// The owner where nobody gives one.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OwnerName {
    type Err = OwnerNameError;
    fn from_str(text: &str) -> Result<Self, OwnerNameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for OwnerName {
    type Error = OwnerNameError;
    fn try_from(text: String) -> Result<Self, OwnerNameError> {
        Self::new(text)
    }
}

impl From<OwnerName> for String {
    fn from(name: OwnerName) -> Self {
        name.0
    }
}
