//! What must never happen, and how often the rest did: watched while it happens, in memory that does not grow with
//! time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use ports::{Capacity, GroupName, InstanceId, InstanceState, time};
use serde::Serialize;

use crate::cloud::Fact;
use crate::cloud::snapshot::is_ours;
use crate::kernel::Actor;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// When.
    pub at: Timestamp,
    /// The rule that was broken, as a sentence.
    pub invariant: &'static str,
    /// How.
    pub detail: String,
}

/// How often each kind of thing happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Instances that began to stop.
    pub stops: u64,
    /// Sets of snapshots, or single snapshots, that were begun.
    pub sets: u64,
    /// Snapshots that were begun.
    pub snapshots: u64,
    /// Snapshots that were deleted.
    pub deletions: u64,
    /// Objects that were put into the archive.
    pub objects: u64,
    /// Changes of a group's capacity by a function.
    pub scale_outs: u64,
    /// Transitions of alarms into `ALARM`.
    pub alarms: u64,
    /// Notices that were published.
    pub notices: u64,
    /// Attempts to run a function that ended well.
    pub invocations: u64,
    /// Attempts that ended in an error.
    pub failures: u64,
    /// Requests that were given up.
    pub exhausted: u64,
}

/// The names of what is watched for.
pub const INVARIANTS: [&str; 10] =
    [OPTED_IN, ONE_SET, TAGGED, OURS, LAST_ONE, WITHIN_MAX, ONE_STEP, ONE_NOTICE, PROTECTED, REPORTED];

const OPTED_IN: &str = "a set is taken of an opted-in instance only";
const ONE_SET: &str = "an incident has at most one set";
const TAGGED: &str = "a snapshot carries our tags from its first moment";
const OURS: &str = "what is not ours is never deleted";
const LAST_ONE: &str = "the last completed snapshot of a volume is never deleted";
const WITHIN_MAX: &str = "a group is never asked for more than its maximum";
const ONE_STEP: &str = "a group is never lowered, nor raised by more than one step at a time";
const ONE_NOTICE: &str = "a notice is published once";
const PROTECTED: &str = "an opted-in instance that stops gets its snapshots";
const REPORTED: &str = "every night is reported";

/// The rule that the nights are scheduled by.
pub const NIGHT: &str = "nightly";

/// Sees everything that happens and remembers what must not.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    counts: Counts,
    violations: Vec<Violation>,
    keys: BTreeMap<String, BTreeSet<String>>,
    told: BTreeSet<String>,
    stopped: BTreeMap<InstanceId, Timestamp>,
    nights: BTreeSet<Date>,
    /// The largest step a group may be raised by at once.
    pub step: Option<u32>,
}

/// How many incidents and notices are remembered to find a second one.
const REMEMBERED: usize = 10_000;

