//! Which events belong to one incident.
//!
//! An instance runs from one launch to the next, and each run ends once. So whatever tells of a stop or an end belongs to the one
//! incident between the same two launches, however far apart the tellings are. What leaves the instance running has no such
//! bounds: there, events that are near each other in time are one incident.

use jiff::{SignedDuration, Timestamp};
use ports::trigger::{InstanceChange, InstanceTrigger, SpotAction};
use ports::{Instance, InstanceState, time};
use serde::{Deserialize, Serialize};

use super::snapshot::Skip;
use super::trigger_state::{self, TriggerState};

/// What an incident does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It ends it.
    End,
    /// It leaves it running.
    Running,
}

impl From<TriggerState> for Kind {
    fn from(state: TriggerState) -> Self {
        match state {
            TriggerState::Stopping | TriggerState::Stopped | TriggerState::ShuttingDown => Self::End,
            TriggerState::Running => Self::Running,
        }
    }
}

/// What places an event, and the incident that it was the first of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// When it was.
    pub at: Timestamp,
    /// What it does to the run.
    pub kind: Kind,
    /// The state that the instance entered at that very time, if it tells of one.
    #[serde(default)]
    pub entered: Option<InstanceState>,
    /// The latest launch that EC2 tells of. It may have come after the event, and it may be read stale.
    #[serde(default)]
    pub launched_at: Option<Timestamp>,
}

impl Placement {
    /// What places an event of an instance.
    ///
    /// # Errors
    ///
    /// When it is none to snapshot at.
    pub fn of(trigger: &InstanceTrigger, instance: &Instance) -> Result<Self, Skip> {
        let entered = match trigger.what {
            InstanceChange::State(state) => Some(state),
            InstanceChange::Found(_)
            | InstanceChange::SpotWarning(_)
            | InstanceChange::Health(_)
            | InstanceChange::Rebooted { .. }
            | InstanceChange::CheckFailed { .. } => None,
        };
        let kind = trigger_state::of(&trigger.what)?.into();
        Ok(Self { at: trigger.at, kind, entered, launched_at: instance.launched_at })
    }

    /// What placed an incident of which no more is known than what it does to the run: an earlier version wrote it down.
    pub fn bare(at: Timestamp, kind: Kind) -> Self {
        Self { at, kind, entered: None, launched_at: None }
    }

    /// The same, where this launch was seen, too: the latest is told.
    #[must_use]
    pub fn with_launch(self, launch: Option<Timestamp>) -> Self {
        Self { launched_at: self.launched_at.max(launch), ..self }
    }

    /// Whether an event is of the incident that this is the first one of, as far as the two can tell.
    pub fn is_met_by(&self, event: &Self) -> bool {
        self.is_of_one(event, &[self.launched_at, event.launched_at])
    }

    /// The same, where these launches are known.
    fn is_of_one(&self, event: &Self, launches: &[Option<Timestamp>]) -> bool {
        let is_it = (self.at, self.entered) == (event.at, event.entered);
        let is_its = || match self.kind {
            Kind::Running => is_near(self.at, event),
            Kind::End => is_one_end((self.at, self.entered), (event.at, event.entered)),
        };
        self.kind == event.kind && (is_it || is_its() && is_one_run(self.at, event, launches))
    }
}

/// What is known of an incident of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownIncident {
    /// The time that names it.
    pub name: Timestamp,
    /// What was begun for it, if anything was.
    pub begun: Option<Begun>,
}

/// What was begun for an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// What placed it.
    pub first: Placement,
    /// Whether its snapshots were taken.
    pub is_taken: bool,
}

impl KnownIncident {
    /// Whether an event is of it, where these launches are known. As long as nothing was begun for it nobody knows whose it is:
    /// then what is near in time is of it, because the two may be handled at once.
    fn is_of(&self, event: &Placement, launches: &[Option<Timestamp>]) -> bool {
        match &self.begun {
            None => is_near(self.name, event) && is_one_run(self.name, event, launches),
            Some(begun) => begun.first.is_of_one(event, launches),
        }
    }
}

/// The incidents of one instance that are still remembered, each named by the time of its first event. Whoever adds a name has
/// opened it. It is written as every version so far has read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incidents(Vec<Timestamp>);

/// Where an event belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// To an incident that is open.
    Known(KnownIncident),
    /// To a new one of this name: it is opened by writing these down.
    Opened(Timestamp, Incidents),
}

impl Incidents {
    /// Events that leave the instance running are of one incident when they are no further apart than this, in either direction.
    pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

    /// How long a run is taken to be ending where nobody knows whether there was a launch in between: longer than EC2 needs, and
    /// shorter than most runs.
    pub const LONGEST_END: SignedDuration = SignedDuration::from_hours(1);

    /// How many incidents of one instance are remembered.
    pub const REMEMBERED: usize = 32;

    /// The incidents opened at `since` or later.
    pub fn since(&self, since: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.0.iter().copied().filter(move |name| since <= *name)
    }

    /// Those that could be an event's, or of its run. What was begun for them tells whether they are.
    pub fn around(&self, event: &Placement) -> impl Iterator<Item = Timestamp> {
        let is_around = |name: &Timestamp| {
            let is_one_run = || is_one_run(*name, event, &[event.launched_at]);
            is_near(*name, event) || event.kind == Kind::End && is_one_run()
        };
        self.0.iter().copied().filter(is_around)
    }

