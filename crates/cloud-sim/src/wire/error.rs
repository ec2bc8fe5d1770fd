//! Errors as each protocol writes them.

use aws_vocabulary::ErrorKind;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use super::Response;
use super::xml::Element;
use crate::cloud::ApiError;

/// How a service writes errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `Response/Errors/Error`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#api-error-response>).
    Ec2,
    /// `ErrorResponse/Error`, in the service's namespace
    /// (<https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>).
    Query(&'static str),
    /// `{"__type": ..., "message": ...}`
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
    Json(&'static str),
    /// `Error` (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
    S3 {
        /// Whether the answer may have a body; that to a `HEAD` may not.
        has_body: bool,
    },
}

impl Dialect {
    /// The namespace of what it writes; where there is none, nothing.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Query(namespace) => namespace,
            Self::Json(_) | Self::S3 { .. } => "",
        }
    }

    /// An error as the answer to a request that never gets to a service.
    pub(super) fn refuse(self, error: &ApiError, id: &str) -> Box<Response> {
        Box::new(self.answer(error, id))
    }

    /// An error as an answer.
    pub(super) fn answer(self, error: &ApiError, id: &str) -> Response {
        let (code, status) = (self.code(error), self.status(error));
        let message = error.message.as_str();
        match self {
            Self::Ec2 => {
                let error = Element::new("Error").text("Code", code).text("Message", message);
                let whole = Element::new("Response").list("Errors", [error]).text("RequestID", id);
                xml(status, &whole, id)
            }
            Self::Query(namespace) => {
                let fault = if status < 500 { "Sender" } else { "Receiver" };
                let error = Element::new("Error").text("Type", fault);
                let error = error.text("Code", code).text("Message", message);
                let whole = Element::new("ErrorResponse").within(namespace).with(error);
                xml(status, &whole.text("RequestId", id), id)
            }
            Self::Json(namespace) => {
                json(status, &json!({ "__type": format!("{namespace}#{code}"), "message": message }), id)
            }
            Self::S3 { has_body: false } => plain(status, Bytes::new(), id),
            Self::S3 { has_body: true } => {
                let error = Element::new("Error").text("Code", code).text("Message", message);
                xml(status, &error.text("RequestId", id), id)
            }
        }
    }

    /// The code: what goes wrong with requests to any service has a name of its own in each.
    fn code(self, error: &ApiError) -> &'static str {
        let ApiError { code, kind, .. } = error;
        let own = match self {
            Self::Ec2 => None,
            Self::Query(_) => match (*kind, *code) {
                (ErrorKind::Throttled, "RequestLimitExceeded") => Some("Throttling"),
                (ErrorKind::Denied, "UnauthorizedOperation") => Some("AccessDenied"),
                (ErrorKind::Unavailable, "InternalError") => Some("InternalFailure"),
                (ErrorKind::Unavailable, "Unavailable") => Some("ServiceUnavailable"),
                _ => None,
            },
            Self::Json(_) => match (*kind, *code) {
                (ErrorKind::Throttled, "RequestLimitExceeded") => Some("ThrottlingException"),
                (ErrorKind::Denied, "UnauthorizedOperation") => Some("AccessDeniedException"),
                (ErrorKind::Unavailable, "InternalError") => Some("InternalServerError"),
                // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
                (ErrorKind::NotFound, "AWS.SimpleQueueService.NonExistentQueue") => Some("QueueDoesNotExist"),
                (ErrorKind::Unavailable, "Unavailable") => Some("ServiceUnavailable"),
                _ => None,
            },
            Self::S3 { .. } => match (*kind, *code) {
                (ErrorKind::Throttled, "RequestLimitExceeded") => Some("SlowDown"),
                (ErrorKind::Denied, "UnauthorizedOperation") => Some("AccessDenied"),
                (ErrorKind::Unavailable, "Unavailable") => Some("ServiceUnavailable"),
                _ => None,
            },
        };
        own.unwrap_or(code)
    }

    fn status(self, error: &ApiError) -> u16 {
        let by_code = match self {
            Self::Ec2 => match error.code {
                "DryRunOperation" => Some(412),
                "AuthFailure" => Some(401),
                "RequestLimitExceeded" | "Unavailable" => Some(503),
                _ => None,
            },
            Self::Query(_) => match error.code {
                // <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>
                "NotFound" => Some(404),
                // <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>
                "ResourceContention" => Some(500),
                _ => None,
            },
            Self::Json(_) => match error.kind {
                ErrorKind::Unavailable if error.code == "Unavailable" => Some(503),
                ErrorKind::Unavailable | ErrorKind::Lost => Some(500),
                ErrorKind::Throttled
                | ErrorKind::Busy
                | ErrorKind::Denied
                | ErrorKind::NotFound
                | ErrorKind::Rejected
                | ErrorKind::NotSent => Some(400),
            },
            Self::S3 { .. } => s3_status(error.code),
        };
        by_code.unwrap_or(match error.kind {
            ErrorKind::Throttled if self != Self::Ec2 && !matches!(self, Self::S3 { .. }) => 400,
            ErrorKind::Throttled => 503,
            ErrorKind::Denied => 403,
            ErrorKind::Unavailable if error.code == "Unavailable" => 503,
            ErrorKind::Unavailable | ErrorKind::Lost => 500,
            ErrorKind::Busy | ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::NotSent => 400,
        })
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn s3_status(code: &str) -> Option<u16> {
    Some(match code {
        "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" => 404,
        "MethodNotAllowed" => 405,
        "BucketAlreadyOwnedByYou" | "BucketNotEmpty" | "ConditionalRequestConflict" => 409,
        "PreconditionFailed" => 412,
        "InvalidRange" => 416,
        "NotImplemented" => 501,
        _ => return None,
    })
}

/// An answer of XML.
pub(super) fn xml(status: u16, element: &Element, id: &str) -> Response {
    with_type(plain(status, element.document().into(), id), "text/xml;charset=UTF-8")
}

/// An answer of JSON.
pub(super) fn json(status: u16, value: &serde_json::Value, id: &str) -> Response {
    with_type(plain(status, value.to_string().into(), id), "application/x-amz-json-1.0")
}

/// An answer of bytes.
pub(super) fn plain(status: u16, body: Bytes, id: &str) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for name in ["x-amzn-requestid", "x-amz-request-id"] {
        set(&mut answer, name, id);
    }
    answer
}

/// Gives an answer a header; what cannot be one is left out.
pub(super) fn set(answer: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
}

fn with_type(mut answer: Response, kind: &'static str) -> Response {
    answer.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    answer
}
