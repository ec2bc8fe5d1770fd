//! DynamoDB
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>).
//!
//! Tables have a partition key that holds texts, and no sort key; more is refused when the table is made.

mod expression;
mod item;
mod read;
mod table;
mod write;

use aws_vocabulary::Attribute;
use serde_json::Value;

use super::operation::Operation;
use super::route::JsonService;
use crate::cloud::ApiError;

pub(super) const SERVICE: JsonService = JsonService {
    name: "dynamodb",
    target: "DynamoDB_20120810",
    errors: "com.amazonaws.dynamodb.v20120810",
    operations: &[
        Operation::writes("CreateTable", table::create),
        Operation::writes("DeleteItem", write::delete),
        Operation::writes("DeleteTable", table::delete),
        Operation::reads("DescribeTable", table::describe),
        Operation::reads("GetItem", read::get),
        Operation::reads("ListTables", table::list),
        Operation::writes("PutItem", write::put),
        Operation::reads("Query", read::query),
        Operation::reads("Scan", read::scan),
        Operation::writes("UpdateItem", write::update),
    ],
};

/// Reads an attribute in DynamoDB's JSON, such as `{"N": "0.5"}`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).
///
/// # Errors
///
/// What DynamoDB would say of it.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::wire::attribute;
/// use aws_vocabulary::Attribute;
/// use serde_json::json;
///
/// assert_eq!(attribute(&json!({ "B": "aGk=" })).unwrap(), Attribute::B(b"hi".to_vec()));
/// assert!(attribute(&json!({ "NULL": "yes" })).is_err());
/// ```
pub fn attribute(value: &Value) -> Result<Attribute, ApiError> {
    item::read_attribute(value)
}
