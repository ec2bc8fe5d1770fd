//! The time limit of a port call that takes several requests.

use std::{future::Future, future::poll_fn, pin::pin, task::Poll, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_ec2::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use ports::{ErrorKind, PortError};

/// Above [`OPERATION`](super::config::OPERATION), so that a single slow request ends first and can say more; below
/// [`ports::time::CALL_LIMIT`].
const LONGEST: Duration = Duration::from_millis(9_500);

/// Ends a port call before [`ports::time::CALL_LIMIT`], however many requests it makes.
#[derive(Clone, Debug)]
pub(super) struct Limit(SharedAsyncSleep);

impl Limit {
    /// A limit by the timer that the SDK uses, too.
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(config.sleep_impl().unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep)))
    }

    /// What `call` gives, if it gives it in time.
    pub(super) async fn end<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, PortError>> + Send,
    ) -> Result<T, PortError> {
        let mut call = pin!(call);
        let mut time = pin!(self.0.sleep(LONGEST));
        poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => time.as_mut().poll(context).map(|()| Err(late(operation))),
        })
        .await
    }
}

fn late(operation: &'static str) -> PortError {
    PortError::new(ErrorKind::Lost, operation, format!("not done after {LONGEST:?}"))
}

#[derive(Debug)]
struct TokioSleep;

impl AsyncSleep for TokioSleep {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(time))
    }
}
