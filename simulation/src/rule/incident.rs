use std::collections::{BTreeMap, BTreeSet};

use aws_vocabulary::{InstanceId, InstanceState, Tags, time};
use cloud_sim::cloud::Fact;
use jiff::{SignedDuration, Timestamp};

use super::Seen;

/// The tag that names what a snapshot was made for.
pub(super) const KEY: &str = "caretaker:key";
/// The tag that says what set it off.
const TRIGGER: &str = "TriggerState";
/// What sets a snapshot off and leaves the instance running.
const RUNNING: [&str; 3] = ["health-event", "reboot", "status-check-failed"];

/// What an incident does to the run that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It ends it.
    End,
    /// It leaves it running.
    Running,
}

/// A failure of an instance: its kind, and since when; the end of a run is told by when that run was launched.
pub(super) type Incident = (InstanceId, Kind, Timestamp);

/// When instances were launched and rebooted, by EC2 itself, and so which incident a set belongs to.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents {
    lives: BTreeMap<InstanceId, Life>,
    /// What the keys of sets are about.
    keys: BTreeMap<(InstanceId, Timestamp), Kind>,
}

#[derive(Clone, Debug, Default)]
struct Life {
    /// The launches after the one with which it was put here.
    launches: Vec<Timestamp>,
    /// Those of them from which it came up.
    ran: BTreeSet<Timestamp>,
    /// When incidents began that left it running.
    running: Vec<Timestamp>,
}

impl Life {
    /// How many launches and incidents of an instance are remembered.
    const REMEMBERED: usize = 32;
    /// What leaves an instance running is one incident when it is no further apart.
    const WINDOW: SignedDuration = SignedDuration::from_mins(15);

    /// The run of an instant, by its launch. The first one began before anybody looked.
    fn run(&self, at: Timestamp) -> Timestamp {
        self.launches.iter().copied().filter(|launch| *launch <= at).max().unwrap_or(Timestamp::MIN)
    }

    /// The incident that left it running at an instant: the nearest of the same run, or else a new one.
    fn running(&mut self, at: Timestamp) -> Timestamp {
        let is_its =
            |begun: &Timestamp| time::apart(*begun, at) <= Self::WINDOW && self.run(*begun) == self.run(at);
        let near = self.running.iter().copied().filter(is_its).min_by_key(|begun| time::apart(*begun, at));
        near.unwrap_or_else(|| {
            remember(&mut self.running, at);
            at
        })
    }
}

fn remember(all: &mut Vec<Timestamp>, one: Timestamp) {
    all.push(one);
    let surplus = all.len().saturating_sub(Life::REMEMBERED);
    all.drain(..surplus);
}

impl Incidents {
    /// Sees when instances are launched, and which of them come up.
    pub(super) fn see(&mut self, seen: Seen<'_>) {
        let Fact::InstanceIs { instance, state, .. } = seen.fact else { return };
        let life = self.lives.entry(instance.clone()).or_default();
        if *state == InstanceState::Pending {
            remember(&mut life.launches, seen.at);
        } else if *state == InstanceState::Running {
            life.ran.insert(life.run(seen.at));
            life.ran.retain(|launch| life.launches.contains(launch));
        }
    }

    /// The incident of what happens to an instance at an instant.
    pub(super) fn at(&mut self, instance: &InstanceId, kind: Kind, at: Timestamp) -> Incident {
        let life = self.lives.entry(instance.clone()).or_default();
        let begun = match kind {
            Kind::End => life.run(at),
            Kind::Running => life.running(at),
        };
        (instance.clone(), kind, begun)
    }

    /// The incident of a set: by the time in its key, or else by when it was begun.
    pub(super) fn of_set(&mut self, instance: &InstanceId, tags: &Tags, at: Timestamp) -> Incident {
        let trigger = tags.get(TRIGGER);
        let kind =
            if trigger.is_some_and(|word| RUNNING.contains(&word)) { Kind::Running } else { Kind::End };
        let named = tags.get(KEY).and_then(of_key);
        let at = named.as_ref().map_or(at, |(_, at)| *at);
        self.keys.extend(named.map(|named| (named, kind)));
        super::bound(&mut self.keys);
        self.at(instance, kind, at)
    }

    /// The incident that a key is about: of the kind of its set, or else of that kind.
    pub(super) fn of_key(&mut self, key: &str, or: Kind) -> Option<Incident> {
        let (instance, at) = of_key(key)?;
        let kind = self.keys.get(&(instance.clone(), at)).copied().unwrap_or(or);
        Some(self.at(&instance, kind, at))
    }

    /// Whether the run of an instant came up at all.
    pub(super) fn ran(&self, instance: &InstanceId, run: Timestamp) -> bool {
        self.lives.get(instance).is_none_or(|life| !life.launches.contains(&run) || life.ran.contains(&run))
    }
}

/// The instance and the time that a key names: `snap#<instance>#<time>`.
fn of_key(key: &str) -> Option<(InstanceId, Timestamp)> {
    let mut parts = key.split('#');
    let (kind, instance, at) = (parts.next()?, parts.next()?, parts.next()?);
    if kind == "snap" { Some((instance.parse().ok()?, at.parse().ok()?)) } else { None }
}
