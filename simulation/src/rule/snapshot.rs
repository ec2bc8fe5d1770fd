use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{Snapshot, SnapshotId, SnapshotState, VolumeId};
use cloud_sim::cloud::{Cloud, Fact};
use jiff::Timestamp;

use super::incident::{Incident, Incidents, KEY, Kind};
use super::tag::{fellows, is_ours, opted_in};
use super::{After, Invariant, Seen, bound, for_a_person};

/// A set is taken of an opted-in instance only.
#[derive(Clone, Copy, Debug)]
pub struct OptedIn;

impl Invariant for OptedIn {
    fn name(&self) -> &'static str {
        "a set is taken of an opted-in instance only"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::SnapshotsBegun { instance_tags, snapshots, .. } = seen.fact else { return None };
        (!opted_in(instance_tags)).then(|| format!("{snapshots:?}"))
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
        let Fact::SnapshotDeleted { tags, snapshot, .. } = seen.fact else { return None };
        (!is_ours(tags)).then(|| snapshot.to_string())
    }
}

/// The last completed snapshot of a volume is never deleted, unless the volume is gone: asked for that very one, EC2 said so twice,
/// a day or more apart, and never in between that it was there.
#[derive(Clone, Debug, Default)]
pub struct LastOne {
    /// Since when, and when last, EC2 said that there is no such volume.
    denied: BTreeMap<VolumeId, (Timestamp, Timestamp)>,
}

impl Invariant for LastOne {
    fn name(&self) -> &'static str {
        "the last completed snapshot of a volume is never deleted, unless EC2 said twice that the volume is gone"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::VolumeAsked { volume, found: true } = seen.fact {
            self.denied.remove(volume);
        } else if let Fact::VolumeAsked { volume, found: false } = seen.fact {
            self.denied.entry(volume.clone()).or_insert((seen.at, seen.at)).1 = seen.at;
            bound(&mut self.denied);
        }
        let Fact::SnapshotDeleted { snapshot, volume, state, tags, .. } = seen.fact else {
            return None;
        };
        let is_good = |other: &Snapshot| other.state == SnapshotState::Completed;
        if *state != SnapshotState::Completed || fellows(seen, volume, tags).any(is_good) {
            return None;
        }
        let denied_for = self.denied.get(volume).map(|(first, last)| last.duration_since(*first));
        // But for what a clock is off.
        let is_gone = denied_for.is_some_and(|span| 24 * 60 - 1 <= span.as_secs() / 60);
        (!is_gone).then(|| format!("{snapshot} of {volume}"))
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
        let Fact::SnapshotDeleted { age_hours, snapshot, volume, state, tags } = seen.fact else {
            return None;
        };
        let key = tags.get(KEY);
        let is_twin = |other: &Snapshot| other.state != SnapshotState::Error && other.tags.get(KEY) == key;
        let is_surplus =
            *state == SnapshotState::Error || key.is_some() && fellows(seen, volume, tags).any(is_twin);
        (!is_surplus && *age_hours < self.0).then(|| format!("{snapshot}, {age_hours} hours old"))
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

/// What failed is named to people.
fn named((instance, kind, at): &Incident) -> String {
    match kind {
        Kind::End if *at == Timestamp::MIN => format!("{instance}, as its first run ended"),
        Kind::End => format!("{instance}, as its run of {at} ended"),
        Kind::Running => format!("{instance}, running on at {at}"),
    }
}

/// A start that failed gets no set: the disks are as they were.
#[derive(Clone, Debug, Default)]
pub struct Ran(Incidents);

impl Invariant for Ran {
    fn name(&self) -> &'static str {
        "a run that never came up gets no set"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        self.0.see(seen);
        let Fact::SnapshotsBegun { instance: Some(instance), tags, .. } = seen.fact else { return None };
        let incident = self.0.of_set(instance, tags, seen.at);
        let (_, kind, run) = &incident;
        (*kind == Kind::End && !self.0.ran(instance, *run)).then(|| named(&incident))
    }
}

/// An incident is left with one set: of no volume are there two good snapshots of it in the end. EC2's own launches tell which
/// incident a set is of, whatever the one who took it believes.
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
        self.incidents.see(seen);
        if let Fact::SnapshotsBegun { instance: Some(instance), snapshots, tags, .. } = seen.fact {
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
            .map(|((incident, volume), snapshots)| format!("{}: {snapshots:?} of {volume}", named(incident)))
            .collect()
    }
}

/// Every opted-in instance that stops, or is rebooted, has a completed set that people know of, or they know that it has not.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    after: After,
    incidents: Incidents,
    open: BTreeMap<Incident, Progress>,
    /// How far it has come where nothing is due yet: a spot instance has a set before it stops.
    early: BTreeMap<Incident, Progress>,
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
            let incident = self.incidents.of_key(&about, self.after.kind());
            incident.and_then(|incident| self.open.remove(&incident));
        }
        let Some(incident) = self.incidents.of_key(key, self.after.kind()) else { return };
        // It is told that there is no set, or that there was nothing to take.
        if key.ends_with("#failed") || json.contains(r#""snapshots_created":[]"#) {
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
        } else {
            change(self.early.entry(incident.clone()).or_default());
            bound(&mut self.early);
        }
    }

    fn is_due(&mut self, incident: Incident) {
        let progress = self.early.remove(&incident).unwrap_or_default();
        if !progress.is_done() {
            self.open.insert(incident, progress);
        }
    }
}

impl Invariant for Protected {
    fn name(&self) -> &'static str {
        self.after.rule()
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        self.incidents.see(seen);
        if let Some(instance) = self.after.instance(seen.fact) {
            let incident = self.incidents.at(instance, self.after.kind(), seen.at);
            self.is_due(incident);
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
            self.open.retain(|(instance, ..), _| !payload.contains(instance.as_str()));
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .map(|(incident, progress)| {
                let Progress { told, begun, completed } = progress;
                format!(
                    "{}: {} snapshots begun, {} completed, {}",
                    named(&incident),
                    begun.len(),
                    completed.len(),
                    if told { "told" } else { "nobody told" },
                )
            })
            .collect()
    }
}
