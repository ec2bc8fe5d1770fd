//! The cloud as AWS's own clients see it: requests and answers of HTTP, in the protocols of EC2, Auto Scaling, SNS, SQS, STS, DynamoDB
//! and S3, on the same services and under the same rules as the ports.
//!
//! A request is understood by its shape alone (`X-Amz-Target`, `Action` and `Version`, or a path), whatever its host.
//! Signatures are not checked, and there is one account in one region, whatever the caller's credentials say.
//!
//! What is not here is answered as AWS answers what it does not know, in words that say so: nothing is silently left out.

mod autoscaling;
#[cfg(feature = "client")]
mod client;
mod dynamodb;
mod ec2;
mod error;
mod face;
mod json;
mod operation;
mod query;
mod route;
mod s3;
mod sns;
mod sqs;
mod sts;
mod xml;

pub use dynamodb::attribute;
pub use face::Face;
pub use operation::{Exchange, NoAnswer};
pub use route::understand;

/// A request, with its whole body.
pub type Request = http::Request<bytes::Bytes>;
/// An answer, with its whole body.
pub type Response = http::Response<bytes::Bytes>;
