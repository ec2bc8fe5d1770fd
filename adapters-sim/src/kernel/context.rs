use jiff::{SignedDuration, Timestamp};
use ports::time;

use super::agenda::{Agenda, Item};
use super::chooser::Chooser;
use super::trace::{Actor, Entry, Event, Trace};
use crate::cloud::{Fact, Happening, Start};
use crate::invariant::Watch;

/// What a service has at hand while something happens in it.
pub struct Context<'a> {
    /// The present.
    pub now: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    pub(super) chooser: &'a mut dyn Chooser,
    pub(super) agenda: &'a mut Agenda,
    pub(super) trace: &'a mut Trace,
    pub(super) watch: &'a mut Watch,
    pub(super) starts: &'a mut Vec<Start>,
}

impl Context<'_> {
    /// Chooses one of `0..n`; 0 is the boring answer.
    pub fn choose(&mut self, site: &'static str, n: u32) -> u32 {
        if n <= 1 { 0 } else { self.chooser.choose(site, n) }
    }

    /// Chooses a duration between two, in steps of their difference's thousandth part.
    pub fn choose_between(
        &mut self,
        site: &'static str,
        least: SignedDuration,
        most: SignedDuration,
    ) -> SignedDuration {
        let steps = i32::try_from(self.choose(site, 1001)).unwrap_or(0);
        least + (most - least) / 1000 * steps
    }

    /// Puts something down to happen after a while.
    pub fn later(&mut self, after: SignedDuration, what: Happening) {
        self.at(time::later(self.now, after), what);
    }

    /// Puts something down to happen at an instant.
    pub fn at(&mut self, at: Timestamp, what: Happening) {
        self.agenda.put(at.max(self.now), Item::Happen(what));
    }

    /// Writes down that something happened.
    pub fn note(&mut self, fact: Fact) {
        self.watch.see(self.now, self.actor, &fact);
        self.trace.add(Entry { at: self.now, actor: self.actor, event: Event::Fact(fact) });
    }

    /// Starts an attempt to run a function.
    pub(crate) fn start(&mut self, start: Start) {
        self.starts.push(start);
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("now", &self.now).field("actor", &self.actor).finish_non_exhaustive()
    }
}
