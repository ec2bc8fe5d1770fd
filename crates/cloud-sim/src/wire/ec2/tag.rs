//! Tags.

use super::field::{done, tags};
use crate::cloud::{ApiError, Cloud, tag};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `CreateTags`.
pub(super) fn create(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    fields.required("ResourceId.1")?;
    fields.required("Tag.1.Key")?;
    let tags = tag::check(&tags(fields, "Tag")?)?;
    cloud.create_tags(&fields.texts("ResourceId"), &tags, context)?;
    Ok(done())
}

/// `DeleteTags`.
pub(super) fn delete(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    fields.required("ResourceId.1")?;
    let tag = |tag: &Fields| Ok((tag.required("Key")?.to_owned(), tag.text("Value").map(str::to_owned)));
    let tags = fields.list("Tag").iter().map(tag).collect::<Result<Vec<_>, ApiError>>()?;
    cloud.delete_tags(&fields.texts("ResourceId"), &tags, context)?;
    Ok(done())
}
