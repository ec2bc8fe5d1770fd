//! DynamoDB
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>).
//!
//! Tables have a partition key that holds texts, and no sort key; more is refused when the table is made.

mod expression;
mod item;
mod read;
mod table;
mod write;

use super::operation::Operation;
use super::route::JsonService;

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
