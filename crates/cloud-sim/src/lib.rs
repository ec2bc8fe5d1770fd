//! A cloud in one process, in virtual time, for tests.
//!
//! Everything that happens is decided by a [`Chooser`](kernel::Chooser): the same seed gives the same run, to the byte.
//! Nothing here reads a clock, the environment or a random device.
//!
//! - [`kernel`]: virtual time, the executor that runs handlers, port calls as events, choices, the trace.
//! - [`cloud`]: the services, as plain data.
//! - [`deploy`]: a template of AWS SAM, brought about in the cloud.
//! - [`payload`]: the JSON that services deliver, built from AWS's documentation.
//! - [`fault`]: what can go wrong, as data.
//! - [`rule`]: what must never be, and what must come to be, watched while it happens.
//! - [`scenario`]: a world and what happens in it, to be run by seed, by tape or in every order.
//! - [`explore`]: every order and every fault, within bounds.
//! - [`replay`]: a failure as one line.
//! - [`check`]: one call that runs, shrinks and tells the story.
//! - [`shrink`]: the shortest story that still fails.
//! - [`view`]: a run as people read it.
//! - `wire`, behind a feature: the cloud as AWS's own clients see it.

pub mod check;
pub mod cloud;
pub mod deploy;
pub mod explore;
pub mod fault;
pub mod kernel;
pub mod payload;
pub mod replay;
pub mod rule;
pub mod scenario;
pub mod shrink;
pub mod view;
#[cfg(feature = "wire")]
pub mod wire;

pub use cloud::Cloud;
pub use kernel::{Invocation, Sim};
pub use scenario::{Run, Scenario};

/// The examples of the front page hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
