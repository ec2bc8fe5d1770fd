use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::path::Path;
use crate::kernel::{Candidate, Chooser, Footprint, LANDING};

/// Whether a choice at a site is about something going wrong.
fn is_fault(site: &str) -> bool {
    site.starts_with("fault")
}

/// Whether the choices at a site are enumerated; elsewhere the boring answer is taken.
fn branches(site: &str) -> bool {
    is_fault(site) || site == LANDING
}

/// Lets a run go along a path.
pub(super) struct Along(pub(super) Arc<Mutex<Path>>);

impl Along {
    fn path(&self) -> MutexGuard<'_, Path> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chooser for Along {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        if branches(site) { self.path().choose(n, is_fault(site)) } else { 0 }
    }

    fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        self.path().choose_next(ready)
    }

    fn took_effect(&mut self, request: u64, touched: Footprint) {
        self.path().took_effect(request, touched);
    }

    fn time_passes(&mut self) {
        self.path().time_passes();
    }

    fn is_over(&self) -> bool {
        self.path().is_redundant
    }
}

/// Goes a way again that an exploration found.
pub(crate) struct Follow(std::vec::IntoIter<u16>);

impl Follow {
    pub(crate) fn new(tape: Vec<u16>) -> Self {
        Self(tape.into_iter())
    }

    fn next(&mut self, n: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)).min(n.saturating_sub(1))
    }
}

impl Chooser for Follow {
    fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        if !branches(site) {
            return 0;
        }
        u32::try_from(self.next(usize::try_from(n).unwrap_or(1))).unwrap_or(0)
    }

    fn choose_next(&mut self, ready: &[Candidate]) -> usize {
        if ready.len() < 2 { 0 } else { self.next(ready.len()) }
    }
}
