//! A cloud in one process, in virtual time, for tests.
//!
//! Everything that happens is decided by a [`Chooser`](kernel::Chooser): the same seed gives the same run, to the byte.
//! Nothing here reads a clock, the environment or a random device.
//!
//! - [`kernel`]: virtual time, the executor that runs handlers, port calls as events, choices, the trace.
//! - [`cloud`]: the services, as plain data.
//! - [`payload`]: the JSON that services deliver, built from AWS's documentation.
//! - [`port`]: Caretaker's ports over the cloud.
//! - [`fault`]: what can go wrong with a request.
//! - [`invariant`]: what must never happen, watched while it might.

pub mod cloud;
pub mod fault;
pub mod invariant;
pub mod kernel;
pub mod payload;
pub mod port;

pub use cloud::Cloud;
pub use kernel::{Invocation, Sim};
pub use port::SimPorts;
