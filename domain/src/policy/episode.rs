//! Which events belong to one incident.
//!
//! An instance runs from one launch to the next, and each run ends once. So whatever tells of a stop or an end belongs to the one
//! incident between the same two launches, however far apart the tellings are. What leaves the instance running has no such
//! bounds: there, events that are near each other in time are one incident.

use jiff::{SignedDuration, Timestamp};
use ports::trigger::{InstanceChange, InstanceTrigger, SpotAction};
use ports::{Instance, InstanceState, time};
use serde::{Deserialize, Serialize};

use super::occasion::{self, Occasion};
use super::snapshot::Skip;

/// What an incident does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It ends it.
    End,
    /// It leaves it running.
    Running,
}

impl From<Occasion> for Kind {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Stopping | Occasion::Stopped | Occasion::ShuttingDown => Self::End,
            Occasion::Running => Self::Running,
        }
    }
}

/// What places an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// When it was.
    pub at: Timestamp,
    /// What it does to the run.
    pub kind: Kind,
    /// The state that the instance entered at that very time, if it tells of one.
    pub entered: Option<InstanceState>,
    /// The latest launch that EC2 tells of. It may have come after the event, and it may be read stale.
    pub launched_at: Option<Timestamp>,
}

impl Sign {
    /// What places an event of an instance.
    ///
    /// # Errors
    ///
    /// When it is no occasion for a snapshot.
    pub fn of(trigger: &InstanceTrigger, instance: &Instance) -> Result<Self, Skip> {
        let entered = match trigger.what {
            InstanceChange::State(state) => Some(state),
            InstanceChange::Found(_)
            | InstanceChange::SpotWarning(_)
            | InstanceChange::Health(_)
            | InstanceChange::Rebooted { .. }
            | InstanceChange::CheckFailed { .. } => None,
        };
        let kind = occasion::of(&trigger.what)?.into();
        Ok(Self { at: trigger.at, kind, entered, launched_at: instance.launched_at })
    }
}

/// The times that name the incidents of an instance. Whoever adds the time of an incident has opened it, so this list alone
/// decides; it is written as every version so far has read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(Vec<Timestamp>);

/// What is remembered of an instance beside those names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Launches, in their order.
    #[serde(default)]
    launches: Vec<Timestamp>,
    /// Incidents, some of which may never have been opened.
    #[serde(default)]
    incidents: Vec<Note>,
}

/// What is remembered of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    name: Timestamp,
    kind: Kind,
    /// When its first event was. Its name is later where another incident had that one.
    at: Timestamp,
    /// The state that its first event told of.
    #[serde(default)]
    entered: Option<InstanceState>,
}

/// The incidents of one instance that are still remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Episodes {
    /// Their names.
    pub names: Names,
    /// What else is known of them.
    pub notes: Notes,
}

/// Where an event belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// To an incident that is open, under this name.
    Known(Timestamp),
    /// To one that is known when this is written down first.
    Note(Notes),
    /// To a new one: it is opened by writing these down.
    Opened(Timestamp, Names),
}

impl Names {
    /// Those at `since` or later.
    pub fn since(&self, since: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.0.iter().copied().filter(move |name| since <= *name)
    }

    fn with(&self, name: Timestamp) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        names.sort_unstable();
        Self(latest(names))
    }
}

impl Notes {
    fn of(&self, name: Timestamp) -> Option<&Note> {
        self.incidents.iter().find(|note| note.name == name)
    }

    fn knows(&self, launch: Timestamp) -> bool {
        self.launches.contains(&launch)
    }

    fn with_launch(mut self, launch: Option<Timestamp>) -> Self {
        self.launches.extend(launch.filter(|launch| !self.knows(*launch)));
        self.launches.sort_unstable();
        Self { launches: latest(self.launches), ..self }
    }

    fn with(mut self, note: Note) -> Self {
        self.incidents.retain(|other| other.name != note.name);
        self.incidents.push(note);
        self.incidents.sort_unstable_by_key(|note| note.name);
        Self { incidents: latest(self.incidents), ..self }
    }
}

/// The last of a list, as many as are remembered.
fn latest<T>(mut all: Vec<T>) -> Vec<T> {
    let surplus = all.len().saturating_sub(Episodes::REMEMBERED);
    all.split_off(surplus)
}

impl Episodes {
    /// Events that leave the instance running are of one incident when they are no further apart than this, in either direction.
    pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

    /// How long a run is taken to be ending where nobody knows whether there was a launch in between: longer than EC2 needs, and
    /// shorter than most runs.
    pub const LONGEST_END: SignedDuration = SignedDuration::from_hours(1);

    /// How many incidents, and how many launches, of one instance are remembered.
    pub const REMEMBERED: usize = 32;

