//! A field of a pattern, and whether events meet it.

use std::fmt;

use super::event::{Event, Leaf, Place};
use super::matcher::Matcher;
use super::scalar::Scalar;
use super::wildcard::Wildcard;

/// A field, and the list of what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    path: String,
    /// The list as it was written.
    text: String,
    any: Vec<Matcher>,
}

impl Condition {
    pub(super) fn new(path: String, text: &str, any: Vec<Matcher>) -> Self {
        Self { path, text: text.split_whitespace().collect::<Vec<_>>().join(" "), any }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn wildcards(&self) -> Vec<&Wildcard> {
        self.any.iter().flat_map(Matcher::wildcards).collect()
    }

    fn accepts(&self, value: &Scalar) -> bool {
        self.any.iter().any(|matcher| matcher.accepts(value))
    }

    fn accepts_absence(&self) -> bool {
        self.any.contains(&Matcher::Exists(false))
    }
}

/// Whether an event meets all conditions, without any two of its values being in different elements of one list
/// (<https://github.com/aws/event-ruler#json-array-matching>). Whether a field is absent is asked of the elements that
/// were chosen for the paths before it.
pub(super) fn all_hold(conditions: &[Condition], event: &Event, chosen: &[Place]) -> bool {
    let Some((first, rest)) = conditions.split_first() else { return true };
    let mut there = event.at(&first.path).iter().filter(|leaf| leaf.goes_with(chosen)).peekable();
    if there.peek().is_none() {
        return first.accepts_absence() && all_hold(rest, event, chosen);
    }
    there.filter(|leaf| first.accepts(&leaf.value)).any(|leaf| {
        if leaf.places.is_empty() {
            return all_hold(rest, event, chosen);
        }
        all_hold(rest, event, &[chosen, &leaf.places].concat())
    })
}

/// A field in which an event differs from a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The path of the field.
    pub path: String,
    /// What the pattern asks of it, and what the event has.
    pub reason: String,
}

impl Difference {
    /// The first field, by path, that keeps an event from meeting all conditions.
    pub(super) fn first(conditions: &[Condition], event: &Event) -> Option<Self> {
        let fails = |n: &usize| conditions.get(..=*n).is_some_and(|some| !all_hold(some, event, &[]));
        let condition = (0..conditions.len()).find(fails).and_then(|n| conditions.get(n))?;
        let wanted = &condition.text;
        let leaves = event.at(&condition.path);
        let reason = match found(leaves) {
            None => format!("the event has no such value, the pattern wants {wanted}"),
            Some(_) if leaves.iter().any(|leaf| condition.accepts(&leaf.value)) => {
                format!("what is wanted, {wanted}, is in another element of a list than the fields before it")
            }
            Some(found) => format!("the event has {found}, the pattern wants {wanted}"),
        };
        Some(Self { path: condition.path.clone(), reason })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.reason)
    }
}

/// The values of a field, the first few if there are many.
fn found(leaves: &[Leaf]) -> Option<String> {
    const SHOWN: usize = 5;
    let mut values: Vec<String> = leaves.iter().take(SHOWN).map(|leaf| leaf.value.to_string()).collect();
    if SHOWN < leaves.len() {
        values.push("...".to_owned());
    }
    (!values.is_empty()).then(|| values.join(", "))
}
