//! A function that panics: built as the others are, it has to say so instead of dying.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let answer = |event: LambdaEvent<Value>| async move { Ok::<_, Error>(answer(&event.payload)) };
    lambda_runtime::run(service_fn(answer)).await
}

#[expect(clippy::panic, reason = "it is what this is for")]
fn answer(event: &Value) -> Value {
    if event.is_null() { Value::Null } else { panic!("of all things") }
}
