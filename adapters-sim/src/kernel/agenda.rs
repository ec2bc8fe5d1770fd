use std::collections::BTreeMap;
use std::task::Waker;

use jiff::Timestamp;

use super::call::CallId;
use super::function::InvocationId;
use crate::cloud::Happening;

/// Something that is due at an instant.
#[derive(Debug)]
pub enum Item {
    /// A sleeper goes on.
    Wake(Waker),
    /// A request takes effect.
    Apply(CallId),
    /// An answer arrives.
    Reply(CallId),
    /// Something happens in the cloud of its own accord.
    Happen(Happening),
    /// The runtime ends an invocation.
    Kill(InvocationId),
}

/// What is due, by time and then by the order in which it was put down.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    items: BTreeMap<(Timestamp, u64), Item>,
    sequence: u64,
}

impl Agenda {
    pub(super) fn put(&mut self, at: Timestamp, item: Item) {
        self.sequence += 1;
        self.items.insert((at, self.sequence), item);
    }

    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.items.keys().next().map(|(at, _)| *at)
    }

    /// How many items are due at the earliest instant.
    pub(super) fn ties(&self) -> usize {
        self.next_time().map_or(0, |at| self.items.range((at, 0)..=(at, u64::MAX)).count())
    }

    /// Takes one of those that are due at the earliest instant.
    pub(super) fn take(&mut self, nth: usize) -> Option<(Timestamp, Item)> {
        let key = *self.items.keys().nth(nth)?;
        self.items.remove(&key).map(|item| (key.0, item))
    }
}
