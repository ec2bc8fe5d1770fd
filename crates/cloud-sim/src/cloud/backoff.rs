//! How long services wait before they try to deliver something once more.

use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

/// The attempts that SNS makes, by the kind of endpoint
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phases {
    /// How often at once.
    immediate: u32,
    /// How often after the first wait.
    before: u32,
    /// How often with ever longer waits.
    between: u32,
    /// How often with the longest wait.
    after: u32,
    /// The first wait, and the longest, in seconds.
    waits: (f64, f64),
}

/// Functions and queues: 100,015 attempts over 23 days.
pub(super) const MANAGED: Phases =
    Phases { immediate: 3, before: 2, between: 10, after: 100_000, waits: (1.0, 20.0) };
/// Mail: 50 attempts over 6 hours.
pub(super) const MAIL: Phases =
    Phases { immediate: 0, before: 2, between: 10, after: 38, waits: (10.0, 600.0) };

/// A retry: after how long, and how many there have been then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) wait: SignedDuration,
    pub(super) retries: u32,
}

impl Phases {
    /// The next retry after so many; none when they are all made. Where there are tens of thousands, one stands for
    /// several: so what comes at last comes at most a twentieth later than it would.
    pub(super) fn next(&self, retries: u32, waited: SignedDuration) -> Option<Next> {
        let nth = retries + 1;
        let (first, longest) = self.waits;
        let slow = self.immediate + self.before + self.between;
        if nth <= self.immediate {
            return Some(Next { wait: SignedDuration::ZERO, retries: nth });
        }
        if nth <= self.immediate + self.before {
            return Some(Next { wait: seconds(first), retries: nth });
        }
        if nth <= slow {
            let step = f64::from(nth - self.immediate - self.before - 1) / f64::from(self.between - 1);
            return Some(Next { wait: seconds(first * (longest / first).powf(step)), retries: nth });
        }
        let left = (slow + self.after).checked_sub(retries).filter(|left| 0 < *left)?;
        let several = waited.as_secs() / 20 / seconds(longest).as_secs();
        let several = u32::try_from(several).unwrap_or(u32::MAX).clamp(1, left);
        let wait = seconds(longest).checked_mul(i32::try_from(several).unwrap_or(i32::MAX));
        Some(Next { wait: wait.unwrap_or(SignedDuration::MAX), retries: retries + several })
    }
}

fn seconds(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::ZERO)
}

/// How long `EventBridge` goes on
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Until when an event is tried at all: from 1 minute to 24 hours.
    pub max_age: SignedDuration,
    /// How often it is tried again: from 0 to 185 times.
    pub max_retries: u32,
    /// Unverified: the first wait, which doubles each time.
    pub first: SignedDuration,
    /// Unverified: the longest wait, such that 185 retries take the 24 hours.
    pub longest: SignedDuration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            max_retries: 185,
            first: SignedDuration::from_secs(1),
            longest: SignedDuration::from_mins(8),
        }
    }
}

/// Why nothing is tried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exhausted {
    Attempts,
    Age,
}

impl Exhausted {
    /// As a dead letter says it
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>).
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "MaximumRetryAttempts",
            Self::Age => "MaximumEventAgeInSeconds",
        }
    }
}

impl RetryPolicy {
    /// Checks what a request says.
    ///
    /// # Errors
    ///
    /// `ValidationException` when the age is not from 60 to 86,400 s, or there are more than 185 retries
    /// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html>).
    ///
    /// # Examples
    ///
    /// ```
    /// use caretaker_cloud_sim::cloud::backoff::RetryPolicy;
    ///
    /// assert!(RetryPolicy::checked(60, 0).is_ok());
    /// assert_eq!(RetryPolicy::checked(59, 0).unwrap_err().code, "ValidationException");
    /// ```
    pub fn checked(max_age_seconds: u32, max_retries: u32) -> Result<Self, super::ApiError> {
        if !(60..=86_400).contains(&max_age_seconds) || 185 < max_retries {
            let message =
                "RetryPolicy: MaximumEventAgeInSeconds is from 60 to 86400, MaximumRetryAttempts at most 185";
            return Err(super::ApiError::rejected("ValidationException", message));
        }
        let max_age = SignedDuration::from_secs(i64::from(max_age_seconds));
        Ok(Self { max_age, max_retries, ..Self::default() })
    }

    /// The longest that the next wait may be; shorter by chance.
    pub(super) fn wait(&self, retries: u32) -> SignedDuration {
        let doubled = self.first.checked_mul(1 << retries.min(20)).unwrap_or(self.longest);
        doubled.min(self.longest)
    }

    /// Whether a retry may be made at an instant, of what is there since another.
    pub(super) fn admits(&self, retries: u32, since: Timestamp, at: Timestamp) -> Result<(), Exhausted> {
        if self.max_retries <= retries {
            Err(Exhausted::Attempts)
        } else if time::later(since, self.max_age) < at {
            Err(Exhausted::Age)
        } else {
            Ok(())
        }
    }
}
