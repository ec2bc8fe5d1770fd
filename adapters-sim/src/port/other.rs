use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ports::{
    Capacity, Clock, Group, GroupName, MessageId, Notice, Notifier, PortError, Resize, ScalingGroups,
};

use super::SimPorts;
use crate::cloud::iam::ask::Ask;
use crate::cloud::sns::Message;
use crate::kernel::{Footprint, Op};

#[async_trait]
impl Clock for SimPorts {
    fn now(&self) -> Timestamp {
        self.handle.now(self.actor)
    }

    async fn sleep(&self, time: SignedDuration) {
        self.wait(time).await;
    }
}

#[async_trait]
impl ScalingGroups for SimPorts {
    async fn group(&self, name: &GroupName) -> Result<Option<Group>, PortError> {
        let name = name.clone();
        let sent = (
            Op::new("autoscaling", "DescribeAutoScalingGroups"),
            Footprint::NONE.reads("group", name.as_str()),
        );
        // The adapter of AWS asks for the group, then for its refreshes.
        let ask = Ask::Anything(&[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeInstanceRefreshes",
        ]);
        self.repeat(sent, ask, move |cloud, context| Ok(cloud.autoscaling.describe(&name, context))).await
    }

    async fn set_desired(&self, name: &GroupName, desired: Capacity) -> Result<Resize, PortError> {
        let name = name.clone();
        let sent =
            (Op::new("autoscaling", "SetDesiredCapacity"), Footprint::NONE.writes("group", name.as_str()));
        let ask = Ask::SetDesired(name.clone());
        self.repeat(sent, ask, move |cloud, context| cloud.autoscaling.set_desired(&name, desired, context))
            .await
    }
}

#[async_trait]
impl Notifier for SimPorts {
    async fn publish(&self, notice: &Notice) -> Result<MessageId, PortError> {
        self.publish_message(notice.into()).await
    }
}

impl SimPorts {
    /// Publishes a text under a subject as it stands: unlike a [`Notice`], it may be one that SNS refuses.
    ///
    /// # Errors
    ///
    /// When the topic refuses or cannot be asked.
    pub async fn publish_text(&self, subject: &str, text: &str) -> Result<MessageId, PortError> {
        let (key, subject) = (subject.to_owned(), Some(subject.to_owned()));
        let (bytes, text) = (text.len(), text.to_owned());
        self.publish_message(Message { subject, json: text.clone(), text, key, bytes }).await
    }

    async fn publish_message(&self, message: Message) -> Result<MessageId, PortError> {
        let topic = self.names.topic.clone();
        let sent = (Op::new("sns", "Publish"), Footprint::NONE.writes("notice", &message.key));
        let ask = Arc::new(Ask::Publish { topic: topic.clone() });
        self.call(sent, &ask, move |cloud, context| cloud.publish(&topic, &message, context)).await
    }
}
