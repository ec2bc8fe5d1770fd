use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

use super::call::CallId;
use super::function::InvocationId;
use crate::cloud::Fact;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The cloud itself.
    Cloud,
    /// A person, or a test in their place.
    Person,
    /// An attempt to run a function.
    Invocation(InvocationId),
}

/// How far a port call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The request has left the caller.
    Sent,
    /// The service has acted on it.
    Applied,
    /// The caller has the answer.
    Replied,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A port call came this far.
    Call {
        /// Its number.
        call: CallId,
        /// The service.
        service: &'static str,
        /// The operation.
        op: &'static str,
        /// How far.
        phase: Phase,
        /// The error code it was answered with.
        error: Option<&'static str>,
    },
    /// Something changed in the cloud.
    Fact(Fact),
}

/// An event, when it happened, and who did it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

/// All that happened: its hash, and the events themselves when they are to be kept.
#[derive(Clone, Default)]
pub struct Trace {
    entries: Option<Vec<Entry>>,
    hash: Xxh3Default,
    length: u64,
    is_unread: bool,
}

impl Trace {
    /// A trace that keeps its events.
    pub fn kept() -> Self {
        Self { entries: Some(Vec::new()), ..Self::default() }
    }

    /// A trace that nobody reads: it stays empty.
    pub fn unread() -> Self {
        Self { is_unread: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        if self.is_unread {
            return;
        }
        entry.hash(&mut self.hash);
        self.length += 1;
        if let Some(entries) = &mut self.entries {
            entries.push(entry.clone());
        }
    }

    /// Whether it keeps its events.
    pub fn is_kept(&self) -> bool {
        self.entries.is_some()
    }

    /// The events; none when they are not kept.
    pub fn entries(&self) -> &[Entry] {
        self.entries.as_deref().unwrap_or_default()
    }

    /// The function that each attempt runs; none when events are not kept.
    pub fn functions(&self) -> BTreeMap<Actor, String> {
        let invoked = |entry: &Entry| match &entry.event {
            Event::Fact(Fact::Invoked { function, .. }) => Some((entry.actor, function.clone())),
            Event::Fact(_) | Event::Call { .. } => None,
        };
        self.entries().iter().filter_map(invoked).collect()
    }

    /// Some of its events, as a trace of their own.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Entry) -> bool) -> Self {
        let mut only = Self::kept();
        self.entries().iter().filter(|entry| wanted(entry)).for_each(|entry| only.add(entry));
        only
    }

    /// How many events there were, kept or not.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A number that two runs share exactly when all the same things happened in them.
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").field("length", &self.length).finish_non_exhaustive()
    }
}
