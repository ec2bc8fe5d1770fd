//! A function that panics: built as the others are, it has to say so instead of dying.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(panics)).await
}

#[expect(clippy::panic, reason = "it is what this is for")]
async fn panics(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if event.payload.is_null() { Ok(Value::Null) } else { panic!("of all things") }
}
