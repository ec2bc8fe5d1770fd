//! Caretaker at the command line.
//!
//! - [`retention`]: plans for snapshots.
//! - [`adopt`]: snapshots of an earlier version, given to an owner.
//! - [`doctor`]: what is wrong with settings, and with the account they are for.
//! - [`input`]: files as people have them.
//! - [`visible`]: what others wrote, shown as it is.
//! - [`command`]: what the commands do and print.

pub mod adopt;
pub mod command;
pub mod doctor;
pub mod input;
pub mod retention;
pub mod serve;
pub mod visible;
