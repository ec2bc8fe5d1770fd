//! What a tag says about being taken care of.

use ports::Tags;
use serde::{Deserialize, Serialize};

/// What a tag asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptIn {
    /// Yes: the tag is there and says so.
    In,
    /// No: the tag is there and does not say yes.
    Out,
    /// The tag is not there.
    Silent,
}

/// Reads a tag as people write it: `true`, `True`, ` yes`, `1` and `on` say yes, anything else says no.
///
/// # Examples
///
/// ```
/// use domain::policy::opt_in::{OptIn, opt_in};
/// use ports::Tags;
///
/// let tags = Tags::from_iter([("AutoSnapshot", " True ")]);
/// assert_eq!(opt_in(&tags, "AutoSnapshot"), OptIn::In);
/// assert_eq!(opt_in(&tags, "AutoRemediate"), OptIn::Silent);
/// assert_eq!(opt_in(&Tags::from_iter([("AutoSnapshot", "never")]), "AutoSnapshot"), OptIn::Out);
/// ```
pub fn opt_in(tags: &Tags, key: &str) -> OptIn {
    match tags.get(key) {
        None => OptIn::Silent,
        Some(value) if says_yes(value) => OptIn::In,
        Some(_) => OptIn::Out,
    }
}

fn says_yes(value: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|yes| value.trim().eq_ignore_ascii_case(yes))
}
