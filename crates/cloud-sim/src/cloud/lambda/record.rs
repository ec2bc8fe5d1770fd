use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kernel::FunctionError;

/// Why a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    RetriesExhausted,
    EventAgeExceeded,
    Success,
}

/// A request that is over.
pub(super) struct Over<'a> {
    pub(super) arn: &'a str,
    pub(super) id: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) attempts: u32,
    pub(super) condition: Condition,
    pub(super) answer: Result<&'a Value, &'a FunctionError>,
}

/// The error of a request for which there was no room.
const THROTTLED: &str = "TooManyRequestsException";

pub(super) fn throttled() -> FunctionError {
    FunctionError { error_type: THROTTLED.to_owned(), message: "Rate Exceeded.".to_owned() }
}

/// The record that a destination gets
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>). Unverified: what it says of a
/// response where the function was never run.
pub(super) fn record(over: &Over<'_>, now: Timestamp) -> String {
    let payload: Value = serde_json::from_slice(over.payload).unwrap_or(Value::Null);
    let (status, error, response) = match over.answer {
        Ok(answer) => (200, Value::Null, answer.clone()),
        Err(FunctionError { error_type, message }) => {
            let throttled = error_type == THROTTLED;
            let response = json!({ "errorMessage": message, "errorType": error_type });
            (
                if throttled { 429 } else { 200 },
                if throttled { Value::Null } else { "Unhandled".into() },
                response,
            )
        }
    };
    json!({
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "requestContext": {
            "requestId": over.id,
            "functionArn": format!("{}:$LATEST", over.arn),
            "condition": format!("{:?}", over.condition),
            "approximateInvokeCount": over.attempts,
        },
        "requestPayload": payload,
        "responseContext": { "statusCode": status, "executedVersion": "$LATEST", "functionError": error },
        "responsePayload": response,
    })
    .to_string()
}
