//! Decisions: pure functions from plain values to plans.

pub mod archive;
pub mod cause;
pub mod episode;
pub mod hex;
pub mod key;
pub mod mode;
pub mod naming;
pub mod once;
pub mod opt_in;
pub mod pace;
pub mod retention;
pub mod route;
pub mod scale;
pub mod snapshot;
pub mod status;
