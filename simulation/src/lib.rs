//! Caretaker in the simulated cloud: its template, deployed with the functions that ship, and the rules that hold
//! whatever happens.
//!
//! - [`stack`]: the functions and what they need.
//! - [`month`]: a fleet that lives through so many days.
//! - [`story`]: one incident, one alarm, one night, for every order of things.
//! - [`world`]: a small world for one event.
//! - [`rule`]: what must never be, and what must come to be.
//! - [`jobs`]: work that several threads share.

pub mod jobs;
pub mod month;
pub mod rule;
pub mod stack;
pub mod story;
pub mod world;
