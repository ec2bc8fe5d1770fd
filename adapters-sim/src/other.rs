use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_sim::cloud::autoscaling::Fleet;
use cloud_sim::cloud::iam::ask::Ask;
use cloud_sim::cloud::sns::Message;
use cloud_sim::kernel::{Footprint, Op};
use jiff::{SignedDuration, Timestamp};
use ports::{
    Capacity, Clock, Group, GroupName, LifecycleState, MessageId, Notice, Notifier, PortError, Resize,
    ScalingGroups,
};

use super::SimPorts;

#[async_trait]
impl Clock for SimPorts {
    fn now(&self) -> Timestamp {
        self.caller.now()
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
        self.repeat(sent, ask, move |cloud, context| {
            let found = cloud.autoscaling.describe(&name, context);
            Ok(found.map(|fleet| group(&name, fleet)))
        })
        .await
    }

    async fn set_desired(&self, name: &GroupName, desired: Capacity) -> Result<Resize, PortError> {
        let name = name.clone();
        let sent =
            (Op::new("autoscaling", "SetDesiredCapacity"), Footprint::NONE.writes("group", name.as_str()));
        let ask = Ask::SetDesired(name.clone());
        self.repeat(sent, ask, move |cloud, context| {
            let groups = &mut cloud.autoscaling;
            match groups.fleet(&name).map(|fleet| fleet.allows(desired)) {
                None => Ok(Resize::NoGroup),
                Some(Err(_)) => Ok(Resize::OutOfBounds),
                Some(Ok(())) => {
                    groups.set_desired_capacity(&name, desired, false, context).map(|()| Resize::Set)
                }
            }
        })
        .await
    }
}

#[async_trait]
impl Notifier for SimPorts {
    async fn publish(&self, notice: &Notice) -> Result<MessageId, PortError> {
        let message = Message {
            subject: Some(notice.subject().as_str().to_owned()),
            bytes: notice.text().len() + 2 * notice.json().len(),
            text: notice.text().to_owned(),
            json: notice.json().to_owned(),
            key: notice.key().to_owned(),
        };
        self.publish_message(message).await
    }
}

fn group(name: &GroupName, fleet: &Fleet) -> Group {
    Group {
        name: name.clone(),
        desired: fleet.desired,
        min: fleet.min,
        max: fleet.max,
        instances: BTreeMap::from([
            (LifecycleState::InService, fleet.in_service),
            (LifecycleState::Pending, fleet.pending),
        ]),
        suspended: fleet.suspended.clone(),
        refreshing: fleet.refreshing,
        tags: fleet.tags.clone(),
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
