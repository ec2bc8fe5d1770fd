use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, time::later};

/// The machine's clock, kept from going back when the machine's is set back.
#[derive(Debug)]
pub struct SystemClock {
    last: Mutex<Timestamp>,
}

impl SystemClock {
    /// Makes a clock.
    pub fn new() -> Self {
        Self { last: Mutex::new(Timestamp::MIN) }
    }

    /// The present, but not before `floor` nor before any earlier reading.
    fn not_before(&self, floor: Timestamp) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Timestamp::now().max(floor).max(*last);
        *last
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.not_before(Timestamp::MIN)
    }

    async fn sleep(&self, time: SignedDuration) {
        let due = later(self.now(), time);
        if let Ok(time) = Duration::try_from(time) {
            tokio::time::sleep(time).await;
            // The timer runs on another clock than `now`: what it waited must show there, too.
            self.not_before(due);
        }
    }
}
