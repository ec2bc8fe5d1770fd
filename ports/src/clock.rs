use std::fmt::Debug;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// The present, and waiting for a later one.
///
/// # Contract
///
/// 1. `clock_1_now_does_not_go_back`: two readings by one caller MUST NOT go back.
/// 2. `clock_2_sleep_waits_at_least_as_long`: after `sleep(d)`, `now` MUST be at least `d` later than before.
///
/// Not promised: that two callers' clocks agree. They differ by a little, and a lease allows for it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Returns once `time` has passed; at once when it is zero or negative.
    async fn sleep(&self, time: SignedDuration);
}
