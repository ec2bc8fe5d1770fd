//! The simulator itself: the same seed gives the same run, no order is missed, and nothing that matters never comes up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test code fails by panicking, and a child process tells its parent what it saw"
)]

mod batch;
mod determinism;
mod explorer;
mod jobs;
mod view;
