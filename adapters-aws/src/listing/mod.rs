//! What the AWS command line prints, as plain values.
//!
//! A decision over a part could remove the last snapshot of a volume, so nothing is skipped: whatever cannot be read is
//! an error that names the item and the field.

mod images;
mod item;
mod snapshots;

pub use images::images;
pub use snapshots::{Listed, snapshots};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A listing that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// There is nothing in it.
    #[error("it is empty: expected the JSON of `aws ec2 {0}`")]
    Empty(&'static str),
    /// Its end is missing.
    #[error("it is cut off: {0}")]
    CutOff(String),
    /// It is something else.
    #[error("it is not the JSON of `aws ec2 {what}`: {why}")]
    Malformed {
        /// The command that prints it.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It is only a part.
    #[error(
        "it is one page of several (`NextToken` is set): list them all, without `--max-items` or `--no-paginate`"
    )]
    OnePage,
    /// An item of it cannot be read.
    #[error("{item}: `{field}` {why}")]
    Field {
        /// The item.
        item: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// The items of a listing, unread.
fn items<'a>(
    bytes: &'a [u8],
    what: &'static str,
    list: fn(Listing<'a>) -> Option<Vec<&'a RawValue>>,
) -> Result<Vec<&'a RawValue>, ListingError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ListingError::Empty(what));
    }
    let listing: Listing<'_> = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() {
            ListingError::CutOff(error.to_string())
        } else {
            ListingError::Malformed { what, why: error.to_string() }
        }
    })?;
    if listing.next_token.as_ref().is_some_and(|token| !token.is_null()) {
        return Err(ListingError::OnePage);
    }
    list(listing).ok_or_else(|| ListingError::Malformed { what, why: "its list is missing".to_owned() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing<'a> {
    #[serde(borrow)]
    snapshots: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    images: Option<Vec<&'a RawValue>>,
    next_token: Option<Value>,
}
