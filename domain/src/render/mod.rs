//! What people and other programs read.

pub mod auto_snapshot;
pub mod jsonl;
pub mod night;
pub mod poison;
pub mod reconcile;
pub mod remedy;
pub mod retention;
pub mod visible;
