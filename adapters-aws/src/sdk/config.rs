//! Where the SDK looks for AWS, and how long it may take.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

use super::http;

/// How long a connection may take to come about.
pub const CONNECT: Duration = Duration::from_secs(2);
/// How long one attempt may take.
pub const ATTEMPT: Duration = Duration::from_secs(4);
/// How long one operation may take, all attempts and pauses included. Below [`ports::time::CALL_LIMIT`].
pub const OPERATION: Duration = Duration::from_secs(9);
/// How often an operation that may be repeated is sent, the first time included.
pub const ATTEMPTS: u32 = 3;

/// Loads what every AWS tool looks at: environment, profile, instance role. `AWS_ENDPOINT_URL` is honoured.
///
/// A region given here goes before the one found there.
pub async fn load(region: Option<&ports::Region>) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http::shared());
    let loader = match region {
        Some(region) => loader.region(Region::new(region.as_str().to_owned())),
        None => loader,
    };
    limited(&loader.load().await)
}

/// The same configuration with our time limits and our number of attempts. Every adapter does this for itself.
///
/// Mode *standard* with three attempts is what AWS recommends
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
///
/// Pauses between attempts are random, unless the configuration has them fixed: then the same run is the same again.
#[must_use]
pub fn limited(config: &SdkConfig) -> SdkConfig {
    let fixed = config.retry_config().is_some_and(RetryConfig::use_static_exponential_base);
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    config
        .to_builder()
        .timeout_config(timeouts(ATTEMPT))
        .retry_config(retries.with_use_static_exponential_base(fixed))
        .build()
}

/// No second attempt: for what takes effect each time it is sent.
pub(super) fn once() -> RetryConfig {
    RetryConfig::disabled()
}

/// Time limits for an operation without a second attempt: the one attempt has all the time there is, because an
/// attempt given up early is one of unknown end.
pub(super) fn patient() -> TimeoutConfig {
    timeouts(OPERATION)
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(OPERATION)
        .build()
}
