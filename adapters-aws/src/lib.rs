//! Caretaker's side that speaks AWS.
//!
//! - [`inbound`]: the JSON that AWS delivers, turned into triggers. Needs no SDK.
//! - `sdk` (feature `sdk`): every port over the AWS SDK.

pub mod inbound;
#[cfg(feature = "sdk")]
pub mod sdk;
