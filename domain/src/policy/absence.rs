//! When a volume is taken for gone: by what EC2 answered about that very volume, never by a list that lacks it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ports::{Presence, VolumeId};
use serde::{Deserialize, Serialize};

/// How far apart two answers are at least that prove it together: what EC2 tells is eventually consistent
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>), and may be wrong for as long as something is
/// broken there.
pub const APART: SignedDuration = SignedDuration::from_hours(24);

/// What EC2 answered of a volume, as it is remembered from night to night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting {
    /// It was there.
    There {
        /// When that was asked.
        asked: Timestamp,
    },
    /// It was not found, however often that was asked since the first time.
    Missing {
        /// When it was not found for the first time.
        first: Timestamp,
        /// When that was asked last.
        asked: Timestamp,
        /// The night since which it counts as gone.
        #[serde(default)]
        gone: Option<Timestamp>,
    },
}

/// An answer of EC2 about a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeAnswer {
    /// What it says.
    pub presence: Presence,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it was there.
    pub told: Timestamp,
    /// The instant that the night decides for.
    pub night: Timestamp,
}

impl Sighting {
    /// What is remembered after an answer. A volume that answers is not gone, whatever was remembered of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::absence::{VolumeAnswer, Sighting};
    /// use ports::Presence;
    ///
    /// let answer = |presence, at: &str| {
    ///     let asked = at.parse().unwrap();
    ///     VolumeAnswer { presence, asked, told: asked, night: asked }
    /// };
    /// let first = Sighting::after(None, answer(Presence::NotFound, "2026-11-23T02:00:00Z"));
    /// let soon = Sighting::after(Some(first), answer(Presence::NotFound, "2026-11-24T01:59:59Z"));
    /// let second = Sighting::after(Some(soon), answer(Presence::NotFound, "2026-11-24T02:00:00Z"));
    /// assert_eq!((soon.gone_since(), second.gone_since()), (None, "2026-11-24T02:00:00Z".parse().ok()));
    /// let back = Sighting::after(Some(second), answer(Presence::There, "2026-11-25T02:00:00Z"));
    /// assert_eq!(back.gone_since(), None);
    /// ```
    pub fn after(before: Option<Self>, VolumeAnswer { presence, asked, told, night }: VolumeAnswer) -> Self {
        let (first, gone) = match (presence, before) {
            (Presence::There, _) => return Self::There { asked },
            (Presence::NotFound, Some(Self::Missing { first, gone, .. })) => (first, gone),
            (Presence::NotFound, Some(Self::There { .. }) | None) => (told, None),
        };
        let is_gone = APART <= asked.duration_since(first);
        Self::Missing { first, asked, gone: gone.or(is_gone.then_some(night)) }
    }

    /// Since when it counts as gone, if it does.
    pub fn gone_since(self) -> Option<Timestamp> {
        match self {
            Self::Missing { gone, .. } => gone,
            Self::There { .. } => None,
        }
    }

    /// Whether it still says something of a volume whose last snapshot began then: where there is a snapshot there was a
    /// volume.
    pub fn is_after(self, last: Timestamp) -> bool {
        match self {
            Self::Missing { first, .. } => last < first,
            Self::There { .. } => true,
        }
    }

    /// Whose turn it is: first what was missing, so that it is proven or forgotten, then what nobody has asked for, then what
    /// was there; of each the longest ago.
    fn turn(seen: Option<&Self>) -> (u8, Timestamp) {
        match seen {
            Some(Self::Missing { asked, .. }) => (0, *asked),
            None => (1, Timestamp::MIN),
            Some(Self::There { asked }) => (2, *asked),
        }
    }
}

/// The order in which to ask for volumes, when there may be no time for all.
pub fn turns<'a>(
    volumes: impl Iterator<Item = &'a VolumeId>,
    seen: &BTreeMap<VolumeId, Sighting>,
) -> Vec<&'a VolumeId> {
    let mut turns: Vec<&VolumeId> = volumes.collect();
    let turn = |a: &&VolumeId, b: &&VolumeId| -> Ordering {
        Sighting::turn(seen.get(*a)).cmp(&Sighting::turn(seen.get(*b))).then_with(|| a.cmp(b))
    };
    turns.sort_by(turn);
    turns
}
