//! Retention: golden tables, laws, a slow reference, and the bugs that must not come back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod apply;
mod golden;
mod gone;
mod known;
mod law;
mod reference;
mod restic;
mod ruling;
mod text;
mod world;
