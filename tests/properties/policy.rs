//! Laws of single decisions, built on nothing else of ours than the domain: so they are quick to run against every mutant.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod incident;
mod once;
mod reconcile;
