//! Wrong handlers, each with one bug that people make, and what catches it: the simulator is only as good as this.
//!
//! Each is small and otherwise reasonable. The same search that catches it finds nothing in the real handler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod alternatives;
mod hunt;
mod intake;
mod lease;
mod ledger;
mod night;
mod owner;
mod part;
mod replay;
mod scaling;
mod shrink;
mod snapshot;
mod table;
mod world;
