//! What people and other programs read.

pub mod jsonl;
pub mod night;
pub mod protect;
pub mod remediate;
pub mod retention;
