use std::collections::{BTreeMap, BTreeSet};

use ports::{InstanceId, InstanceState, SnapshotId, SnapshotState, VolumeId};

use super::incident::{Incident, Incidents, of_key};
use super::{Invariant, Seen, bound};
use crate::cloud::{Cloud, Fact};

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
    /// The opted-in instance that is to have a set because of a fact.
    fn instance(self, fact: &Fact) -> Option<&InstanceId> {
        match (self, fact) {
            (
                Self::Stop,
                Fact::InstanceIs { instance, state: InstanceState::Stopping, opted_in: true, .. },
            )
            | (Self::Reboot, Fact::Rebooted { instance, opted_in: true }) => Some(instance),
            (
                Self::UnexpectedStop,
                Fact::InstanceIs { instance, state: InstanceState::Stopping, opted_in: true, reason },
            ) => (!is_asked_for(reason.as_deref())).then_some(instance),
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

/// Every opted-in instance that stops, or is rebooted, has a completed set that people know of, or they know that it has not.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    after: After,
    incidents: Incidents,
    open: BTreeMap<Incident, Progress>,
    of: BTreeMap<SnapshotId, (Incident, VolumeId)>,
}

/// How far the protection of an instance has come.
#[derive(Clone, Debug, Default)]
struct Progress {
    told: bool,
    begun: BTreeSet<VolumeId>,
    completed: BTreeSet<VolumeId>,
}

impl Progress {
    fn is_done(&self) -> bool {
        self.told && !self.begun.is_empty() && self.begun == self.completed
    }
}

impl Protected {
    /// An instance is to have a set after these. The usual rule is replaced by one about other stops.
    pub fn after(after: After) -> Self {
        Self { after, ..Self::default() }
    }

    fn told(&mut self, key: &str) {
        let Some((instance, at)) = of_key(key) else { return };
        let incident = self.incidents.of(&instance, at);
        if key.ends_with("#failed") {
            self.open.remove(&incident);
        }
        self.advance(&incident, |progress| progress.told = true);
    }

    fn advance(&mut self, incident: &Incident, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = self.open.get_mut(incident) {
            change(progress);
            if progress.is_done() {
                self.open.remove(incident);
            }
        }
    }
}

impl Invariant for Protected {
    fn name(&self) -> &'static str {
        match self.after {
            After::Stop | After::UnexpectedStop => {
                "an opted-in instance that stops has a completed set, or a person is told"
            }
            After::Reboot => "an opted-in instance that is rebooted has a completed set, or a person is told",
        }
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Some(instance) = self.after.instance(seen.fact) {
            if self.incidents.begins(instance, seen.at) {
                self.open.insert((instance.clone(), seen.at), Progress::default());
            }
        } else if let Fact::SnapshotsBegun { instance: Some(instance), snapshots, tags, .. } = seen.fact {
            let incident = self.incidents.of_set(instance, tags, seen.at);
            let of = snapshots.iter().map(|(id, volume)| (id.clone(), (incident.clone(), volume.clone())));
            self.of.extend(of);
            bound(&mut self.of);
            let volumes = snapshots.iter().map(|(_, volume)| volume.clone());
            self.advance(&incident, |progress| progress.begun.extend(volumes));
        } else if let Fact::SnapshotIs { snapshot, state: SnapshotState::Completed } = seen.fact {
            if let Some((incident, volume)) = self.of.remove(snapshot) {
                self.advance(&incident, |progress| progress.completed.extend([volume]));
            }
        } else if let Fact::Published { key, .. } = seen.fact {
            self.told(key);
        } else if let Fact::Exhausted { payload, .. } = seen.fact {
            self.open.retain(|(instance, _), _| !payload.contains(instance.as_str()));
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .map(|((instance, at), progress)| {
                let Progress { told, begun, completed } = progress;
                format!(
                    "{instance} at {at}: {} snapshots begun, {} completed, {}",
                    begun.len(),
                    completed.len(),
                    if told { "told" } else { "nobody told" },
                )
            })
            .collect()
    }
}
