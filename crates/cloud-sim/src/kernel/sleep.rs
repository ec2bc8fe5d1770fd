use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};

use jiff::Timestamp;

use super::agenda::Item;
use super::core::Handle;

/// Waits until an instant of virtual time.
pub(crate) struct Sleep {
    handle: Handle,
    until: Timestamp,
    waker: Option<Waker>,
}

impl Sleep {
    pub(super) fn new(handle: Handle, until: Timestamp) -> Self {
        Self { handle, until, waker: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<()> {
        let mut core = self.handle.lock();
        if self.until <= core.now {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            core.agenda.put(self.until, Item::Wake(waker.clone()));
            drop(core);
            self.waker = Some(waker.clone());
        }
        Poll::Pending
    }
}
