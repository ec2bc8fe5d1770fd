//! The two languages of Amazon EventBridge's rules: event patterns and schedule expressions.
//!
//! - [`pattern`]: whether an event matches, and if not, which field differs and how.
//! - [`schedule`]: when `cron(...)` and `rate(...)` run.
//!
//! Both are read as EventBridge reads them; what it would refuse is refused, with the place and what would
//! be right. Nothing here reads a clock or calls AWS.

pub mod pattern;
pub mod schedule;

/// The examples of the front page hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