    /// Finds the incident of an event among those around it, or opens one. Events come in any order, so an event may be older
    /// than the one that opened its incident.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::incident::{Begun, Incidents, Joined, Kind, KnownIncident, Placement};
    /// use ports::InstanceState::{Stopped, Stopping};
    ///
    /// let at = |time: &str| format!("2026-11-23T{time}Z").parse().unwrap();
    /// let ends = |time, state, launch| Placement {
    ///     at: at(time), kind: Kind::End, entered: Some(state), launched_at: Some(at(launch)),
    /// };
    /// let first = ends("14:00:00", Stopping, "09:00:00");
    /// let Joined::Opened(name, names) = Incidents::default().join(&first, &[]) else { panic!() };
    /// let known = KnownIncident { name, begun: Some(Begun { first, is_taken: true }) };
    ///
    /// // It may take as long as it likes to stop.
    /// assert_eq!(names.join(&ends("14:21:00", Stopped, "09:00:00"), &[known]), Joined::Known(known));
    /// // Started in between, it fails again: another incident.
    /// assert!(matches!(names.join(&ends("14:12:00", Stopping, "14:05:00"), &[known]), Joined::Opened(..)));
    /// ```
    pub fn join(&self, event: &Placement, around: &[KnownIncident]) -> Joined {
        let launches = launches(event, around);
        let its = around.iter().filter(|incident| incident.is_of(event, &launches));
        // What was begun is known to be its own; the others may be anybody's.
        let nearest =
            its.min_by_key(|incident| (incident.begun.is_none(), time::apart(incident.name, event.at)));
        if let Some(known) = nearest {
            return Joined::Known(*known);
        }
        let name = self.free(event.at);
        Joined::Opened(name, self.with(name))
    }

    /// The time of an event, or the next moment that names no other incident.
    fn free(&self, at: Timestamp) -> Timestamp {
        let is_free = |name: &Timestamp| !self.0.contains(name);
        // There are fewer names than this.
        (0..100).map(|n| time::later(at, SignedDuration::from_millis(n))).find(is_free).unwrap_or(at)
    }

    fn with(&self, name: Timestamp) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        names.sort_unstable();
        let surplus = names.len().saturating_sub(Self::REMEMBERED);
        Self(names.split_off(surplus))
    }
}

/// The latest incident with a set that left the run going which this end is of: an earlier set of the same run.
pub fn before_the_end(end: &Placement, around: &[KnownIncident]) -> Option<Timestamp> {
    let launches = launches(end, around);
    let is_it = |incident: &&KnownIncident| {
        incident.begun.is_some_and(|Begun { first, is_taken }| {
            let is_earlier = first.kind == Kind::Running && first.at <= end.at;
            is_taken && is_earlier && is_one_run(first.at, end, &launches)
        })
    };
    let its = around.iter().filter(is_it).filter(|_| end.kind == Kind::End);
    its.map(|incident| incident.name).max()
}

/// The launches that an event and the incidents around it tell of.
fn launches(event: &Placement, around: &[KnownIncident]) -> Vec<Option<Timestamp>> {
    let of = |incident: &KnownIncident| incident.begun.and_then(|begun| begun.first.launched_at);
    around.iter().map(of).chain([event.launched_at]).collect()
}

fn is_near(at: Timestamp, event: &Placement) -> bool {
    time::apart(at, event.at) <= Incidents::WINDOW
}

/// Whether something that was at a time is of the run of an event: no launch is known to lie between them, and none is likely to
/// that is unknown. In the run that was launched last there can be none.
fn is_one_run(at: Timestamp, event: &Placement, launches: &[Option<Timestamp>]) -> bool {
    let (first, last) = (at.min(event.at), at.max(event.at));
    let lies_between = |launch: &Timestamp| first < *launch && *launch <= last;
    let is_latest = event.launched_at.is_some_and(|launch| launch <= first);
    !launches.iter().flatten().any(lies_between)
        && (is_latest || time::apart(first, last) <= Incidents::LONGEST_END)
}

/// Whether one run can have entered the one state at the one time and the other at the other. It enters each once, in their
/// order: so a run that is not told, because its launch was read stale, still shows.
fn is_one_end(one: (Timestamp, Option<InstanceState>), other: (Timestamp, Option<InstanceState>)) -> bool {
    let ((at, Some(state)), (other_at, Some(other_state))) = (one, other) else { return true };
    match state.cmp(&other_state) {
        std::cmp::Ordering::Less => at <= other_at,
        std::cmp::Ordering::Equal => at == other_at,
        std::cmp::Ordering::Greater => other_at <= at,
    }
}

/// What the word that set a snapshot off does to a run.
///
/// # Examples
///
/// ```
/// use domain::policy::incident::{Kind, kind_of};
///
/// assert_eq!(kind_of("stopping"), Kind::End);
/// assert_eq!(kind_of("spot-interruption"), Kind::End);
/// assert_eq!(kind_of("reboot"), Kind::Running);
/// ```
pub fn kind_of(word: &str) -> Kind {
    let ends = [
        InstanceChange::State(InstanceState::Stopping),
        InstanceChange::State(InstanceState::Stopped),
        InstanceChange::State(InstanceState::ShuttingDown),
        InstanceChange::State(InstanceState::Terminated),
        InstanceChange::SpotWarning(SpotAction::Terminate),
    ];
    if ends.iter().any(|end| end.word() == word) { Kind::End } else { Kind::Running }
}
