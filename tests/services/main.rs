//! The simulated services, by what AWS's documentation says of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod bucket;
mod bus;
mod clock;
mod function;
mod group;
mod instance;
mod list;
mod queue;
mod rule;
mod snapshot;
mod table;
mod tag;
mod topic;
mod world;
