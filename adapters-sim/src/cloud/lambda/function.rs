use jiff::SignedDuration;

use crate::cloud::Place;

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
    /// Where the record of a request that was given up goes.
    pub on_failure: Option<String>,
    /// The group its logs go to, if somebody cares.
    pub log_group: Option<String>,
    /// Where the event of a request that was given up goes.
    pub dead_letters: Option<String>,
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
            log_group: None,
            dead_letters: None,
        }
    }

    /// The ARN of something that lives where the function does.
    pub(super) fn beside(&self, service: &str, resource: &str) -> String {
        let mut parts = self.arn.split(':').skip(3);
        let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }

    /// The ARN of a stream of its logs.
    pub(super) fn log_arn(&self) -> Option<String> {
        let group = self.log_group.as_ref()?;
        Some(
            self.beside(
                "logs",
                &format!("log-group:{group}:log-stream:2026/11/23/[$LATEST]0123456789abcdef"),
            ),
        )
    }

    /// The same function with a failure destination.
    #[must_use]
    pub fn on_failure(self, destination: &str) -> Self {
        Self { on_failure: Some(destination.to_owned()), ..self }
    }
}
