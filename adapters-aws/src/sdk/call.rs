//! One call of one operation, watched while the SDK sends it, and sends it again.
//!
//! The SDK tells how the *last* attempt ended. That is not enough to say what happened: a first attempt that timed out
//! may have taken effect although the second was throttled, and an attempt that failed for want of credentials never
//! left this process. So an interceptor looks at every attempt.

use std::{
    error::Error as StdError,
    fmt::Debug,
    io,
    iter::successors,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use aws_smithy_runtime_api::client::{
    dns::ResolveDnsError,
    interceptors::{
        Intercept,
        context::{
            BeforeTransmitInterceptorContextRef, Error as ErasedError, FinalizerInterceptorContextRef,
        },
    },
    orchestrator::{HttpResponse, OrchestratorError},
    result::SdkError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{config_bag::ConfigBag, error::metadata::ProvideErrorMetadata};
use ports::{Effect, ErrorKind, PortError};

use super::error;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The most characters of an error that are kept. EC2's encoded authorization messages are far longer, and
/// of use to nobody who may not decode them.
const LONGEST_DETAIL: usize = 500;

/// What the errors of every operation have.
pub(super) trait OperationError:
    StdError + ProvideErrorMetadata + Debug + Send + Sync + 'static
{
}
impl<E: StdError + ProvideErrorMetadata + Debug + Send + Sync + 'static> OperationError for E {}

/// One call of one operation, whose errors are `E`.
#[derive(Debug)]
pub(super) struct Call<E> {
    operation: &'static str,
    writes: bool,
    seen: Arc<Seen>,
    errors: PhantomData<fn() -> E>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Some attempt left this process, or was about to.
    sent: AtomicBool,
    /// Some attempt may have taken effect although it failed.
    doubt: AtomicBool,
}

impl<E: OperationError> Call<E> {
    /// A call that changes nothing: only its last attempt matters.
    pub(super) fn reading(operation: &'static str) -> Self {
        Self { operation, writes: false, seen: Arc::default(), errors: PhantomData }
    }

    /// A call that changes something: any of its attempts may have done so.
    pub(super) fn writing(operation: &'static str) -> Self {
        Self { writes: true, ..Self::reading(operation) }
    }

    /// The interceptor to send the call with.
    pub(super) fn watch(&self) -> Watch<E> {
        Watch { seen: Arc::clone(&self.seen), errors: PhantomData }
    }

    /// Whether an attempt may have taken effect although it failed.
    pub(super) fn in_doubt(&self) -> bool {
        self.seen.doubt.load(SeqCst)
    }

    /// What the failure of the call means.
    pub(super) fn failed(&self, error: &SdkError<E, HttpResponse>) -> PortError {
        let kind = if self.seen.sent.load(SeqCst) { kind(error) } else { ErrorKind::NotSent };
        let last = PortError::new(kind, self.operation, cut(&detail(error)));
        if self.writes && self.in_doubt() && last.effect() == Effect::NotApplied {
            let detail = format!("an earlier attempt may have taken effect; the last: {}", last.detail);
            return PortError::new(ErrorKind::Lost, self.operation, detail);
        }
        last
    }
}

/// Looks at every attempt of one call.
#[derive(Debug)]
pub(super) struct Watch<E> {
    seen: Arc<Seen>,
    errors: PhantomData<fn() -> E>,
}

impl<E: OperationError> Intercept for Watch<E> {
    fn name(&self) -> &'static str {
        "CaretakerWatch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.seen.sent.store(true, SeqCst);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let status = context.response().map(|response| response.status().as_u16());
            let kind = kind_of_attempt::<E>(error, status);
            let unknown = PortError::new(kind, "", "").effect() == Effect::Unknown;
            if unknown && self.seen.sent.load(SeqCst) {
                self.seen.doubt.store(true, SeqCst);
            }
        }
        Ok(())
    }
}

fn kind_of_attempt<E: OperationError>(
    error: &OrchestratorError<ErasedError>,
    status: Option<u16>,
) -> ErrorKind {
    let answer = error.as_operation_error().zip(status);
    match answer {
        Some((error, status)) => {
            error::kind(error.downcast_ref::<E>().and_then(ProvideErrorMetadata::code), status)
        }
        None => error.as_connector_error().map_or(ErrorKind::Lost, |error| unanswered(error)),
    }
}

fn kind<E: OperationError>(error: &SdkError<E, HttpResponse>) -> ErrorKind {
    match error {
        SdkError::ConstructionFailure(_) => ErrorKind::NotSent,
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map_or(ErrorKind::Lost, |error| unanswered(error))
        }
        SdkError::ServiceError(answer) => error::kind(answer.err().code(), answer.raw().status().as_u16()),
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) | _ => ErrorKind::Lost,
    }
}

/// A connection that was refused, or whose host has no address, carried nothing. Anything else may have come about
/// after the request was written.
fn unanswered(error: &(dyn StdError + 'static)) -> ErrorKind {
    let never_connected = chain(error).any(|error| {
        error.is::<ResolveDnsError>()
            || error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    });
    if never_connected { ErrorKind::NotSent } else { ErrorKind::Lost }
}

/// An error and what is behind it. An `io::Error` hides what it wraps from `source`.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| -> &(dyn StdError + 'static) { inner }),
        None => error.source(),
    })
}

/// The service's own words; where it said nothing, the chain of causes. Never the request or the answer.
fn detail<E: OperationError>(error: &SdkError<E, HttpResponse>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => {
            let status = error.raw_response().map(|answer| format!("HTTP {}: ", answer.status().as_u16()));
            status.unwrap_or_default() + &causes(error)
        }
    }
}

/// What went wrong with something else than an answer, from the outside in.
pub(super) fn causes(error: &(dyn StdError + 'static)) -> String {
    let causes: Vec<String> = chain(error).map(ToString::to_string).collect();
    cut(&causes.join(": "))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_DETAIL).collect()
}
