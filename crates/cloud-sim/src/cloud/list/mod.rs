//! What EC2's lists have in common: filters, pages, ids and dry runs. Each is usable by itself.

mod filter;
mod glob;
mod page;
mod throttle;

pub use filter::{Filter, Filtered, Filters};
pub use glob::Glob;
pub use page::{Listed, Paging};

use std::str::FromStr;

use aws_vocabulary::ErrorKind;
use aws_vocabulary::IdError;

use super::ApiError;

/// What a list is asked for, as the request says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// Only these; all when there is none.
    pub ids: Vec<String>,
    /// Only those of these accounts, or of `self`; of anybody when there is none.
    pub owners: Vec<String>,
    /// Only those that every filter lets through.
    pub filters: Vec<Filter>,
    /// How many at the most.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub token: Option<String>,
}

impl Listing {
    /// A list of these ids.
    pub fn of_ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { ids: ids.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A list of what is the account's own.
    pub fn own() -> Self {
        Self { owners: vec!["self".to_owned()], ..Self::default() }
    }

    /// The same list through one more filter.
    #[must_use]
    pub fn filter(mut self, name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.filters.push(Filter { name: name.to_owned(), values });
        self
    }

    /// The same list, a page at a time.
    #[must_use]
    pub fn pages_of(self, max_results: u32) -> Self {
        Self { max_results: Some(max_results), ..self }
    }

    /// The same list behind a token.
    #[must_use]
    pub fn behind(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// The ids asked for.
    ///
    /// # Errors
    ///
    /// `Invalid....Malformed` when one is none.
    pub(super) fn ids<T: FromStr<Err = IdError>>(&self, kind: &Kind) -> Result<Vec<T>, ApiError> {
        self.ids.iter().map(|text| id(text, kind)).collect()
    }
}

/// How EC2 speaks of the ids of one kind of thing.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The request's parameter, for messages.
    pub parameter: &'static str,
    /// How the ids begin.
    pub prefix: &'static str,
    /// The code for an id that is none
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
    pub malformed: &'static str,
}

/// Instances.
pub const INSTANCE: Kind =
    Kind { parameter: "instanceId", prefix: "i-", malformed: "InvalidInstanceID.Malformed" };
/// Volumes.
pub const VOLUME: Kind =
    Kind { parameter: "volumeId", prefix: "vol-", malformed: "InvalidVolumeID.Malformed" };
/// Snapshots.
pub const SNAPSHOT: Kind =
    Kind { parameter: "snapshotId", prefix: "snap-", malformed: "InvalidSnapshotID.Malformed" };
/// Images.
pub const IMAGE: Kind = Kind { parameter: "imageId", prefix: "ami-", malformed: "InvalidAMIID.Malformed" };

/// Reads an id as a request gives it.
///
/// # Errors
///
/// `Invalid....Malformed` when it is none.
pub fn id<T: FromStr<Err = IdError>>(text: &str, kind: &Kind) -> Result<T, ApiError> {
    text.parse().map_err(|_| {
        let Kind { parameter, prefix, malformed } = kind;
        let message = format!("Invalid id: \"{text}\" ({parameter}, expecting \"{prefix}...\")");
        ApiError::rejected(malformed, message)
    })
}

/// What a request answers that was only to be tried
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
///
/// # Errors
///
/// Always, when it was only to be tried: `DryRunOperation` if it is permitted, else `UnauthorizedOperation`.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::cloud::list::dry_run;
///
/// assert!(dry_run(false, true).is_ok());
/// assert_eq!(dry_run(true, true).unwrap_err().code, "DryRunOperation");
/// assert_eq!(dry_run(true, false).unwrap_err().code, "UnauthorizedOperation");
/// ```
pub fn dry_run(only_try: bool, permitted: bool) -> Result<(), ApiError> {
    match (only_try, permitted) {
        (_, false) => Err(ApiError::new(
            ErrorKind::Denied,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation.",
        )),
        (true, true) => Err(ApiError::rejected(
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        )),
        (false, true) => Ok(()),
    }
}
