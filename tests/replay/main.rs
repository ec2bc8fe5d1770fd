//! The adapters of AWS, against replayed HTTP exchanges.
//!
//! The answers are written by hand from AWS's API references. Tokio's clock stands still and jumps to the next timer
//! when everything waits, so a timeout of nine seconds takes no time and a backoff none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod answer;
mod archive;
mod clock;
mod config;
mod doubt;
mod error;
mod instances;
mod inventory;
mod ledger;
mod metrics;
mod notifier;
mod once;
mod scaling;
mod script;
mod snapshots;
mod socket;
mod upload;
