use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ports::{InstanceId, InstanceState, SnapshotId, SnapshotState, Tags, VolumeId, time};

use super::{After, Invariant, Seen, bound, for_a_person};
use crate::cloud::snapshot::is_ours;
use crate::cloud::{Cloud, Fact};

/// The tag that names what a snapshot was made for.
const KEY: &str = "caretaker:key";

/// A set is taken of an opted-in instance only.
#[derive(Clone, Copy, Debug)]
pub struct OptedIn;

impl Invariant for OptedIn {
    fn name(&self) -> &'static str {
        "a set is taken of an opted-in instance only"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotsBegun { opted_in: false, snapshots, .. } = seen.fact else { return None };
        Some(format!("{snapshots:?}"))
    }
}

/// A snapshot carries our tags from its first moment.
#[derive(Clone, Copy, Debug)]
pub struct Tagged;

impl Invariant for Tagged {
    fn name(&self) -> &'static str {
        "a snapshot carries our tags from its first moment"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotsBegun { tags, snapshots, .. } = seen.fact else { return None };
        (!is_ours(tags)).then(|| format!("{snapshots:?}"))
    }
}

/// What is not ours is never deleted.
#[derive(Clone, Copy, Debug)]
pub struct Ours;

impl Invariant for Ours {
    fn name(&self) -> &'static str {
        "what is not ours is never deleted"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { ours: false, snapshot, .. } = seen.fact else { return None };
        Some(snapshot.to_string())
    }
}

/// The last completed snapshot of a volume is never deleted.
#[derive(Clone, Copy, Debug)]
pub struct LastOne;

impl Invariant for LastOne {
    fn name(&self) -> &'static str {
        "the last completed snapshot of a volume is never deleted"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { last: true, snapshot, volume, .. } = seen.fact else { return None };
        Some(format!("{snapshot} of {volume}"))
    }
}

/// A snapshot is not deleted before it is so old, unless there is another of the same moment.
#[derive(Clone, Copy, Debug)]
pub struct OldEnough(
    /// How old, in whole hours.
    pub i64,
);

impl Invariant for OldEnough {
    fn name(&self) -> &'static str {
        "a snapshot is not deleted before its time"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotDeleted { age_hours, surplus: false, snapshot, .. } = seen.fact else {
            return None;
        };
        (*age_hours < self.0).then(|| format!("{snapshot}, {age_hours} hours old"))
    }
}

/// What is removed within a day of its beginning had failed, or is a second one: another was begun of the same volume
/// for the same incident, and is still there.
#[derive(Clone, Debug, Default)]
pub struct Surplus {
    /// The key and the volume of what was begun; `None` once it failed.
    begun: BTreeMap<SnapshotId, Option<(String, VolumeId)>>,
}

impl Invariant for Surplus {
    fn name(&self) -> &'static str {
        "nothing young is removed but a second snapshot of one volume and one incident"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::SnapshotsBegun { snapshots, tags, .. } = seen.fact {
            let key = tags.get(KEY).unwrap_or_default();
            let of =
                |(id, volume): &(SnapshotId, VolumeId)| (id.clone(), Some((key.to_owned(), volume.clone())));
            self.begun.extend(snapshots.iter().map(of));
            bound(&mut self.begun);
        } else if let Fact::SnapshotIs { snapshot, state: SnapshotState::Error } = seen.fact {
            self.begun.entry(snapshot.clone()).and_modify(|of| *of = None);
        }
        let Fact::SnapshotDeleted { snapshot, age_hours, .. } = seen.fact else { return None };
        let gone = self.begun.remove(snapshot);
        let is_failed = gone == Some(None);
        let has_twin = gone.flatten().is_some_and(|of| self.begun.values().flatten().any(|it| *it == of));
        let is_young = *age_hours < 24;
        (is_young && !is_failed && !has_twin).then(|| format!("{snapshot}, {age_hours} hours old"))
    }
}

/// A failure of an instance, by the time it began.
type Incident = (InstanceId, Timestamp);

/// Which stops there were, and so which incident a set belongs to.
#[derive(Clone, Debug, Default)]
struct Incidents(BTreeMap<InstanceId, Vec<Timestamp>>);

