//! AWS JSON 1.0: the operation in a header, JSON in, JSON out
//! (<https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>).

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cloud::ApiError;

/// What an operation answers with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// The status: an error that tells more than its message has one of its own.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Value,
}

impl Answer {
    /// The answer to what was done.
    pub(super) fn done(body: Value) -> Self {
        Self { status: 200, body }
    }
}

/// The code for a parameter that is missing or wrong.
const INVALID: &str = "ValidationException";

/// A parameter, if it is there.
pub(super) fn optional<T: DeserializeOwned>(input: &Value, name: &str) -> Result<Option<T>, ApiError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
            ApiError::rejected(INVALID, format!("The parameter {name} is not of its type: {error}"))
        }),
    }
}

/// A parameter that has to be there.
pub(super) fn required<T: DeserializeOwned>(input: &Value, name: &str) -> Result<T, ApiError> {
    optional(input, name)?.ok_or_else(|| {
        ApiError::rejected(
            INVALID,
            format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"),
        )
    })
}
