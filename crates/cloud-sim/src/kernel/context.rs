use aws_vocabulary::time;
use jiff::{SignedDuration, Timestamp};

use super::agenda::{Agenda, Item};
use super::chooser::Chooser;
use super::trace::{Actor, Entry, Event, Trace};
use crate::cloud::{Fact, Happening, Start};
use crate::fault::{FaultPlan, Faults};
use crate::rule::{Sometimes, Watch};

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
    /// What was written down, for the rules: they see it together with the cloud as it is then.
    pub(super) noted: &'a mut Vec<Entry>,
    pub(super) faults: &'a mut Faults,
    pub(super) starts: &'a mut Vec<Start>,
    pub(super) unchanged: &'a mut bool,
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

    /// Whether something that happens so many times of a thousand happens now.
    pub fn happens(&mut self, site: &'static str, per_mille: u32) -> bool {
        // 0 is the boring answer, so the rare ones are at the other end.
        0 < per_mille && 1000 - per_mille.min(1000) <= self.choose(site, 1000)
    }

    /// Who does this.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// What may go wrong.
    pub fn plan(&self) -> &FaultPlan {
        &self.faults.plan
    }

    /// Whether the chooser wants a fault that is made outside of requests, and the plan still has one.
    pub(crate) fn wants_fault(&mut self, site: &'static str) -> bool {
        let wants = self.faults.plan.budget.is_some() && self.faults.has_left() && self.choose(site, 2) == 1;
        if wants {
            self.faults.made_one();
        }
        wants
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
        let entry = Entry { at: self.now, actor: self.actor, event: Event::Fact(fact) };
        self.trace.add(&entry);
        self.noted.push(entry);
    }

    /// Says that this request changed nothing, although others of its kind do.
    pub fn unchanged(&mut self) {
        *self.unchanged = true;
    }

    /// Notes that a situation came up that a good test run must meet at least once.
    pub fn sometimes(&mut self, what: Sometimes) {
        self.watch.met(what);
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