impl Incidents {
    /// Stops that follow one another so soon are one incident.
    const WINDOW: SignedDuration = SignedDuration::from_mins(15);
    /// How many stops of an instance are remembered.
    const REMEMBERED: usize = 32;

    /// Whether a stop begins an incident of its own.
    fn begins(&mut self, instance: &InstanceId, at: Timestamp) -> bool {
        let known = self.0.entry(instance.clone()).or_default();
        if known.last().is_some_and(|last| time::apart(*last, at) <= Self::WINDOW) {
            return false;
        }
        known.push(at);
        let surplus = known.len().saturating_sub(Self::REMEMBERED);
        known.drain(..surplus);
        true
    }

    /// The incident of an instant: the nearest, or else the latest that had begun by then. Clocks differ, so an instant
    /// may be a little earlier than what it is about.
    fn of(&self, instance: &InstanceId, at: Timestamp) -> Incident {
        let known = self.0.get(instance).map(Vec::as_slice).unwrap_or_default();
        let near = known.iter().filter(|begun| time::apart(**begun, at) <= Self::WINDOW);
        let nearest = near.min_by_key(|begun| time::apart(**begun, at));
        let latest = || known.iter().rev().find(|begun| **begun <= at);
        (instance.clone(), nearest.or_else(latest).copied().unwrap_or(at))
    }

    /// The incident of a set: by the time in its key, or else by when it was begun.
    fn of_set(&self, instance: &InstanceId, tags: &Tags, at: Timestamp) -> Incident {
        let named = tags.get(KEY).and_then(of_key).map(|(_, at)| at);
        self.of(instance, named.unwrap_or(at))
    }
}

/// The instance and the time that a key names: `snap#<instance>#<time>`.
fn of_key(key: &str) -> Option<(InstanceId, Timestamp)> {
    let mut parts = key.split('#');
    let (kind, instance, at) = (parts.next()?, parts.next()?, parts.next()?);
    if kind == "snap" { Some((instance.parse().ok()?, at.parse().ok()?)) } else { None }
}

/// An incident is left with one set: of no volume are there two good snapshots of it in the end.
#[derive(Clone, Debug, Default)]
pub struct OneSet {
    incidents: Incidents,
    live: BTreeMap<SnapshotId, (Incident, VolumeId)>,
}

impl Invariant for OneSet {
    fn name(&self) -> &'static str {
        "an incident is left with one set at most"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::InstanceIs { instance, state: InstanceState::Stopping, .. } = seen.fact {
            self.incidents.begins(instance, seen.at);
        } else if let Fact::SnapshotsBegun { instance: Some(instance), snapshots, tags, .. } = seen.fact {
            let incident = self.incidents.of_set(instance, tags, seen.at);
            let live = snapshots.iter().map(|(id, volume)| (id.clone(), (incident.clone(), volume.clone())));
            self.live.extend(live);
            bound(&mut self.live);
        } else if let Fact::SnapshotDeleted { snapshot, .. }
        | Fact::SnapshotIs { snapshot, state: SnapshotState::Error } = seen.fact
        {
            self.live.remove(snapshot);
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        let mut of: BTreeMap<&(Incident, VolumeId), Vec<&SnapshotId>> = BTreeMap::new();
        for (snapshot, incident) in &self.live {
            of.entry(incident).or_default().push(snapshot);
        }
        let twice = of.into_iter().filter(|(_, snapshots)| 1 < snapshots.len());
        twice
            .map(|(((instance, at), volume), snapshots)| {
                format!("{instance}, which stopped at {at}: {snapshots:?} of {volume}")
            })
            .collect()
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

    /// A notice about an incident, or one that gives it to a person.
    fn told(&mut self, key: &str, json: &str) {
        for about in for_a_person(key, json) {
            let incident = of_key(&about).map(|(instance, at)| self.incidents.of(&instance, at));
            incident.and_then(|incident| self.open.remove(&incident));
        }
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
        self.after.rule()
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
        } else if let Fact::Published { key, json, .. } = seen.fact {
            self.told(key, json);
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
                    "{instance}, which stopped at {at}: {} snapshots begun, {} completed, {}",
                    begun.len(),
                    completed.len(),
                    if told { "told" } else { "nobody told" },
                )
            })
            .collect()
    }
}
