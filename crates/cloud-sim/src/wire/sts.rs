//! STS (<https://docs.aws.amazon.com/STS/latest/APIReference/Welcome.html>).

use super::error::Dialect;
use super::operation::Operation;
use super::query::{Fields, Words};
use super::route::QueryService;
use super::xml::Element;
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

pub(super) const SERVICE: QueryService = QueryService {
    name: "sts",
    version: "2011-06-15",
    dialect: Dialect::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
    words: &Words { missing: "MissingParameter", invalid: "ValidationError", member: ".member" },
    operations: &[Operation::reads("GetCallerIdentity", get_caller_identity)],
};

/// Everybody is the same here.
#[expect(clippy::unnecessary_wraps, reason = "all operations look alike")]
fn get_caller_identity(_: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let account = &cloud.place.account;
    Ok(Element::new("GetCallerIdentity")
        .text("Arn", format!("arn:aws:iam::{account}:user/anybody"))
        .text("UserId", "AIDACKCEVSQ6C2EXAMPLE")
        .text("Account", account))
}
