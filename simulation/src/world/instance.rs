use std::collections::BTreeSet;

use cloud_sim::cloud::Cloud;
use cloud_sim::cloud::ec2::{Machine, ROOT_DEVICE, Trait};
use jiff::{SignedDuration, Timestamp};
use ports::{GroupName, InstanceId, InstanceState, StateReason, Tags, time};
use serde::Deserialize;

/// The names that root devices of Linux have
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html>).
const ROOT_DEVICES: [&str; 2] = [ROOT_DEVICE, "/dev/sda1"];

/// How long an instance runs already when nothing is said of its launch.
const UPTIME: SignedDuration = SignedDuration::from_hours(24);

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceSpec {
    /// Its id.
    pub id: InstanceId,
    /// Its state.
    #[serde(default = "stopped")]
    pub state: InstanceState,
    /// Its tags. `aws:autoscaling:groupName` makes it one of that group, as Auto Scaling's own tag says.
    #[serde(default)]
    pub tags: Tags,
    /// EC2's code for why it last changed its state.
    #[serde(default)]
    pub reason: Option<String>,
    /// The device names of its EBS volumes.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Which of them is the root device; without it `/dev/xvda` or `/dev/sda1`, whichever is among them.
    #[serde(default)]
    pub root_device: Option<String>,
    /// What the root device is on.
    #[serde(default)]
    pub root_device_type: RootDeviceType,
    /// When it was last started; without it a day before the present.
    #[serde(default)]
    pub launched_at: Option<Timestamp>,
}

/// What a root device is on, in EC2's words
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/RootDeviceStorage.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootDeviceType {
    /// An EBS volume.
    #[default]
    Ebs,
    /// A disk of the host, of which no snapshot can be taken.
    InstanceStore,
}

fn stopped() -> InstanceState {
    InstanceState::Stopped
}

impl InstanceSpec {
    /// An instance of which nothing but this is said.
    pub fn new(id: InstanceId, state: InstanceState, tags: Tags, volumes: Vec<String>) -> Self {
        let (root_device, root_device_type) = (None, RootDeviceType::Ebs);
        Self { id, state, tags, reason: None, volumes, root_device, root_device_type, launched_at: None }
    }

    /// Puts it into the cloud.
    ///
    /// # Errors
    ///
    /// When nobody can tell which of its volumes is the root.
    pub(super) fn fill(&self, cloud: &mut Cloud, now: Timestamp) -> Result<(), String> {
        let reason = self.reason.clone().map(|code| StateReason { message: code.clone(), code });
        let transition = reason.as_ref().map(|reason| reason.code.clone()).unwrap_or_default();
        let launched_at = self.launched_at.unwrap_or_else(|| time::earlier(now, UPTIME));
        let on_store =
            (self.root_device_type == RootDeviceType::InstanceStore).then_some(Trait::OnInstanceStore);
        let machine = Machine {
            state: self.state,
            reason,
            transition,
            group: self.tags.get("aws:autoscaling:groupName").and_then(|name| GroupName::new(name).ok()),
            root_device: self.root()?.to_owned(),
            traits: BTreeSet::from_iter(on_store),
            ..Machine::running(self.own_tags(), launched_at)
        };
        cloud.ec2.put_instance(self.id.clone(), machine);
        for device in &self.volumes {
            cloud.ec2.add_volume(&self.id, device, 8);
        }
        Ok(())
    }

    /// Its tags but for Auto Scaling's, which the cloud gives the members of a group itself.
    fn own_tags(&self) -> Tags {
        self.tags.iter().filter(|(key, _)| !key.starts_with("aws:")).collect()
    }

    fn root(&self) -> Result<&str, String> {
        if let Some(named) = &self.root_device {
            return Ok(named);
        }
        let mut there = ROOT_DEVICES.into_iter().filter(|name| self.volumes.iter().any(|have| have == name));
        match (there.next(), there.next()) {
            (Some(_), Some(_)) => Err(format!(
                "instance `{}`: `/dev/xvda` or `/dev/sda1` may be its root: say which, as in `\"root_device\": \"/dev/sda1\"`",
                self.id
            )),
            (found, _) => Ok(found.unwrap_or(ROOT_DEVICE)),
        }
    }
}
