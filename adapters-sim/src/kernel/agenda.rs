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

    /// Takes what is due first, if nobody could want another order: what is not a request, or a request that is alone.
    pub(super) fn take_first(&mut self) -> Option<(Timestamp, Item)> {
        let at = self.next_time()?;
        let mut due = self.items.range((at, 0)..=(at, u64::MAX));
        let (first, item) = due.next()?;
        let key = if !matches!(item, Item::Apply(_)) || due.next().is_none() {
            *first
        } else {
            // Several are due: what is not a request first, for it only sets others going.
            let other =
                self.items.range((at, 0)..=(at, u64::MAX)).find(|(_, item)| !matches!(item, Item::Apply(_)));
            *other?.0
        };
        self.items.remove(&key).map(|item| (at, item))
    }

    /// The requests that are due first, when there are several.
    pub(super) fn requests(&self) -> Vec<CallId> {
        let Some(at) = self.next_time() else { return Vec::new() };
        let due = self.items.range((at, 0)..=(at, u64::MAX));
        due.filter_map(|(_, item)| if let Item::Apply(call) = item { Some(*call) } else { None }).collect()
    }

    /// Takes one of the requests that are due first.
    pub(super) fn take_request(&mut self, nth: usize) -> Option<(Timestamp, Item)> {
        let at = self.next_time()?;
        let mut due =
            self.items.range((at, 0)..=(at, u64::MAX)).filter(|(_, item)| matches!(item, Item::Apply(_)));
        let key = *due.nth(nth)?.0;
        self.items.remove(&key).map(|item| (at, item))
    }
}
