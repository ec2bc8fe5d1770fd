//! AWS's names of things, as types that are checked once and trusted from there on.
//!
//! Whoever speaks of a cloud, be it the real one, a simulated one or the ports to both, means the same thing
//! with the same word. Nothing here knows how anything is done.
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

mod alarm;
mod capacity;
mod error;
mod instance;
mod item;
mod name;
mod page;
mod snapshot;
mod tag;
pub mod time;

pub use alarm::AlarmState;
pub use capacity::Capacity;
pub use error::ErrorKind;
pub use instance::{InstanceState, SpotAction, StateReason};
pub use item::{Attribute, Record};
pub use name::{
    AccountId, AlarmName, Arn, GroupName, IdError, ImageId, InstanceId, MessageId, ObjectKey, Region,
    RequestId, SnapshotId, VolumeId, is_printable,
};
pub use page::{Page, PageToken};
pub use snapshot::{Snapshot, SnapshotState};
pub use tag::{TagError, TagSet, Tags};
