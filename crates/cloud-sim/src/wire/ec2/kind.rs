//! Instance types.

use super::field::empty;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;
use crate::wire::query::Fields;
use crate::wire::xml::Element;

/// `DescribeInstanceTypes` of the types that are named; at least one.
pub(super) fn describe(
    fields: &Fields,
    cloud: &mut Cloud,
    context: &mut Context<'_>,
) -> Result<Element, ApiError> {
    fields.required("InstanceType.1")?;
    let mut types = Vec::new();
    for name in fields.texts("InstanceType") {
        let found = cloud.ec2.instance_type(&name, context)?;
        let item = Element::new("item")
            .text("instanceType", found.name)
            .text("instanceStorageSupported", found.store.is_some());
        types.push(match found.store {
            None => item,
            Some(store) => {
                let disk = Element::new("item")
                    .text("count", store.disks)
                    .text("sizeInGB", store.total_gb / store.disks.max(1));
                let info = Element::new("instanceStorageInfo")
                    .text("totalSizeInGB", store.total_gb)
                    .list("disks", [disk]);
                item.with(info)
            }
        });
    }
    Ok(empty().list("instanceTypeSet", types))
}
