//! The template that ships, in the simulated cloud.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod alarm;
mod iam;
mod permission;
mod role;
mod story;
mod tagging;
mod template;
mod threat;
mod whole;
