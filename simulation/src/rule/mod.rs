//! Caretaker's rules: what must never be, and what must come to be, in every run of its functions.
//!
//! [`caretaker`] are those that hold whatever the settings; a story adds those that follow from its own.

mod after;
mod alarm;
mod apart;
mod incident;
mod ledger;
mod night;
mod notice;
mod outlived;
mod overdue;
mod scaling;
mod snapshot;
mod tag;

pub use after::{After, Unexpected};
pub use alarm::Answered;
pub use apart::{Apart, Stacks, Within};
pub use ledger::NothingOpen;
pub use night::{Archived, InTime, NIGHT, NoFalseAlarm, Over, Reported};
pub use notice::OneNotice;
pub use outlived::Outlived;
pub use overdue::Overdue;
pub use scaling::{Claimed, NeverLowered, OneRaise, StepAtMost, WithinMax};
pub use snapshot::{LastOne, OldEnough, OneSet, OptedIn, Ours, Protected, Ran, Surplus, Tagged};

use std::collections::{BTreeMap, BTreeSet};

use cloud_sim::rule::{GivenUpIsTold, Invariant, LegalNotice, NoPanic, Rules, Seen};

/// The rules that hold whatever the settings: those of safety first, then those of what must come to be.
pub fn caretaker() -> Rules {
    Rules::default()
        .with(OptedIn)
        .with(OneSet::default())
        .with(Ran::default())
        .with(Tagged)
        .with(Ours)
        .with(Surplus::default())
        .with(LastOne::default())
        .with(WithinMax)
        .with(NeverLowered)
        .with(OneRaise::default())
        .with(LegalNotice)
        .with(OneNotice::default())
        .with(Over)
        .with(NoPanic)
        .with(GivenUpIsTold)
        .with(Protected::default())
        .with(Reported::default())
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
