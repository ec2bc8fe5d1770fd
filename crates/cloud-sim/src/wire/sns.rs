//! SNS (<https://docs.aws.amazon.com/sns/latest/api/welcome.html>).

use std::collections::BTreeMap;

use super::error::Dialect;
use super::operation::Operation;
use super::query::{Fields, Words};
use super::route::QueryService;
use super::xml::Element;
use crate::cloud::sns::{Message, Subscriber};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

/// The code for what is missing or wrong.
const INVALID: &str = "InvalidParameter";

pub(super) const SERVICE: QueryService = QueryService {
    name: "sns",
    version: "2010-03-31",
    dialect: Dialect::Query("http://sns.amazonaws.com/doc/2010-03-31/"),
    words: &Words { missing: INVALID, invalid: INVALID, member: ".member" },
    operations: &[
        Operation::writes("CreateTopic", create_topic),
        Operation::reads("ListTopics", list_topics),
        Operation::writes("Publish", publish),
        Operation::writes("Subscribe", subscribe),
    ],
};

/// `CreateTopic`: one that is there already is given as it is.
fn create_topic(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let name = fields.required("Name")?;
    // <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=256).contains(&name.len()) || !name.chars().all(is_legal) {
        return Err(ApiError::rejected(INVALID, "Invalid parameter: Topic Name"));
    }
    let arn = cloud.place.arn("sns", name);
    cloud.sns.add_topic(&arn);
    Ok(Element::new("CreateTopic").text("TopicArn", arn))
}

/// `ListTopics`: all at once.
#[expect(clippy::unnecessary_wraps, reason = "all operations look alike")]
fn list_topics(_: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let topic = |arn| Element::new("member").text("TopicArn", arn);
    Ok(Element::new("ListTopics").list("Topics", cloud.sns.topics().map(topic)))
}

/// `Subscribe`: confirmed at once.
fn subscribe(fields: &Fields, cloud: &mut Cloud, _: &mut Context<'_>) -> Result<Element, ApiError> {
    let topic = fields.required("TopicArn")?;
    let endpoint = fields.required("Endpoint")?;
    let name = endpoint.rsplit(':').next().unwrap_or(endpoint).to_owned();
    let subscriber = match fields.required("Protocol")? {
        "email" | "http" | "https" => Subscriber::Mail(endpoint.to_owned()),
        "sqs" => Subscriber::Queue(name),
        "lambda" => Subscriber::Function(name),
        other => {
            let message =
                format!("Invalid parameter: The simulated cloud does not have the Protocol `{other}`");
            return Err(ApiError::rejected(INVALID, message));
        }
    };
    let nth = cloud.sns.subscribers(topic).ok_or_else(no_topic)? + 1;
    cloud.sns.subscribe(topic, subscriber);
    let arn = format!("{topic}:00000000-0000-4000-8000-{nth:012x}");
    Ok(Element::new("Subscribe").text("SubscriptionArn", arn))
}

fn no_topic() -> ApiError {
    ApiError::not_found("NotFound", "Topic does not exist")
}

/// `Publish` to a topic.
fn publish(fields: &Fields, cloud: &mut Cloud, context: &mut Context<'_>) -> Result<Element, ApiError> {
    let topic = fields.required("TopicArn")?;
    let whole = fields.required("Message")?;
    if whole.is_empty() {
        return Err(ApiError::rejected(INVALID, "Invalid parameter: Empty message"));
    }
    let subject = fields.text("Subject");
    let (text, json) = match fields.text("MessageStructure") {
        Some("json") => forms(whole)?,
        None => (whole.to_owned(), whole.to_owned()),
        Some(_) => return Err(ApiError::rejected(INVALID, "Invalid parameter: MessageStructure")),
    };
    let key = first_attribute(fields).or(subject).unwrap_or_default().to_owned();
    let message = Message { subject: subject.map(str::to_owned), text, json, key, bytes: whole.len() };
    let id = cloud.publish(topic, &message, context)?;
    Ok(Element::new("Publish").text("MessageId", id))
}

/// The form for people, and the one for queues: a message of several forms has one for all who have none of their own
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
fn forms(message: &str) -> Result<(String, String), ApiError> {
    let invalid = |why: &str| {
        let message = format!("Invalid parameter: Message Structure - {why}");
        ApiError::rejected(INVALID, message)
    };
    let forms: BTreeMap<String, String> =
        serde_json::from_str(message).map_err(|_| invalid("JSON message body failed to parse"))?;
    let default = forms.get("default").ok_or_else(|| invalid("No default entry in JSON message body"))?;
    let of = |protocol: &str| forms.get(protocol).unwrap_or(default).clone();
    Ok((of("email"), of("sqs")))
}

/// The value of the first message attribute.
fn first_attribute(fields: &Fields) -> Option<&str> {
    fields.text("MessageAttributes.entry.1.Value.StringValue")
}
