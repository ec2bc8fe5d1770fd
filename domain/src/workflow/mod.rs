//! Gather, plan, act: what Caretaker does, in order, through ports.

pub mod adopt;
pub mod announce;
pub mod archive;
pub mod auto_snapshot;
pub mod cleanup;
pub mod effect;
mod entry;
pub mod gone;
pub mod history;
mod hold;
pub mod ignored;
mod incident;
pub mod maintain;
pub mod once;
mod once_error;
pub mod poison;
pub mod prune;
pub mod reconcile;
pub mod remedy;
pub mod run;
pub mod snapshot_set;
