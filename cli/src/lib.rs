//! Caretaker at the command line.
//!
//! - [`stack`]: the functions and what they need, in a simulated cloud.
//! - [`month`]: a fleet that lives through so many days.
//! - [`retention`]: plans for snapshots.
//! - [`world`]: a small world for one event.
//! - [`command`]: what the commands do and print.

pub mod command;
pub mod month;
pub mod retention;
pub mod stack;
pub mod world;
