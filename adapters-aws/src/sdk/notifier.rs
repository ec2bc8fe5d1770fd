use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sns::{Client, config::Builder, types::MessageAttributeValue};
use ports::{Arn, ErrorKind, MessageId, Notice, Notifier, PortError};

use crate::permission::{self, Asks};

use super::{answer::AnswerFields, call::Call, config};

/// A topic of Amazon SNS.
#[derive(Clone, Debug)]
pub struct SnsNotifier {
    client: Client,
    topic: Arn,
}

impl SnsNotifier {
    /// The IAM actions that this adapter needs, by method.
    pub const ASKS: &[Asks] = permission::notifier::ALL;

    /// The message attribute that carries a notice's key, so that a reader can drop a second copy.
    pub const KEY: &str = "caretaker-key";

    /// Makes the adapter for one topic.
    pub fn new(config: &SdkConfig, topic: Arn) -> Self {
        Self { client: Client::new(&config::limited(config)), topic }
    }
}

#[async_trait]
impl Notifier for SnsNotifier {
    async fn publish(&self, notice: &Notice) -> Result<MessageId, PortError> {
        let call = Call::writing("Publish");
        let key = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(notice.key())
            .build()
            .map_err(|error| PortError::new(ErrorKind::NotSent, "Publish", error.to_string()))?;
        let answer = self
            .client
            .publish()
            .topic_arn(self.topic.as_str())
            .subject(notice.subject().as_str())
            .message(forms(notice)?)
            .message_structure("json")
            .message_attributes(Self::KEY, key)
            .customize()
            .config_override(once())
            .interceptor(call.watch())
            .send()
            .await
            .map_err(|error| call.failed(&error))?;
        AnswerFields("Publish").parsed("MessageId", answer.message_id())
    }
}

/// Settings for an operation that must not be sent twice.
fn once() -> Builder {
    Builder::new().retry_config(config::once()).timeout_config(config::patient())
}

/// Each kind of subscriber gets the form under its protocol's name; `default` is for all others, mail among them
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>).
fn forms(notice: &Notice) -> Result<String, PortError> {
    let forms =
        BTreeMap::from([("default", notice.text()), ("lambda", notice.json()), ("sqs", notice.json())]);
    serde_json::to_string(&forms)
        .map_err(|error| PortError::new(ErrorKind::NotSent, "Publish", error.to_string()))
}
