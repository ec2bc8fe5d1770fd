//! What many of EC2's requests and answers have in common.

use aws_vocabulary::{TagSet, Tags};
use jiff::Timestamp;

use crate::cloud::list::{Filter, Listing};
use crate::cloud::{ApiError, tag};
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// An element that is not named.
pub(super) fn empty() -> Element {
    Element::new("")
}

/// What was asked for was done.
pub(super) fn done() -> Element {
    empty().text("return", true)
}

/// An instant, as EC2 writes it.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// What a list is asked for.
pub(super) fn listing(fields: &Fields, ids: &str) -> Result<Listing, ApiError> {
    let filter = |filter: &Fields| {
        Ok(Filter { name: filter.required("Name")?.to_owned(), values: filter.texts("Value") })
    };
    Ok(Listing {
        ids: fields.texts(ids),
        owners: fields.texts("Owner"),
        filters: fields.list("Filter").iter().map(filter).collect::<Result<_, ApiError>>()?,
        max_results: fields.parsed("MaxResults")?,
        token: fields.text("NextToken").filter(|token| !token.is_empty()).map(str::to_owned),
    })
}

/// The tags that a request gives to things of a type when they are made.
pub(super) fn tags_at_birth(fields: &Fields, kind: &str) -> Result<TagSet, ApiError> {
    let mut pairs = Vec::new();
    for specification in fields.list("TagSpecification") {
        if specification.required("ResourceType")? == kind {
            pairs.extend(tags(&specification, "Tag")?);
        }
    }
    tag::check(&pairs)
}

/// The tags of a list.
pub(super) fn tags(fields: &Fields, name: &str) -> Result<Vec<(String, String)>, ApiError> {
    let pair = |tag: &Fields| {
        Ok((tag.required("Key")?.to_owned(), tag.text("Value").unwrap_or_default().to_owned()))
    };
    fields.list(name).iter().map(pair).collect()
}

/// The same element with tags.
pub(super) fn with_tags(element: Element, tags: &Tags) -> Element {
    let item = |(key, value)| Element::new("item").text("key", key).text("value", value);
    element.list("tagSet", tags.iter().map(item))
}
