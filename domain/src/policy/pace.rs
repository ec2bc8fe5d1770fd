//! How fast to send requests to a service that throttles by a token bucket.

use jiff::{SignedDuration, Timestamp};
use ports::time;

/// A token bucket that learns from throttles: it sends as fast as the service says it may, slower once it is told to,
/// and faster again while all goes well.
///
/// # Examples
///
/// ```
/// use domain::policy::pace::{Pace, Rate};
/// use jiff::{SignedDuration, Timestamp};
///
/// let now = Timestamp::UNIX_EPOCH;
/// let mut pace = Pace::of_deletions(Rate::default(), now);
/// let at_once = (0..200).take_while(|_| pace.reserve(now) == now).count();
/// assert_eq!(at_once, 95);
/// let gap = pace.reserve(now).duration_since(now);
/// assert_eq!(gap, SignedDuration::from_millis(400));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time between two requests when all goes well.
    best: SignedDuration,
    /// The time between two requests at present.
    every: SignedDuration,
    /// How many may be sent at once after a rest.
    burst: i32,
    /// When the next request is due were there no burst.
    due: Timestamp,
    /// When it was last slowed down.
    slowed_at: Timestamp,
}

/// The longest time between two requests, however often they are throttled.
const SLOWEST: SignedDuration = SignedDuration::from_secs(4);
/// How many requests a second's worth of the bucket is sent at once after a rest: EC2's holds twenty seconds' worth. A few
/// are left in it, because requests do not arrive as evenly as they are sent.
const BURST_SECONDS: i32 = 19;

/// How many requests a second a service lets through in the long run.
///
/// # Examples
///
/// ```
/// use domain::policy::pace::Rate;
///
/// assert!(Rate::new(1).is_some() && Rate::new(1_000).is_some());
/// assert!(Rate::new(0).is_none() && Rate::new(1_001).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(i32);

impl Rate {
    /// The largest rate.
    pub const MOST: i32 = 1_000;

    /// A rate from 1 to [`Rate::MOST`].
    pub fn new(a_second: i32) -> Option<Self> {
        (1..=Self::MOST).contains(&a_second).then_some(Self(a_second))
    }
}

/// What EC2 grants an account that has not asked for more
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
impl Default for Rate {
    fn default() -> Self {
        Self(5)
    }
}

impl Pace {
    /// As EC2 lets snapshots be deleted: so many a second, and as many at once as its bucket holds. An account that has
    /// not asked for more has a bucket of 100 and 5 a second.
    pub fn of_deletions(rate: Rate, now: Timestamp) -> Self {
        let best = SignedDuration::from_secs(1).checked_div(rate.0).unwrap_or(SLOWEST);
        let burst = rate.0.saturating_mul(BURST_SECONDS);
        Self { best, every: best, burst, due: Timestamp::MIN, slowed_at: Timestamp::MIN }.rested(now)
    }

    /// The instant at which the next request may be sent; it is taken for sent then.
    pub fn reserve(&mut self, now: Timestamp) -> Timestamp {
        *self = self.clone().rested(now);
        self.due = time::later(self.due, self.every);
        self.due.max(now)
    }

    /// A request sent at an instant was throttled: half as fast from now on, and without a burst. What was sent before
    /// that is known tells nothing new.
    pub fn throttled(&mut self, sent: Timestamp, now: Timestamp) {
        if self.slowed_at < sent {
            self.every = self.every.saturating_mul(2).min(SLOWEST);
            self.slowed_at = now;
        }
        self.due = self.due.max(now);
    }

    /// A request was let through: a little faster from now on.
    pub fn succeeded(&mut self) {
        let faster = self.every.checked_div(16).map_or(self.best, |part| self.every.saturating_sub(part));
        self.every = faster.max(self.best);
    }

    /// A rest saves up a burst, and no more than that.
    fn rested(self, now: Timestamp) -> Self {
        let full = time::earlier(now, self.every.saturating_mul(self.burst));
        Self { due: self.due.max(full), ..self }
    }
}
