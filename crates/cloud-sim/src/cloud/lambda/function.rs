use jiff::SignedDuration;

use crate::cloud::{ApiError, Place};

/// How a function is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its ARN.
    pub arn: String,
    /// How long it may run, at most 900 s.
    pub timeout: SignedDuration,
    /// How often a failed request is tried again, at most 2.
    pub retries: u32,
    /// How long a request may wait, from 1 minute to 6 hours.
    pub max_age: SignedDuration,
    /// How many attempts may run at once; any number when there is none. With 0 nothing runs, and requests are given up
    /// at once.
    pub concurrency: Option<usize>,
    /// Where the record of a request that was given up goes: a queue, a topic, a function, a bus or a bucket, by its ARN; or a
    /// mere name, under which records are only kept.
    pub on_failure: Option<String>,
    /// Where the event of a request that was given up goes: a queue or a topic, by its name or ARN.
    pub dead_letters: Option<String>,
    /// Where the record of a request that succeeded goes.
    pub on_success: Option<String>,
    /// The group its logs go to, if somebody cares.
    pub log_group: Option<String>,
}

impl Function {
    /// A function with Lambda's own defaults but for its timeout.
    pub fn new(place: &Place, name: &str, timeout: SignedDuration) -> Self {
        Self {
            arn: place.arn("lambda", &format!("function:{name}")),
            timeout,
            retries: 2,
            max_age: SignedDuration::from_hours(6),
            concurrency: None,
            on_failure: None,
            dead_letters: None,
            on_success: None,
            log_group: None,
        }
    }

    /// The ARN of a stream of its logs.
    pub(super) fn log_arn(&self) -> Option<String> {
        let group = self.log_group.as_ref()?;
        let mut parts = self.arn.split(':').skip(3);
        let (region, account) = (parts.next()?, parts.next()?);
        let stream = "log-stream:2026/11/23/[$LATEST]0123456789abcdef";
        Some(format!("arn:aws:logs:{region}:{account}:log-group:{group}:{stream}"))
    }

    /// The same function with a failure destination.
    #[must_use]
    pub fn on_failure(self, destination: &str) -> Self {
        Self { on_failure: Some(destination.to_owned()), ..self }
    }

    /// The same function with a dead-letter queue.
    #[must_use]
    pub fn dead_letters(self, queue: &str) -> Self {
        Self { dead_letters: Some(queue.to_owned()), ..self }
    }

    /// Checks what a request says
    /// (<https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
    ///
    /// # Errors
    ///
    /// `InvalidParameterValueException` when the timeout is more than 900 s, there are more than 2 retries, the age is not
    /// from 60 to 21,600 s, or a success is to go to a bucket.
    pub fn check(&self) -> Result<(), ApiError> {
        let ages = SignedDuration::from_mins(1)..=SignedDuration::from_hours(6);
        let timeouts = SignedDuration::from_secs(1)..=SignedDuration::from_mins(15);
        let to_bucket = self.on_success.as_ref().is_some_and(|to| to.starts_with("arn:aws:s3:"));
        let wrong = [
            (!timeouts.contains(&self.timeout), "timeout: must be from 1 to 900 seconds"),
            (2 < self.retries, "maximumRetryAttempts: must be at most 2"),
            (!ages.contains(&self.max_age), "maximumEventAgeInSeconds: must be from 60 to 21600"),
            (to_bucket, "destinationConfig: a bucket is for failures only"),
        ];
        match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, why)) => Err(ApiError::rejected("InvalidParameterValueException", why)),
            None => Ok(()),
        }
    }
}
