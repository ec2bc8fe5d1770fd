//! What must never be, what must have come to be, and how often the rest was: watched while it happens, in memory that
//! does not grow with time.
//!
//! An [`Invariant`] sees every fact, and the cloud once everything has come to rest. Caretaker's own are the
//! [`standard`] ones; a scenario can expect [more](crate::Scenario::expects), or only [its
//! own](crate::Scenario::own_rules_only).

mod after;
mod apart;
mod counts;
mod function;
mod incident;
mod ledger;
mod night;
mod notice;
mod outlived;
mod overdue;
mod scaling;
mod snapshot;
mod sometimes;

pub use after::{After, Unexpected};
pub use apart::{Apart, Stacks, Within};
pub use counts::Counts;
pub use function::{Answered, GivenUpIsTold, NoPanic};
pub use ledger::NothingOpen;
pub use night::{Archived, InTime, NIGHT, NoFalseAlarm, Over, Reported};
pub use notice::{LegalNotice, OneNotice};
pub use outlived::Outlived;
pub use overdue::Overdue;
pub use scaling::{Claimed, NeverLowered, OneRaise, StepAtMost, WithinMax};
pub use snapshot::{LastOne, OldEnough, OneSet, OptedIn, Ours, Protected, Ran, Surplus, Tagged};
pub use sometimes::Sometimes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::{Cloud, Fact};
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

/// A fact as those who watch see it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// When.
    pub at: Timestamp,
    /// Who made it so.
    pub actor: Actor,
    /// What.
    pub fact: &'a Fact,
}

/// A rule that holds in every run.
///
/// # Examples
///
/// ```
/// use adapters_sim::Sim;
/// use adapters_sim::cloud::Fact;
/// use adapters_sim::invariant::{Invariant, Seen};
///
/// /// At most three snapshots are ever begun.
/// struct AtMostThree(usize);
///
/// impl Invariant for AtMostThree {
///     fn name(&self) -> &'static str {
///         "at most three snapshots are begun"
///     }
///
///     fn see(&mut self, seen: Seen<'_>) -> Option<String> {
///         if let Fact::SnapshotsBegun { snapshots, .. } = seen.fact {
///             self.0 += snapshots.len();
///         }
///         (3 < self.0).then(|| format!("{} were", self.0))
///     }
/// }
///
/// let sim = Sim::new("2026-11-23T00:00:00Z".parse().unwrap(), 1);
/// sim.expect(AtMostThree(0));
/// assert!(sim.at_rest().is_empty());
/// ```
pub trait Invariant: Send {
    /// The rule, as a sentence.
    fn name(&self) -> &'static str;

    /// Sees a fact; tells how it breaks the rule, if it does.
    fn see(&mut self, seen: Seen<'_>) -> Option<String>;

    /// Looks at the cloud once everything has come to rest; tells how the rule is broken.
    fn at_rest(&mut self, _cloud: &Cloud) -> Vec<String> {
        Vec::new()
    }
}

impl Invariant for Box<dyn Invariant> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        (**self).see(seen)
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        (**self).at_rest(cloud)
    }
}

/// The rules that hold whatever the settings: those of safety first, then those of what must come to be.
pub fn standard() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(OptedIn),
        Box::new(OneSet::default()),
        Box::new(Ran::default()),
        Box::new(Tagged),
        Box::new(Ours),
        Box::new(Surplus::default()),
        Box::new(LastOne::default()),
        Box::new(WithinMax),
        Box::new(NeverLowered),
        Box::new(OneRaise::default()),
        Box::new(LegalNotice),
        Box::new(OneNotice::default()),
        Box::new(Over),
        Box::new(NoPanic),
        Box::new(GivenUpIsTold),
        Box::new(Protected::default()),
        Box::new(Reported::default()),
    ]
}

/// Sees everything that happens, counts it, and remembers what must not have been.
pub struct Watch {
    counts: Counts,
    met: BTreeSet<Sometimes>,
    invariants: Vec<Box<dyn Invariant>>,
    violations: Vec<Violation>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            counts: Counts::default(),
            met: BTreeSet::new(),
            invariants: standard(),
            violations: Vec::new(),
        }
    }
}

impl Watch {
    /// How often what happened.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What must not have been.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The situations that came up.
    pub fn sometimes(&self) -> &BTreeSet<Sometimes> {
        &self.met
    }

    /// The rules that are watched, as sentences.
    pub fn rules(&self) -> Vec<&'static str> {
        self.invariants.iter().map(Invariant::name).collect()
    }

    /// Watches for one more rule, or for a rule of another kind under the same name.
    pub(crate) fn expect(&mut self, invariant: Box<dyn Invariant>) {
        self.invariants.retain(|other| other.name() != invariant.name());
        self.invariants.push(invariant);
    }

    /// Watches for one more rule, also where there is one of the same name: another stack's.
    pub(crate) fn expect_also(&mut self, invariant: Box<dyn Invariant>) {
        self.invariants.push(invariant);
    }

    pub(crate) fn own_rules_only(&mut self) {
        self.invariants.clear();
    }

    pub(crate) fn met(&mut self, what: Sometimes) {
        self.met.insert(what);
    }

    pub(crate) fn see(&mut self, seen: Seen<'_>) {
        self.counts.count(seen.actor, seen.fact);
        for invariant in &mut self.invariants {
            if let Some(detail) = invariant.see(seen) {
                self.violations.push(Violation { at: seen.at, invariant: invariant.name(), detail });
            }
        }
    }

    pub(crate) fn at_rest(&mut self, at: Timestamp, cloud: &Cloud) {
        for invariant in &mut self.invariants {
            let found = invariant.at_rest(cloud);
            let broken = |detail| Violation { at, invariant: invariant.name(), detail };
            self.violations.extend(found.into_iter().map(broken));
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("counts", &self.counts)
            .field("violations", &self.violations)
            .finish_non_exhaustive()
    }
}

/// What a person is told to mend, by the keys that it is about: the findings in a notice of the reconciler.
fn for_a_person(key: &str, json: &str) -> Vec<String> {
    if !key.starts_with("reconcile#") {
        return Vec::new();
    }
    let notice: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let findings = notice.get("found").and_then(|found| found.as_array()).cloned().unwrap_or_default();
    findings.iter().filter_map(|finding| finding.get("about")?.as_str().map(str::to_owned)).collect()
}

/// How much is remembered of what is known by number or time: the oldest goes, so that memory stays flat.
const REMEMBERED: usize = 10_000;

fn bound<K: Ord, V>(remembered: &mut BTreeMap<K, V>) {
    while REMEMBERED < remembered.len() {
        remembered.pop_first();
    }
}

fn bound_set<K: Ord>(remembered: &mut BTreeSet<K>) {
    while REMEMBERED < remembered.len() {
        remembered.pop_first();
    }
}
