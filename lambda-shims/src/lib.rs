//! Caretaker's functions: event in, workflow, response out.
//!
//! - [`handler`]: one for each function. JSON in, JSON out; ports are given, so it runs on AWS and in the simulator.
//! - [`settings`]: what the environment says, parsed once, every problem told at once.
//! - [`Ports`], [`SnapshotPorts`], [`RemediationPorts`]: the ports that each handler is given.
//! - [`emf`]: the metrics line of an invocation.
//! - [`permission`]: what each function asks AWS for.
//! - `wiring` and `runtime` (feature `aws`): the ports over AWS, and Lambda's runtime around a handler.

mod bundle;
pub mod emf;
pub mod handler;
pub mod permission;
#[cfg(feature = "aws")]
pub mod runtime;
pub mod settings;
#[cfg(feature = "aws")]
pub mod wiring;

pub use bundle::{Ports, RemediationPorts, SnapshotPorts};
