//! Caretaker's side that speaks AWS.
//!
//! - [`inbound`]: the JSON that AWS delivers, turned into triggers. Needs no SDK.
//! - [`listing`]: what the AWS command line prints, turned into plain values. Needs no SDK.
//! - [`permission`]: the IAM actions that each port over AWS needs.
//! - `sdk` (feature `sdk`): every port over the AWS SDK.

pub mod inbound;
pub mod listing;
pub mod permission;
#[cfg(feature = "sdk")]
pub mod sdk;
