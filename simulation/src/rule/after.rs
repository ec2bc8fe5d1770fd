use std::collections::BTreeSet;

use aws_vocabulary::{InstanceId, InstanceState};
use cloud_sim::cloud::Fact;

use super::incident::Kind;
use super::tag::opted_in;
use super::{Invariant, Seen};

/// After what an instance is to have a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Every stop.
    #[default]
    Stop,
    /// Every stop that nobody asked for.
    UnexpectedStop,
    /// Every reboot.
    Reboot,
}

impl After {
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Stop | Self::UnexpectedStop => {
                "an opted-in instance that stops has a completed set, or a person is told"
            }
            Self::Reboot => "an opted-in instance that is rebooted has a completed set, or a person is told",
        }
    }

    /// What that does to the run of the instance.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Stop | Self::UnexpectedStop => Kind::End,
            Self::Reboot => Kind::Running,
        }
    }

    /// The opted-in instance that is to have a set because of a fact.
    pub(super) fn instance(self, fact: &Fact) -> Option<&InstanceId> {
        match (self, fact) {
            (Self::Stop, Fact::InstanceIs { instance, state: InstanceState::Stopping, tags, .. })
            | (Self::Reboot, Fact::Rebooted { instance, tags }) => opted_in(tags).then_some(instance),
            (
                Self::UnexpectedStop,
                Fact::InstanceIs { instance, state: InstanceState::Stopping, tags, reason },
            ) => (opted_in(tags) && !is_asked_for(reason.as_deref())).then_some(instance),
            _ => None,
        }
    }
}

/// Whether EC2's code for a stop says that somebody asked for it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html>).
fn is_asked_for(reason: Option<&str>) -> bool {
    reason.is_some_and(|code| code.starts_with("Client.UserInitiated"))
}

/// A stop that somebody asked for gets no set, where only those that nobody asked for are to have one.
#[derive(Clone, Debug, Default)]
pub struct Unexpected {
    asked_for: BTreeSet<InstanceId>,
}

impl Invariant for Unexpected {
    fn name(&self) -> &'static str {
        "a stop that somebody asked for gets no set"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::InstanceIs { instance, state: InstanceState::Stopping, reason, .. } = seen.fact {
            self.asked_for.remove(instance);
            self.asked_for.extend(is_asked_for(reason.as_deref()).then(|| instance.clone()));
        }
        let Fact::SnapshotsBegun { instance: Some(instance), snapshots, .. } = seen.fact else { return None };
        self.asked_for.contains(instance).then(|| format!("{instance}: {snapshots:?}"))
    }
}