impl Watch {
    /// How often what happened.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What must not have been.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn see(&mut self, at: Timestamp, actor: Actor, fact: &Fact) {
        self.count(actor, fact);
        match fact {
            Fact::InstanceIs { instance, state: InstanceState::Stopping, opted_in: true, .. } => {
                self.stopped.insert(instance.clone(), at);
            }
            Fact::Due { rule } if rule == NIGHT => {
                self.nights.insert(time::day(at));
            }
            Fact::Published { key, .. } => self.published(at, key),
            Fact::SnapshotsBegun { opted_in, tags, snapshots, instance } => {
                if let Some(instance) = instance {
                    self.stopped.remove(instance);
                }
                let what = || format!("{snapshots:?}");
                self.check(at, OPTED_IN, *opted_in, what);
                self.check(at, TAGGED, is_ours(tags), what);
                if let Some(key) = tags.get("caretaker:key") {
                    self.one_set(at, key, snapshots.iter().map(|(_, volume)| volume.to_string()).collect());
                }
            }
            Fact::SnapshotDeleted { snapshot, ours, last, volume, .. } => {
                self.check(at, OURS, *ours, || snapshot.to_string());
                self.check(at, LAST_ONE, !*last, || format!("{snapshot} of {volume}"));
            }
            Fact::DesiredSet { group, from, to, max } if matches!(actor, Actor::Invocation(_)) => {
                self.scaled(at, group, *from, (*to, *max));
            }
            Fact::InstanceIs { .. }
            | Fact::SnapshotIs { .. }
            | Fact::DesiredSet { .. }
            | Fact::AlarmIs { .. }
            | Fact::ObjectCreated { .. }
            | Fact::Due { .. }
            | Fact::Invoked { .. }
            | Fact::Ended { .. }
            | Fact::Exhausted { .. } => {}
        }
    }

    /// Looks, when everything has come to rest, for what should have happened and did not.
    pub fn at_rest(&mut self, at: Timestamp) {
        for (instance, stopped) in std::mem::take(&mut self.stopped) {
            self.check(at, PROTECTED, false, || format!("{instance} stopped at {stopped}"));
        }
        for night in std::mem::take(&mut self.nights) {
            self.check(at, REPORTED, false, || night.to_string());
        }
    }

    fn published(&mut self, at: Timestamp, key: &str) {
        let is_new = self.told.insert(key.to_owned());
        self.check(at, ONE_NOTICE, is_new, || key.to_owned());
        if let Some(Ok(night)) = key.strip_prefix("night#report#").and_then(|k| k.get(..10)).map(str::parse) {
            self.nights.remove(&night);
        }
        while REMEMBERED < self.told.len() {
            self.told.pop_first();
        }
    }

    fn one_set(&mut self, at: Timestamp, key: &str, volumes: BTreeSet<String>) {
        let known = self.keys.entry(key.to_owned()).or_default();
        let twice: Vec<String> = volumes.intersection(known).cloned().collect();
        known.extend(volumes);
        self.check(at, ONE_SET, twice.is_empty(), || format!("{key}: {twice:?} twice"));
        while REMEMBERED < self.keys.len() {
            self.keys.pop_first();
        }
    }

    fn scaled(&mut self, at: Timestamp, group: &GroupName, from: Capacity, (to, max): (Capacity, Capacity)) {
        let what = || format!("`{group}` from {from} to {to}, at most {max}");
        self.check(at, WITHIN_MAX, to <= max, what);
        let most = self.step.map_or(u32::MAX, |step| from.0.saturating_add(step));
        self.check(at, ONE_STEP, from <= to && to.0 <= most, what);
    }

    fn check(&mut self, at: Timestamp, invariant: &'static str, holds: bool, detail: impl Fn() -> String) {
        if !holds {
            self.violations.push(Violation { at, invariant, detail: detail() });
        }
    }

    fn count(&mut self, actor: Actor, fact: &Fact) {
        let counts = &mut self.counts;
        match fact {
            Fact::InstanceIs { state: InstanceState::Stopping, .. } => counts.stops += 1,
            Fact::SnapshotsBegun { snapshots, .. } => {
                counts.sets += 1;
                counts.snapshots += u64::try_from(snapshots.len()).unwrap_or(u64::MAX);
            }
            Fact::SnapshotDeleted { .. } => counts.deletions += 1,
            Fact::ObjectCreated { .. } => counts.objects += 1,
            Fact::DesiredSet { .. } if matches!(actor, Actor::Invocation(_)) => counts.scale_outs += 1,
            Fact::AlarmIs { state: ports::trigger::AlarmState::Alarm, .. } => counts.alarms += 1,
            Fact::Published { .. } => counts.notices += 1,
            Fact::Ended { error: None, .. } => counts.invocations += 1,
            Fact::Ended { error: Some(_), .. } => counts.failures += 1,
            Fact::Exhausted { .. } => counts.exhausted += 1,
            Fact::InstanceIs { .. }
            | Fact::SnapshotIs { .. }
            | Fact::DesiredSet { .. }
            | Fact::AlarmIs { .. }
            | Fact::Due { .. }
            | Fact::Invoked { .. } => {}
        }
    }
}
