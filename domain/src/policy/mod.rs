//! Decisions: pure functions from plain values to plans.

pub mod absence;
pub mod archive;
pub mod cause;
pub mod hex;
pub mod ignored;
pub mod incident;
pub mod key;
pub mod listed;
pub mod mode;
pub mod naming;
pub mod notify;
pub mod once;
pub mod open;
pub mod opt_in;
pub mod ownership;
pub mod pace;
pub mod reconcile;
pub mod remedy;
pub mod restart;
pub mod retention;
pub mod route;
pub mod scale;
pub mod sets;
pub mod snapshot;
pub mod status;
pub mod trigger_state;
