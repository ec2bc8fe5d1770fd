//! What Caretaker decides, and in which order it acts.
//!
//! Every workflow has one shape. It *gathers* plain values through ports, the present instant included; a pure
//! function turns them into a *plan* that says what to do and why; then it *acts* on the plan through ports and
//! decides nothing more.
//!
//! - [`policy`]: the pure decisions. No ports, no async, no clock.
//! - [`workflow`]: gather, plan, act.
//! - [`render`]: what people and other programs read.
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

pub mod policy;
pub mod render;
pub mod workflow;
