use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// The number of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskId(pub(super) u64);

pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks, and which of them can go on.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: BTreeMap<TaskId, (Work, Waker)>,
    ready: Arc<Mutex<VecDeque<TaskId>>>,
    last: u64,
}

struct Ready {
    id: TaskId,
    queue: Arc<Mutex<VecDeque<TaskId>>>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.id);
    }
}

impl Tasks {
    pub(super) fn add(&mut self, work: impl FnOnce(TaskId) -> Work) -> TaskId {
        self.last += 1;
        let id = TaskId(self.last);
        let waker = Waker::from(Arc::new(Ready { id, queue: Arc::clone(&self.ready) }));
        self.waiting.insert(id, (work(id), waker));
        self.wake(id);
        id
    }

    pub(super) fn wake(&self, id: TaskId) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(id);
    }

    /// Takes out the next task that can go on; it is put back when it is not finished.
    pub(super) fn take_ready(&mut self) -> Option<(TaskId, Work, Waker)> {
        loop {
            let id = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
            if let Some((work, waker)) = self.waiting.remove(&id) {
                return Some((id, work, waker));
            }
        }
    }

    pub(super) fn put_back(&mut self, id: TaskId, work: Work, waker: Waker) {
        self.waiting.insert(id, (work, waker));
    }

    /// Takes a task out for good.
    pub(super) fn remove(&mut self, id: TaskId) -> Option<Work> {
        self.waiting.remove(&id).map(|(work, _)| work)
    }

    pub(super) fn take_all(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.waiting).into_values().map(|(work, _)| work).collect()
    }
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("count", &self.waiting.len()).finish_non_exhaustive()
    }
}
