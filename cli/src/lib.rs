//! Caretaker at the command line.
//!
//! - [`stack`]: the functions and what they need, in a simulated cloud.
//! - [`month`]: a fleet that lives through so many days.
//! - [`story`]: one incident, one alarm, one night, for every order of things.
//! - [`jobs`]: work that several threads share.
//! - [`shrink`]: the shortest story that still fails.
//! - [`retention`]: plans for snapshots.
//! - [`adopt`]: snapshots of an earlier version, given to an owner.
//! - [`doctor`]: what is wrong with settings, and with the account they are for.
//! - [`input`]: files as people have them.
//! - [`visible`]: what others wrote, shown as it is.
//! - [`world`]: a small world for one event.
//! - [`command`]: what the commands do and print.

pub mod adopt;
pub mod command;
pub mod doctor;
pub mod input;
pub mod jobs;
pub mod month;
pub mod retention;
pub mod serve;
pub mod shrink;
pub mod stack;
pub mod story;
pub mod visible;
pub mod world;
