//! The clauses of [`Clock`].

use jiff::SignedDuration;

use crate::{Clock, time};

/// A clock under test.
pub trait Stage: Send + Sync {
    /// The clock.
    fn clock(&self) -> &dyn Clock;
}

all! {
    clock_1_now_does_not_go_back
    clock_2_sleep_waits_at_least_as_long
}

pub async fn clock_1_now_does_not_go_back(stage: &dyn Stage) {
    let clock = stage.clock();
    let first = clock.now();
    assert!(first <= clock.now());
}

pub async fn clock_2_sleep_waits_at_least_as_long(stage: &dyn Stage) {
    let clock = stage.clock();
    let (before, span) = (clock.now(), SignedDuration::from_millis(20));
    clock.sleep(span).await;
    assert!(time::later(before, span) <= clock.now());
}
