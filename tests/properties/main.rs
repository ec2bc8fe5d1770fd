//! Laws that hold for every input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod again;
mod hostile;
mod intake;
mod jsonl;
mod naming;
mod scale;
