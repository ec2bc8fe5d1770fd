//! Every port over the AWS SDK.
//!
//! Each adapter is made from an `SdkConfig`, puts our time limits on it, and turns every failure into a
//! [`ports::PortError`] by one table. What a caller may conclude about an effect is never guessed: a call is watched
//! attempt by attempt, so that a refusal that follows an attempt of unknown end is not taken for "nothing happened".
//!
//! `CreateSnapshot`, `CreateSnapshots`, `Publish` and `RebootInstances` take no client token, so they are sent once;
//! everything else is sent up to [`config::ATTEMPTS`] times.
//!
//! Each adapter's `ASKS` lists the IAM actions that it needs, by the method of the port that needs them; they are in
//! [`crate::permission`].

mod answer;
mod archive;
mod call;
mod clock;
pub mod config;
mod dynamo;
mod ec2;
mod error;
mod http;
mod instances;
mod inventory;
mod ledger;
mod limit;
mod metrics;
mod notifier;
pub mod probe;
mod scaling;
mod snapshots;
mod upload;

pub use archive::S3Archive;
pub use clock::SystemClock;
pub use instances::Ec2Instances;
pub use inventory::Ec2Inventory;
pub use ledger::DynamoLedger;
pub use metrics::DynamoMetrics;
pub use notifier::SnsNotifier;
pub use scaling::AutoScaling;
pub use snapshots::Ec2Snapshots;
