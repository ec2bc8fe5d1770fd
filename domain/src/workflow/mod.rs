//! Gather, plan, act: what Caretaker does, in order, through ports.

pub mod announce;
pub mod archive;
pub mod effect;
mod entry;
pub mod maintain;
pub mod once;
pub mod protect;
pub mod prune;
pub mod remediate;
pub mod run;
pub mod take;
