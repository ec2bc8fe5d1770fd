use std::collections::BTreeSet;

use aws_vocabulary::{GroupName, InstanceState, StateReason, Tags};
use jiff::Timestamp;

use super::ROOT_DEVICE;

/// What few instances are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trait {
    /// A spot instance.
    Spot,
    /// Hibernation is enabled for it: no snapshots are taken of it then
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html>).
    Hibernates,
    /// Its root disk is an instance store: it can only be terminated, not stopped.
    OnInstanceStore,
    /// Its host keeps it from stopping, until it is forced to
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/TroubleshootingInstancesStopping.html>).
    Stuck,
}

/// An instance.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its state.
    pub state: InstanceState,
    /// Its tags.
    pub tags: Tags,
    /// Why it last changed its state.
    pub reason: Option<StateReason>,
    /// The same as a text.
    pub transition: String,
    /// The scaling group it belongs to.
    pub group: Option<GroupName>,
    /// When it was last started.
    pub launched_at: Timestamp,
    /// Until when it is told instead when it was started the time before.
    pub launch_before: Option<(Timestamp, Timestamp)>,
    /// How often it was rebooted on request.
    pub reboots: u32,
    /// The Availability Zone it is in.
    pub zone: String,
    /// The device name of its root volume.
    pub root_device: String,
    /// Its type.
    pub instance_type: String,
    /// What few instances are.
    pub traits: BTreeSet<Trait>,
}

impl Machine {
    /// An instance that runs since an instant.
    pub fn running(tags: Tags, since: Timestamp) -> Self {
        Self {
            state: InstanceState::Running,
            tags,
            reason: None,
            transition: String::new(),
            group: None,
            launched_at: since,
            launch_before: None,
            reboots: 0,
            zone: "eu-west-1a".to_owned(),
            root_device: ROOT_DEVICE.to_owned(),
            instance_type: "m5.large".to_owned(),
            traits: BTreeSet::new(),
        }
    }

    /// Whether it is one of those.
    pub fn is(&self, one: Trait) -> bool {
        self.traits.contains(&one)
    }

    /// Its tags as EC2 tells them: with the one that Auto Scaling gives its instances
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html>).
    pub fn all_tags(&self) -> Tags {
        let mut tags = self.tags.clone();
        if let Some(group) = &self.group {
            tags.insert("aws:autoscaling:groupName", group.as_str());
        }
        tags
    }

    /// When it was last started, as EC2 tells it to whoever asks now: perhaps not the last time yet
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    pub fn launch_told(&self, now: Timestamp) -> Timestamp {
        match self.launch_before {
            Some((until, before)) if now < until => before,
            _ => self.launched_at,
        }
    }
}
