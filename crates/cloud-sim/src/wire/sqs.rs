//! SQS (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::json::{Answer, optional, required};
use super::operation::Operation;
use super::route::JsonService;
use crate::cloud::sqs::{Queue, Received};
use crate::cloud::{ApiError, Cloud, Place};
use crate::kernel::Context;
use crate::payload::with;

pub(super) const SERVICE: JsonService = JsonService {
    name: "sqs",
    target: "AmazonSQS",
    errors: "com.amazonaws.sqs",
    operations: &[
        Operation::writes("CreateQueue", create_queue),
        Operation::writes("DeleteMessage", delete_message),
        Operation::reads("GetQueueUrl", get_queue_url),
        Operation::writes("ReceiveMessage", receive_message),
        Operation::writes("SendMessage", send_message),
    ],
};

fn url(place: &Place, name: &str) -> String {
    format!("https://sqs.{}.amazonaws.com/{}/{name}", place.region, place.account)
}

/// The name of the queue whose address a request gives.
fn queue_of(input: &Value) -> Result<String, ApiError> {
    let url: String = required(input, "QueueUrl")?;
    Ok(url.rsplit('/').next().unwrap_or_default().to_owned())
}

fn no_queue() -> ApiError {
    ApiError::not_found("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
}

/// `CreateQueue` with the usual attributes: one that is there already is given as it is.
fn create_queue(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "QueueName")?;
    if optional::<BTreeMap<String, String>>(input, "Attributes")?.is_some_and(|all| !all.is_empty()) {
        let message = "The simulated cloud does not have the parameter Attributes";
        return Err(ApiError::rejected("InvalidAttributeName", message));
    }
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=80).contains(&name.len()) || !name.chars().all(is_legal) {
        let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(ApiError::rejected("InvalidParameterValue", message));
    }
    if !cloud.sqs.has(&name) {
        cloud.sqs.add_queue(&name, Queue::default());
    }
    Ok(Answer::done(json!({ "QueueUrl": url(&cloud.place, &name) })))
}

/// `GetQueueUrl`.
fn get_queue_url(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    let name: String = required(input, "QueueName")?;
    if cloud.sqs.has(&name) {
        Ok(Answer::done(json!({ "QueueUrl": url(&cloud.place, &name) })))
    } else {
        Err(no_queue())
    }
}

/// `SendMessage`.
fn send_message(input: &Value, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let body: String = required(input, "MessageBody")?;
    let attributes: BTreeMap<String, Value> = optional(input, "MessageAttributes")?.unwrap_or_default();
    let text = |value: &Value| value.get("StringValue").and_then(Value::as_str).map(str::to_owned);
    let attributes =
        attributes.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
    let id = cloud.send_message(&queue_of(input)?, (&body, attributes), context)?;
    Ok(Answer::done(json!({ "MessageId": id })))
}

/// `ReceiveMessage`: what is there, without waiting for more.
fn receive_message(input: &Value, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Answer, ApiError> {
    let most = optional(input, "MaxNumberOfMessages")?.unwrap_or(1);
    let received = cloud.receive_messages(&queue_of(input)?, most, context)?;
    let told = |Received { message, receipt }: &Received| {
        let attribute = |(name, value): (&String, &String)| {
            (name.clone(), json!({ "DataType": "String", "StringValue": value }))
        };
        let attributes: BTreeMap<String, Value> = message.attributes.iter().map(attribute).collect();
        json!({
            "MessageId": message.id,
            "ReceiptHandle": receipt,
            "Body": message.body,
            "MessageAttributes": attributes,
            "Attributes": {
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent_at.as_millisecond().to_string(),
            },
        })
    };
    let messages: Vec<Value> = received.iter().map(told).collect();
    Ok(Answer::done(with(json!({}), "Messages", Some(messages).filter(|messages| !messages.is_empty()))))
}

/// `DeleteMessage`.
fn delete_message(input: &Value, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Answer, ApiError> {
    cloud.delete_message(&queue_of(input)?, &required::<String>(input, "ReceiptHandle")?)?;
    Ok(Answer::done(json!({})))
}
