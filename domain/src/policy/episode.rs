//! Which events belong to one incident.

use jiff::{SignedDuration, Timestamp};
use ports::time;
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
