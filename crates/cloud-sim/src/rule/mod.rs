//! What must never be, what must have come to be, and how often the rest was: watched while it happens, in memory that
//! does not grow with time.
//!
//! An [`Invariant`] sees every fact, and the cloud once everything has come to rest. Nothing is watched for unless
//! it is asked for: [`generic`] are the rules that fit every workflow, and a scenario can expect
//! [more](crate::Scenario::expects).

mod counts;
mod function;
mod notice;
mod sometimes;

pub use counts::Counts;
pub use function::{GivenUpIsTold, NoPanic};
pub use notice::LegalNotice;
pub use sometimes::Sometimes;

use std::collections::BTreeSet;
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
    /// The cloud once whatever made it so was done.
    pub cloud: &'a Cloud,
}

/// A rule that holds in every run.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::Sim;
/// use caretaker_cloud_sim::cloud::Fact;
/// use caretaker_cloud_sim::rule::{Invariant, Seen};
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

/// Rules to watch for, in their order.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::rule::{LegalNotice, generic};
///
/// let rules = generic().without("a function never panics").with(LegalNotice);
/// assert!(!rules.names().contains(&"a function never panics"));
/// assert_eq!(rules.names().iter().filter(|name| name.contains("refused for its form")).count(), 1);
/// ```
#[derive(Default)]
pub struct Rules(Vec<Box<dyn Invariant>>);

impl Rules {
    /// The same rules and one more, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, rule: impl Invariant + 'static) -> Self {
        self.put(Box::new(rule));
        self
    }

    /// Adds a rule, in place of one of the same name.
    fn put(&mut self, rule: Box<dyn Invariant>) {
        self.0.retain(|other| other.name() != rule.name());
        self.0.push(rule);
    }

    /// The same rules without the one of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|rule| rule.name() != name);
        self
    }

    /// The rules, as sentences.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(Invariant::name).collect()
    }
}

impl IntoIterator for Rules {
    type Item = Box<dyn Invariant>;
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Box<dyn Invariant>> for Rules {
    fn extend<I: IntoIterator<Item = Box<dyn Invariant>>>(&mut self, rules: I) {
        rules.into_iter().for_each(|rule| self.put(rule));
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The rules that fit every workflow: no function panics, no notice is refused for its form, and no request is given up
/// without a word.
pub fn generic() -> Rules {
    Rules::default().with(LegalNotice).with(NoPanic).with(GivenUpIsTold)
}

/// Sees everything that happens, counts it, and remembers what must not have been.
#[derive(Default)]
pub struct Watch {
    counts: Counts,
    met: BTreeSet<Sometimes>,
    rules: Rules,
    violations: Vec<Violation>,
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
        self.rules.names()
    }

    /// Watches for one more rule, or for a rule of another kind under the same name.
    pub(crate) fn expect(&mut self, invariant: Box<dyn Invariant>) {
        self.rules.put(invariant);
    }

    pub(crate) fn forget_rules(&mut self) {
        self.rules.0.clear();
    }

    /// Watches for more rules, also where there are some of the same names.
    pub(crate) fn watch_for(&mut self, rules: Rules) {
        self.rules.0.extend(rules);
    }

    pub(crate) fn met(&mut self, what: Sometimes) {
        self.met.insert(what);
    }

    pub(crate) fn see(&mut self, seen: Seen<'_>) {
        self.counts.count(seen.actor, seen.fact);
        for invariant in &mut self.rules.0 {
            if let Some(detail) = invariant.see(seen) {
                self.violations.push(Violation { at: seen.at, invariant: invariant.name(), detail });
            }
        }
    }

    pub(crate) fn at_rest(&mut self, at: Timestamp, cloud: &Cloud) {
        for invariant in &mut self.rules.0 {
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
