//! Stories: an event, what came of it, and what people read. Named after the features they tell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod auto_snapshot;
mod gone;
mod ignored;
mod incident;
mod intake;
mod lease;
mod night;
mod notify;
mod observe;
mod once;
mod owner;
mod poison;
mod prune;
mod reconcile;
mod remediate;
mod remedy;
mod restart;
mod run;
mod safeguard;
mod scale;
mod settings;
mod trouble;
mod unprotected;
