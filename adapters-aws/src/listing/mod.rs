//! What the AWS command line prints, as plain values.
//!
//! A decision over a part could remove the last snapshot of a volume, so nothing is skipped: whatever cannot be read is
//! an error that names the item and the field.

mod form;
mod images;
mod item;
mod snapshots;

pub use form::Form;
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
    /// The AWS command line was not told to print JSON.
    #[error("it is not the JSON of `aws ec2 {what}` but {form}: {}", form.remedy())]
    Form {
        /// The command that prints it.
        what: &'static str,
        /// What it is instead.
        form: Form,
    },
    /// A `--query` found nothing.
    #[error(
        "it is `null`: nothing in the answer of `aws ec2 {0}` is what `--query` asks for; leave `--query` out"
    )]
    Null(&'static str),
    /// There is more than one.
    #[error(
        "something follows the end of its list: pages one after another are put together by the AWS command line itself, \
         without `--no-paginate` or `--max-items`"
    )]
    More,
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

/// The items of a listing, unread: of an answer as it is, or of the list alone that `--query` takes out of it.
fn items<'a>(
    bytes: &'a [u8],
    what: &'static str,
    list: fn(Listing<'a>) -> Option<Vec<&'a RawValue>>,
) -> Result<Vec<&'a RawValue>, ListingError> {
    // JSON's reader would not notice in a field that nobody reads.
    let text = str::from_utf8(bytes.trim_ascii())
        .map_err(|error| ListingError::Malformed { what, why: format!("it is no UTF-8: {error}") })?;
    match text {
        "" => return Err(ListingError::Empty(what)),
        "null" => return Err(ListingError::Null(what)),
        list if list.starts_with('[') => return document(list, what),
        _ => {}
    }
    let listing: Listing<'_> = document(text, what)?;
    // The last page has none, `null` or, from some tools, an empty one.
    if listing.next_token.as_ref().is_some_and(|token| !token.is_null() && token != "") {
        return Err(ListingError::OnePage);
    }
    list(listing).ok_or_else(|| ListingError::Malformed { what, why: "its list is missing".to_owned() })
}

/// Reads the one JSON text that there is.
fn document<'a, T: Deserialize<'a>>(text: &'a str, what: &'static str) -> Result<T, ListingError> {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter();
    let first = documents.next().ok_or(ListingError::Empty(what))?;
    let read = first.map_err(|error: serde_json::Error| match Form::of(text.as_bytes()) {
        _ if error.is_eof() => ListingError::CutOff(error.to_string()),
        Some(form) => ListingError::Form { what, form },
        None => ListingError::Malformed { what, why: error.to_string() },
    })?;
    if documents.next().is_some() { Err(ListingError::More) } else { Ok(read) }
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
