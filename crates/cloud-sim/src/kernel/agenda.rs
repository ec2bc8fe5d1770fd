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

    /// What is due first, in order.
    fn due(&self) -> impl Iterator<Item = (&(Timestamp, u64), &Item)> {
        let at = self.next_time().unwrap_or_default();
        self.items.range((at, 0)..=(at, u64::MAX))
    }

    /// Takes the first of what is due and is no request: it only sets others going, so it is never worth a choice.
    pub(super) fn take_first(&mut self) -> Option<(Timestamp, Item)> {
        let key = *self.due().find(|(_, item)| !matches!(item, Item::Apply(_)))?.0;
        self.items.remove(&key).map(|item| (key.0, item))
    }

    /// The requests that are due first.
    pub(super) fn requests(&self) -> impl Iterator<Item = CallId> {
        self.due().filter_map(|(_, item)| if let Item::Apply(call) = item { Some(*call) } else { None })
    }

    /// Takes one of the requests that are due first.
    pub(super) fn take_request(&mut self, nth: usize) -> Option<(Timestamp, Item)> {
        let key = *self.due().filter(|(_, item)| matches!(item, Item::Apply(_))).nth(nth)?.0;
        self.items.remove(&key).map(|item| (key.0, item))
    }
}
