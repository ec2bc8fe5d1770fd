//! What Caretaker asks of a cloud, and the words it asks in.
//!
//! Each port is a small, object-safe trait for one role. Its documentation holds a `# Contract`: numbered
//! clauses, each the name of one test that every adapter must pass; feature `contract` has them, to run an adapter of one's
//! own through. A port offers primitives; policies are built
//! on them, once, in the domain. Nothing here reads a clock, the environment or a random number.
//!
//! An adapter has already retried, within [`time::CALL_LIMIT`], what is safe to retry: an error that reaches a caller has
//! outlived that.
//!
//! | port | role |
//! | --- | --- |
//! | [`Clock`] | the present, and waiting |
//! | [`Inventory`] | reads instances, volumes and what uses a snapshot |
//! | [`Snapshots`] | lists, creates, tags and deletes EBS snapshots |
//! | [`Instances`] | acts on instances |
//! | [`ScalingGroups`] | reads a group and sets its capacity |
//! | [`Metrics`] | pages through the records of a day |
//! | [`Archive`] | create-only objects |
//! | [`Notifier`] | tells people |
//! | [`Ledger`] | compare-and-swap on small entries |
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

mod archive;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod id;
mod instances;
mod inventory;
mod ledger;
mod metrics;
mod notifier;
mod scaling;
mod snapshots;
pub mod time;
pub mod trigger;

/// AWS's names of things, which the ports speak in.
pub use aws_vocabulary::{
    AccountId, AlarmName, Arn, Attribute, Capacity, ErrorKind, GroupName, IdError, ImageId, InstanceId,
    InstanceState, MessageId, ObjectKey, Page, PageToken, Record, Region, RequestId, Snapshot, SnapshotId,
    SnapshotState, StateReason, TagError, TagSet, Tags, VolumeId,
};

pub use archive::{Archive, Finish, ObjectHead, Upload};
pub use clock::Clock;
pub use error::{Effect, PortError, Retry};
pub use id::LedgerKey;
pub use instances::Instances;
pub use inventory::{
    Instance, InstanceStore, Inventory, Presence, SnapshotLock, SnapshotUse, UsedBy, Volume,
};
pub use ledger::{FOUND_AFTER, Ledger, LedgerEntry, Stored, Swap, Version};
pub use metrics::{Access, Metrics, MetricsQuery};
pub use notifier::{Notice, Notifier, Subject};
pub use scaling::{Group, LifecycleState, Resize, ScalingGroups};
pub use snapshots::{CreateOne, CreateSet, CreatedSnapshot, Deletion, SnapshotFilter, Snapshots};

#[cfg(feature = "mock")]
pub use {
    archive::{MockArchive, MockUpload},
    clock::MockClock,
    instances::MockInstances,
    inventory::MockInventory,
    ledger::MockLedger,
    metrics::MockMetrics,
    notifier::MockNotifier,
    scaling::MockScalingGroups,
    snapshots::MockSnapshots,
};
