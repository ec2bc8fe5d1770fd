//! Worlds and wiring for tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::unused_async,
    missing_docs,
    reason = "test code fails by panicking, and its names are its documentation"
)]

pub mod contract;
pub mod mutation;
pub mod scene;
#[cfg(feature = "aws")]
pub mod wire;