    /// The names of those incidents that could be this event's and of which nothing is noted: an earlier version opened them.
    pub fn unknown<'a>(&'a self, sign: &'a Sign) -> impl Iterator<Item = Timestamp> {
        let could_be = |name: &Timestamp| self.is_one_run(*name, sign) && self.notes.of(*name).is_none();
        self.names.0.iter().copied().filter(could_be)
    }

    /// The same, where it is known by its record what an incident of an earlier version does to the run.
    #[must_use]
    pub fn with_kind(mut self, name: Timestamp, kind: Kind) -> Self {
        self.notes = self.notes.with(Note { name, kind, at: name, entered: None });
        self
    }

    /// Finds the incident of an event, or opens one. Events come in any order, so an event may be older than the one that opened
    /// its incident.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::episode::{Episodes, Joined, Kind, Sign};
    /// use ports::InstanceState::{Stopped, Stopping};
    ///
    /// let at = |time: &str| format!("2026-11-23T{time}Z").parse().unwrap();
    /// let ends = |time, state, launch| Sign {
    ///     at: at(time), kind: Kind::End, entered: Some(state), launched_at: Some(at(launch)),
    /// };
    /// let first = ends("14:00:00", Stopping, "09:00:00");
    /// let mut known = Episodes::default();
    /// let Joined::Note(notes) = known.join(&first) else { panic!() };
    /// known.notes = notes;
    /// let Joined::Opened(name, names) = known.join(&first) else { panic!() };
    /// known.names = names;
    ///
    /// // It may take as long as it likes to stop.
    /// assert_eq!(known.join(&ends("14:21:00", Stopped, "09:00:00")), Joined::Known(name));
    /// // Started in between, it fails again: another incident, of which a note is taken first.
    /// assert!(matches!(known.join(&ends("14:12:00", Stopping, "14:05:00")), Joined::Note(_)));
    /// ```
    pub fn join(&self, sign: &Sign) -> Joined {
        let is_news = sign.launched_at.is_some_and(|launch| !self.notes.knows(launch));
        let its = self.names.0.iter().copied().filter(|name| self.is_of(*name, sign));
        if let Some(name) = its.min_by_key(|name| time::apart(*name, sign.at)) {
            return if is_news {
                Joined::Note(self.notes.clone().with_launch(sign.launched_at))
            } else {
                Joined::Known(name)
            };
        }
        let note = self.new_note(sign);
        if is_news || self.notes.of(note.name) != Some(&note) {
            return Joined::Note(self.notes.clone().with(note).with_launch(sign.launched_at));
        }
        Joined::Opened(note.name, self.names.with(note.name))
    }

    /// The latest incident that left the run going which this end is of: its set is an earlier one of the same run.
    pub fn before_the_end(&self, sign: &Sign) -> Option<Timestamp> {
        let is_running = |name: &Timestamp| self.notes.of(*name).is_some_and(|n| n.kind == Kind::Running);
        let earlier = |name: &Timestamp| *name <= sign.at && self.is_one_run(*name, sign);
        let is_it = |name: &Timestamp| sign.kind == Kind::End && is_running(name) && earlier(name);
        self.names.0.iter().copied().filter(is_it).max()
    }

    /// What is noted of a new incident. It is named by the time of its event, or by the next moment that names no other one.
    fn new_note(&self, sign: &Sign) -> Note {
        let Sign { at, kind, entered, .. } = *sign;
        let note = Note { name: at, kind, at, entered };
        let is_free = |note: &Note| {
            !self.names.0.contains(&note.name) && self.notes.of(note.name).is_none_or(|other| other == note)
        };
        let nth = |n| Note { name: time::later(at, SignedDuration::from_millis(n)), ..note };
        // There are fewer other ones than this.
        (0..100).map(nth).find(is_free).unwrap_or(note)
    }

    /// Whether an event is of the incident of that name.
    fn is_of(&self, name: Timestamp, sign: &Sign) -> bool {
        let is_near = || time::apart(name, sign.at) <= Self::WINDOW;
        self.is_one_run(name, sign)
            && match self.notes.of(name) {
                None => is_near(),
                Some(note) if note.kind != sign.kind => false,
                Some(note) => match note.kind {
                    Kind::Running => is_near(),
                    Kind::End => is_one_end((note.at, note.entered), (sign.at, sign.entered)),
                },
            }
    }

    /// Whether an incident and an event are of one run: no launch is known to lie between them, and none is likely to that is
    /// unknown. In the run that was launched last there can be none.
    fn is_one_run(&self, name: Timestamp, sign: &Sign) -> bool {
        let (first, last) = (name.min(sign.at), name.max(sign.at));
        let lies_between = |launch: Timestamp| first < launch && launch <= last;
        let is_latest = sign.launched_at.is_some_and(|launch| launch <= first);
        !self.notes.launches.iter().copied().chain(sign.launched_at).any(lies_between)
            && (is_latest || time::apart(first, last) <= Self::LONGEST_END)
    }
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

/// What is known of an incident of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownIncident {
    /// The time that names it.
    pub episode: Timestamp,
    /// What was begun for it, if anything was.
    pub begun: Option<Begun>,
}

/// What was begun for an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// What it does to the run.
    pub kind: Kind,
    /// Whether its snapshots were taken.
    pub is_taken: bool,
}

/// What the word that set a snapshot off does to a run.
///
/// # Examples
///
/// ```
/// use domain::policy::episode::{Kind, kind_of};
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
