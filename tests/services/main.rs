//! The simulated services, by what AWS's documentation says of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod clock;
mod list;
mod snapshot;
mod tag;
mod world;
