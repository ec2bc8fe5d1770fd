//! Plans for snapshots at the command line.
//!
//! - [`flags`]: a policy, as options.
//! - [`source`]: the snapshots, from files.
//! - [`table`]: a plan, for people.
//! - [`carry_out`]: a plan made before, step by step.

pub mod carry_out;
pub mod flags;
pub mod source;
pub mod table;
