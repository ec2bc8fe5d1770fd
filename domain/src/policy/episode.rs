//! Which events belong to one incident.

use jiff::{SignedDuration, Timestamp};
use ports::{InstanceState, time};
use serde::{Deserialize, Serialize};

/// The incidents of one instance that are still remembered, each named by the time of its first event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Episodes(Vec<Timestamp>);

/// Where an event belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// To an incident that is known.
    Known(Timestamp),
    /// To a new one: remember these from now on.
    Opened(Timestamp, Episodes),
}

impl Episodes {
    /// Events less than this apart, in either direction, are of one incident.
    pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

    /// How many incidents of one instance are remembered.
    pub const REMEMBERED: usize = 32;

    /// Finds the incident of an event at `at`, or opens one. Events come in any order, so an event may be older than
    /// the one that opened its incident.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::episode::{Episodes, Joined};
    ///
    /// let at = |text: &str| text.parse().unwrap();
    /// let Joined::Opened(first, known) = Episodes::default().join(at("2026-11-23T14:00:00Z")) else { panic!() };
    /// assert_eq!(known.join(at("2026-11-23T14:15:00Z")), Joined::Known(first));
    /// assert_eq!(known.join(at("2026-11-23T13:50:00Z")), Joined::Known(first));
    /// assert!(matches!(known.join(at("2026-11-23T14:15:01Z")), Joined::Opened(..)));
    /// ```
    pub fn join(&self, at: Timestamp) -> Joined {
        let near = self.0.iter().filter(|opened| time::apart(**opened, at) <= Self::WINDOW);
        match near.min_by_key(|opened| time::apart(**opened, at)) {
            Some(opened) => Joined::Known(*opened),
            None => Joined::Opened(at, self.with(at)),
        }
    }

    /// The incidents opened at `since` or later.
    pub fn since(&self, since: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.0.iter().copied().filter(move |opened| since <= *opened)
    }

    fn with(&self, at: Timestamp) -> Self {
        let mut opened = self.0.clone();
        opened.push(at);
        opened.sort_unstable();
        let surplus = opened.len().saturating_sub(Self::REMEMBERED);
        Self(opened.split_off(surplus))
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
    /// Whether it is of a stop, or an end.
    pub is_stop: bool,
    /// Whether its snapshots were taken.
    pub is_taken: bool,
}

/// Whether a word that set a snapshot off is that of a stop, or an end.
pub fn is_stop(word: &str) -> bool {
    let states = [
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ];
    states.iter().any(|state| state.as_str() == word)
}

/// The earlier stop at which the disks of an instance were taken, if it has not been started since: then nothing is lost when it
/// is gone `at` this time.
pub fn covered(known: &[KnownIncident], started: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    let started = started?;
    let is_earlier = |episode| started <= episode && episode < time::earlier(at, Episodes::WINDOW);
    let covers =
        |k: &&KnownIncident| is_earlier(k.episode) && k.begun.is_some_and(|b| b.is_stop && b.is_taken);
    known.iter().filter(covers).map(|k| k.episode).max()
}
