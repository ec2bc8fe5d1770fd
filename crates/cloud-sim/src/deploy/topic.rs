//! Topics and their subscribers.

use super::body::Body;
use super::{DeployError, Plan};
use crate::cloud::sns::{Subscriber, Subscription};

/// What of a topic is not modelled.
const OF_TOPIC: [&str; 3] = ["DisplayName", "SignatureVersion", "Tags"];

pub(super) fn topic(mut body: Body<'_>, arn: &str, plan: &mut Plan) -> Result<(), DeployError> {
    body.text("TopicName")?;
    plan.keys.extend(body.text("KmsMasterKeyId")?.map(|key| (arn.to_owned(), key)));
    body.finish(&OF_TOPIC)?;
    plan.topics.push(arn.to_owned());
    Ok(())
}

/// The queue that a redrive policy names.
pub(super) fn redriven_to(body: &mut Body<'_>) -> Result<Option<String>, DeployError> {
    let Some(mut policy) = body.part("RedrivePolicy")? else { return Ok(None) };
    let queue = policy.needed("deadLetterTargetArn")?;
    policy.finish(&[])?;
    Ok(queue.rsplit(':').next().map(str::to_owned))
}

pub(super) fn subscription(mut body: Body<'_>, plan: &mut Plan) -> Result<(), DeployError> {
    let path = body.path("Protocol");
    let (topic, protocol, endpoint) =
        (body.needed("TopicArn")?, body.needed("Protocol")?, body.needed("Endpoint")?);
    let name = endpoint.rsplit(':').next().unwrap_or_default().to_owned();
    let subscriber = match protocol.as_str() {
        "email" => Subscriber::Mail(endpoint),
        "sqs" => Subscriber::Queue(name),
        "lambda" => Subscriber::Function(name),
        _ => return Err(DeployError::new(path, format!("`{protocol}` is not understood"))),
    };
    let raw = body.text("RawMessageDelivery")?.is_some_and(|raw| raw == "true");
    let dead_letters = redriven_to(&mut body)?;
    body.finish(&[])?;
    plan.subscriptions.push((topic, Subscription { to: subscriber, dead_letters, raw }));
    Ok(())
}
