use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ports::{SnapshotId, SnapshotState, time};
use serde::{Deserialize, Serialize};

use super::due::Due;
use super::known::Known;
use super::{PlanHash, Reading, Retention, RetentionPlan, Ruling};

/// How long EC2 may take to list a new snapshot, and more.
const LAG: SignedDuration = SignedDuration::from_mins(15);
/// How long a snapshot that is not completed yet is waited for, before the others are counted all the same.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// A plan that was let pass, in short: what the next one is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The policy that was accepted. A plan by one that keeps less in some way is no acceptance of that, even if it lets
    /// nothing go yet.
    pub policy: Retention,
    /// The instant that it is counted for: nothing of ours that had begun by then was still being copied.
    pub at: Timestamp,
    /// How many of ours had begun by then, and stayed.
    pub ours: u64,
    /// How many of those the plan lets go.
    pub left: u64,
    /// Which these are, as far as there is room for.
    #[serde(default)]
    pub known: Known,
}

/// A plan that a person has to accept before anything of it is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its hash, by which it is accepted.
    pub hash: PlanHash,
    /// What accepting it comes to.
    pub baseline: Baseline,
    /// Why it is asked, in words.
    pub why: Vec<String>,
}

/// What the ledger remembers from night to night.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The last plan that was let pass.
    #[serde(default)]
    pub accepted: Option<Baseline>,
    /// The plan that people are asked about.
    #[serde(default)]
    pub asked: Option<Asked>,
}

impl History {
    /// How many digits of a hash are enough to name a plan.
    pub const DIGITS: usize = 12;

    /// The history once a person has accepted the plan whose hash begins so; `None` when that is not the one they are
    /// asked about.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::History;
    ///
    /// assert_eq!(History::default().accepting("3f9ac2d1e0b7"), None);
    /// ```
    pub fn accepting(&self, hash: &str) -> Option<Self> {
        let asked = self.asked.as_ref().filter(|asked| asked.hash.begins_with(hash))?;
        Some(Self { accepted: Some(asked.baseline.clone()), asked: None })
    }
}

impl Asked {
    /// Whether it is still this that a plan comes to: nothing would go that did not stand to go then, but by time.
    pub fn is_about(&self, plan: &RetentionPlan, reading: &Reading) -> bool {
        let due = reading.due(self.baseline.at);
        self.baseline.policy == plan.policy
            && self.baseline.unexplained(&due, reading) == 0
            && matches!(plan.judge(reading, Some(&self.baseline)), Ruling::Go { .. })
    }
}

impl Baseline {
    fn new(policy: &Retention, due: &Due, reading: &Reading) -> Self {
        let known = Known::of(due, reading);
        Self { policy: policy.clone(), at: due.at, ours: due.ours, left: due.count(), known }
    }

    /// How many are let go of those that had begun by then, beside what was left of them.
    pub(super) fn unexplained(&self, due: &Due, reading: &Reading) -> u64 {
        let unnamed = self.left.saturating_sub(self.known.count());
        self.known.others(due, reading).saturating_sub(unnamed)
    }
}

/// A plan on its way: what it comes to, before and after something of it was removed.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    policy: &'a Retention,
    reading: &'a Reading,
    due: Due,
}

impl<'a> Passage<'a> {
    /// Counts what a plan comes to, once it is accepted.
    pub fn new(plan: &'a RetentionPlan, reading: &'a Reading) -> Self {
        Self { policy: &plan.policy, reading, due: reading.due(settled(reading, plan.now)) }
    }

    /// The same for a plan that nobody was asked about: the accepted policy stays so, unless this one keeps all that it keeps.
    #[must_use]
    pub fn unasked(self, accepted: Option<&'a Baseline>) -> Self {
        match accepted.map(|baseline| &baseline.policy) {
            Some(policy) if !self.policy.covers(policy) => Self { policy, ..self },
            _ => self,
        }
    }

    /// What the next plan is compared with if nobody tells what became of this one: nothing that this one may do looks
    /// like a change.
    pub fn before(&self, removing: usize) -> Baseline {
        let baseline = Baseline::new(self.policy, &self.due, self.reading);
        let removing = u64::try_from(removing).unwrap_or(u64::MAX);
        Baseline { ours: baseline.ours.saturating_sub(removing), ..baseline }
    }

    /// What the next plan is compared with, once these are gone.
    pub fn after(&self, gone: &BTreeSet<SnapshotId>) -> Baseline {
        Baseline::new(self.policy, &self.due.without(gone, self.reading), self.reading)
    }
}

/// The last instant of which everything is known: what had begun by then is listed, and is completed or has failed.
fn settled(reading: &Reading, now: Timestamp) -> Timestamp {
    let since = time::earlier(now, PATIENCE);
    let is_young = |at: &Timestamp| since <= *at;
    let pending = reading.items.iter().filter(|item| item.state == SnapshotState::Pending);
    let first = pending.map(|item| item.at).filter(is_young).min();
    let listed = time::earlier(now, LAG);
    first.map_or(listed, |at| listed.min(time::earlier(at, SignedDuration::from_millis(1))))
}
