//! What people and other programs read.

pub mod jsonl;
pub mod night;
pub mod poison;
pub mod protect;
pub mod reconcile;
pub mod remedy;
pub mod retention;
pub mod visible;
