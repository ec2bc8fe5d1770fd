use std::collections::BTreeMap;

use aws_vocabulary::AlarmState;
use aws_vocabulary::GroupName;
use cloud_sim::cloud::{Cloud, Fact};
use cloud_sim::kernel::Actor;

use super::{Invariant, Seen};

/// A change of a group's capacity by a function.
struct Change<'a> {
    group: &'a GroupName,
    from: u32,
    to: u32,
    max: u32,
}

impl Change<'_> {
    fn of(seen: Seen<'_>) -> Option<Change<'_>> {
        match (seen.actor, seen.fact) {
            (Actor::Invocation(_), Fact::DesiredSet { group, from, to, max }) => {
                Some(Change { group, from: from.0, to: to.0, max: max.0 })
            }
            _ => None,
        }
    }

    fn told(&self) -> String {
        format!("`{}` from {} to {}, at most {}", self.group, self.from, self.to, self.max)
    }
}

/// A group is never asked for more than its maximum.
#[derive(Clone, Copy, Debug)]
pub struct WithinMax;

impl Invariant for WithinMax {
    fn name(&self) -> &'static str {
        "a group is never asked for more than its maximum"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        Change::of(seen).filter(|change| change.max < change.to).map(|change| change.told())
    }
}

/// A function never takes away what somebody else wanted.
#[derive(Clone, Copy, Debug)]
pub struct NeverLowered;

impl Invariant for NeverLowered {
    fn name(&self) -> &'static str {
        "a group is never lowered"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        Change::of(seen).filter(|change| change.to < change.from).map(|change| change.told())
    }
}

/// A group is raised by so many at once, at the most.
#[derive(Clone, Copy, Debug)]
pub struct StepAtMost(
    /// How many.
    pub u32,
);

impl Invariant for StepAtMost {
    fn name(&self) -> &'static str {
        "a group is raised by one step at a time"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        Change::of(seen)
            .filter(|change| change.from.saturating_add(self.0) < change.to)
            .map(|change| change.told())
    }
}

/// One transition of an alarm raises a group once: there are never more raises than transitions.
#[derive(Clone, Debug, Default)]
pub struct OneRaise {
    transitions: BTreeMap<Option<GroupName>, u64>,
    raises: BTreeMap<GroupName, u64>,
}

impl Invariant for OneRaise {
    fn name(&self) -> &'static str {
        "one transition of an alarm raises its group once"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::AlarmIs { state: AlarmState::Alarm, group, .. } = seen.fact {
            *self.transitions.entry(group.clone()).or_default() += 1;
        }
        let change = Change::of(seen).filter(|change| change.from < change.to)?;
        let raises = self.raises.entry(change.group.clone()).or_default();
        *raises += 1;
        // An alarm that names no group may be about any.
        let of = |group: Option<&GroupName>| self.transitions.get(&group.cloned()).copied().unwrap_or(0);
        let transitions = of(Some(change.group)) + of(None);
        (transitions < *raises).then(|| format!("{}: raise {raises} of {transitions}", change.told()))
    }
}

/// A function's answer that says `scale_out` is true: it set that capacity, or a larger one that was cut since.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    most: BTreeMap<String, u32>,
}

impl Invariant for Claimed {
    fn name(&self) -> &'static str {
        "a group that is said to be scaled out was"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Some(change) = Change::of(seen) {
            let most = self.most.entry(change.group.to_string()).or_default();
            *most = change.to.max(*most);
        }
        None
    }

    /// Of each function the latest answer is known.
    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        let answers = cloud.lambda.answers.values().flatten();
        let results = answers.filter_map(|answer| answer.get("results")?.as_array()).flatten();
        let claims =
            results.filter(|result| result.get("action").is_some_and(|action| action == "scale_out"));
        let claims = claims
            .filter_map(|claim| Some((claim.get("asg")?.as_str()?, claim.get("new_desired")?.as_u64()?)));
        let untrue =
            claims.filter(|(group, to)| self.most.get(*group).is_none_or(|most| u64::from(*most) < *to));
        untrue.map(|(group, to)| format!("`{group}` to {to}, it says")).collect()
    }
}
