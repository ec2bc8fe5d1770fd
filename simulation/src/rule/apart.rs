//! Several stacks in one region: what holds for each of them, and what holds between them.

use std::collections::BTreeMap;

use aws_vocabulary::SnapshotId;
use cloud_sim::cloud::{Cloud, Fact};
use cloud_sim::kernel::{Actor, InvocationId};

use super::{Invariant, Seen, bound};

/// The stacks of a region, by what the names of their resources begin with. The first one's are
/// those that begin with nobody's else.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    others: Vec<String>,
    /// Which stack's function an attempt runs.
    running: BTreeMap<InvocationId, usize>,
}

impl Stacks {
    /// The stacks beside the first one, by what their names begin with.
    pub fn new(others: impl IntoIterator<Item = String>) -> Self {
        Self { others: others.into_iter().collect(), running: BTreeMap::new() }
    }

    /// The stack that a resource is of, by its name or its ARN.
    fn of(&self, resource: &str) -> usize {
        let name = resource.rsplit(':').next().unwrap_or_default();
        self.others.iter().position(|prefix| name.starts_with(prefix)).map_or(0, |other| other + 1)
    }

    /// What the names of a stack's resources begin with.
    fn prefix(&self, stack: usize) -> &str {
        stack.checked_sub(1).and_then(|other| self.others.get(other)).map_or("", String::as_str)
    }

    /// The stack whose resource or doing a fact is; none where it is the world's.
    fn see(&mut self, seen: Seen<'_>) -> Option<usize> {
        let Actor::Invocation(id) = seen.actor else { return resource(seen.fact).map(|name| self.of(name)) };
        if let Fact::Invoked { function, .. } = seen.fact {
            let stack = self.of(function);
            self.running.insert(id, stack);
            bound(&mut self.running);
        }
        self.running.get(&id).copied().or_else(|| resource(seen.fact).map(|name| self.of(name)))
    }
}

/// The resource of a stack that a fact is about.
fn resource(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Lost { function }
        | Fact::Invoked { function, .. }
        | Fact::Ended { function, .. }
        | Fact::Exhausted { function, .. }
        | Fact::DeadLetter { function, .. } => Some(function),
        Fact::Undelivered { to, .. } => Some(to),
        Fact::Due { rule } => Some(rule),
        Fact::AlarmIs { alarm, .. } | Fact::ActedAgain { alarm } => Some(alarm),
        Fact::Published { topic, .. } | Fact::NoticeRefused { topic, .. } => Some(topic),
        Fact::InstanceIs { .. }
        | Fact::Rebooted { .. }
        | Fact::SnapshotsBegun { .. }
        | Fact::SnapshotCopied { .. }
        | Fact::SnapshotIs { .. }
        | Fact::SnapshotDeleted { .. }
        | Fact::VolumeAsked { .. }
        | Fact::DesiredSet { .. }
        | Fact::Faulted { .. }
        | Fact::ObjectCreated { .. } => None,
    }
}

/// A rule that holds for one stack of a region: what others do is hidden from it.
pub struct Within {
    stacks: Stacks,
    stack: usize,
    rule: Box<dyn Invariant>,
}

impl Within {
    /// A rule for the stack of this number, from 0.
    pub fn new(stacks: &Stacks, stack: usize, rule: Box<dyn Invariant>) -> Self {
        Self { stacks: stacks.clone(), stack, rule }
    }
}

impl std::fmt::Debug for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Within")
            .field("stack", &self.stack)
            .field("rule", &self.rule.name())
            .finish_non_exhaustive()
    }
}

impl Invariant for Within {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if self.stacks.see(seen).is_some_and(|stack| stack != self.stack) {
            return None;
        }
        // Rules know a stack's schedules by the names that they have in the first one.
        if let Fact::Due { rule } = seen.fact {
            let rule = rule.strip_prefix(self.stacks.prefix(self.stack)).unwrap_or(rule).to_owned();
            return self.rule.see(Seen { fact: &Fact::Due { rule }, ..seen });
        }
        self.rule.see(seen)
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        self.rule.at_rest(cloud)
    }
}

/// No stack removes what another made, or takes it for its own. Whose a snapshot is says who made
/// it, not its tags.
#[derive(Clone, Debug)]
pub struct Apart {
    stacks: Stacks,
    makers: BTreeMap<SnapshotId, usize>,
}

impl Apart {
    /// Watches these stacks.
    pub fn new(stacks: &Stacks) -> Self {
        Self { stacks: stacks.clone(), makers: BTreeMap::new() }
    }

    /// Snapshots that a stack had made before.
    #[must_use]
    pub fn made(mut self, stack: usize, snapshots: impl IntoIterator<Item = SnapshotId>) -> Self {
        self.makers.extend(snapshots.into_iter().map(|snapshot| (snapshot, stack)));
        self
    }

    fn is_anothers(&self, snapshot: &SnapshotId, stack: usize) -> bool {
        self.makers.get(snapshot).is_some_and(|maker| *maker != stack)
    }

    /// What a notice tells of that another stack made.
    fn claimed(&self, json: &str, stack: usize) -> Option<SnapshotId> {
        let words = json.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let mut ids = words.filter(|word| word.starts_with("snap-")).filter_map(|word| word.parse().ok());
        ids.find(|id| self.is_anothers(id, stack))
    }
}

impl Invariant for Apart {
    fn name(&self) -> &'static str {
        "no stack removes or adopts another's snapshots"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let stack = self.stacks.see(seen)?;
        if let Fact::SnapshotsBegun { snapshots, .. } = seen.fact {
            self.makers.extend(snapshots.iter().map(|(id, _)| (id.clone(), stack)));
            bound(&mut self.makers);
        } else if let Fact::SnapshotDeleted { snapshot, .. } = seen.fact {
            return self.is_anothers(snapshot, stack).then(|| format!("{snapshot} removed"));
        } else if let Fact::Published { key, json, .. } = seen.fact {
            return self.claimed(json, stack).map(|snapshot| format!("{snapshot} told of ({key})"));
        }
        None
    }
}
