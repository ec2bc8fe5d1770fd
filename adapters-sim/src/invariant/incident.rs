use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ports::{InstanceId, Tags, time};

/// The tag that names what a snapshot was made for.
const KEY: &str = "caretaker:key";

/// A failure of an instance, by the time it began.
pub(super) type Incident = (InstanceId, Timestamp);

/// Which stops there were, and so which incident a set belongs to.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents(BTreeMap<InstanceId, Vec<Timestamp>>);

impl Incidents {
    /// Stops that follow one another so soon are one incident.
    const WINDOW: SignedDuration = SignedDuration::from_mins(15);
    /// How many stops of an instance are remembered.
    const REMEMBERED: usize = 32;

    /// Whether a stop begins an incident of its own.
    pub(super) fn begins(&mut self, instance: &InstanceId, at: Timestamp) -> bool {
        let known = self.0.entry(instance.clone()).or_default();
        if known.last().is_some_and(|last| time::apart(*last, at) <= Self::WINDOW) {
            return false;
        }
        known.push(at);
        let surplus = known.len().saturating_sub(Self::REMEMBERED);
        known.drain(..surplus);
        true
    }

    /// The incident of an instant: the latest that had begun by then, to the second that events have.
    pub(super) fn of(&self, instance: &InstanceId, at: Timestamp) -> Incident {
        let by_then = |begun: &&Timestamp| time::earlier(**begun, SignedDuration::from_secs(1)) <= at;
        let known = self.0.get(instance).map(Vec::as_slice).unwrap_or_default();
        (instance.clone(), known.iter().rev().find(by_then).copied().unwrap_or(at))
    }

    /// The incident of a set: by the time in its key, or else by when it was begun.
    pub(super) fn of_set(&self, instance: &InstanceId, tags: &Tags, at: Timestamp) -> Incident {
        let named = tags.get(KEY).and_then(of_key).map(|(_, at)| at);
        self.of(instance, named.unwrap_or(at))
    }
}

/// The instance and the time that a key names: `snap#<instance>#<time>`.
pub(super) fn of_key(key: &str) -> Option<(InstanceId, Timestamp)> {
    let mut parts = key.split('#');
    let (kind, instance, at) = (parts.next()?, parts.next()?, parts.next()?);
    if kind == "snap" { Some((instance.parse().ok()?, at.parse().ok()?)) } else { None }
}
