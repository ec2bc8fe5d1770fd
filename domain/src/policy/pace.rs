//! How fast to send requests to a service that throttles by a token bucket.

use jiff::{SignedDuration, Timestamp};
use ports::time;

/// A token bucket that learns from throttles: it sends as fast as the service says it may, slower once it is told to,
/// and faster again while all goes well.
///
/// # Examples
///
/// ```
/// use domain::policy::pace::Pace;
/// use jiff::{SignedDuration, Timestamp};
///
/// let now = Timestamp::UNIX_EPOCH;
/// let mut pace = Pace::of_deletions(now);
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

impl Pace {
    /// As EC2 lets snapshots be deleted: 100 at once, then 5 a second
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>). A few of the hundred are left in the
    /// bucket, because requests do not arrive as evenly as they are sent.
    pub fn of_deletions(now: Timestamp) -> Self {
        let best = SignedDuration::from_millis(200);
        Self { best, every: best, burst: 95, due: Timestamp::MIN, slowed_at: Timestamp::MIN }.rested(now)
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
