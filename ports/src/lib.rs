//! What Caretaker asks of a cloud, and the words it asks in.
//!
//! Each port is a small, object-safe trait for one role. Its documentation holds a `# Contract`: numbered
//! clauses, each the name of one test that every adapter must pass. A port offers primitives; policies are built
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
mod error;
mod id;
mod instances;
mod inventory;
mod ledger;
mod metrics;
mod notifier;
mod page;
mod scaling;
mod snapshots;
mod tag;
pub mod time;
pub mod trigger;

pub use archive::{Archive, Finish, ObjectHead, Upload};
pub use clock::Clock;
pub use error::{Effect, ErrorKind, PortError, Retry};
pub use id::{
    AccountId, AlarmName, Arn, GroupName, IdError, ImageId, InstanceId, LedgerKey, MessageId, ObjectKey,
    Region, RequestId, SnapshotId, VolumeId,
};
pub use instances::Instances;
pub use inventory::{
    Instance, InstanceState, InstanceStore, Inventory, Presence, SnapshotLock, SnapshotUse, StateReason,
    UsedBy, Volume,
};
pub use ledger::{FOUND_AFTER, Ledger, LedgerEntry, Stored, Swap, Version};
pub use metrics::{Access, Attribute, Metrics, MetricsQuery, Record};
pub use notifier::{Notice, Notifier, Subject};
pub use page::{Page, PageToken};
pub use scaling::{Capacity, Group, LifecycleState, Resize, ScalingGroups};
pub use snapshots::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, Snapshot, SnapshotFilter, SnapshotState, Snapshots,
};
pub use tag::{TagError, TagSet, Tags};

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
