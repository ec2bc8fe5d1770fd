use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RetentionError;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal),* $(,)?) => {
        /// Why a snapshot is kept or removed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])* $name),* }

        impl Reason {
            /// Every reason: first those to keep, then those to remove.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_start()),* }
            }
        }
    };
}

reasons! {
    /// Kept: among the last ones of its group.
    Last = "keep-last",
    /// Kept: the newest of its hour, among the last hours that have one.
    Hourly = "keep-hourly",
    /// Kept: the newest of its day, among the last days that have one.
    Daily = "keep-daily",
    /// Kept: the newest of its ISO week, among the last weeks that have one.
    Weekly = "keep-weekly",
    /// Kept: the newest of its month, among the last months that have one.
    Monthly = "keep-monthly",
    /// Kept: the newest of its year, among the last years that have one.
    Yearly = "keep-yearly",
    /// Kept: young enough.
    Within = "keep-within",
    /// Kept: young enough, and the newest of its hour.
    WithinHourly = "keep-within-hourly",
    /// Kept: young enough, and the newest of its day.
    WithinDaily = "keep-within-daily",
    /// Kept: young enough, and the newest of its ISO week.
    WithinWeekly = "keep-within-weekly",
    /// Kept: young enough, and the newest of its month.
    WithinMonthly = "keep-within-monthly",
    /// Kept: young enough, and the newest of its year.
    WithinYearly = "keep-within-yearly",
    /// Kept: the oldest of its group, and a rule about hours, days, weeks, months or years is not used up.
    Oldest = "oldest",
    /// Kept: it carries the tags asked for.
    Tagged = "keep-tag",
    /// Kept: younger than its own tag says.
    Own = "own-days",
    /// Kept: among the last good ones of its volume.
    Floor = "floor",
    /// Kept: another one of its set is kept, and a set lives or dies whole.
    Set = "set",
    /// Kept: it does not carry the tags that would make it ours.
    NotOurs = "not-ours",
    /// Kept: AWS Backup or Data Lifecycle Manager made it, and takes care of it.
    OtherTool = "other-tool",
    /// Kept: another account shares it.
    SharedIn = "shared-in",
    /// Kept: an image is made of it.
    InUse = "in-use",
    /// Kept: a snapshot lock keeps anybody from deleting it.
    Locked = "locked",
    /// Kept: a tag holds it.
    Held = "held",
    /// Kept: it is not completed yet.
    Pending = "pending",
    /// Kept: it is in the Recycle Bin.
    Recycled = "recycled",
    /// Kept: its time lies in the future, so some clock is wrong.
    FutureDated = "future-dated",
    /// Kept: its tag about days cannot be read.
    UnreadableTag = "unreadable-tag",
    /// Removed: no rule keeps it.
    Expired = "expired",
    /// Removed: older than its own tag says.
    OwnExpired = "own-days-over",
    /// Removed: it failed, holds nothing, and no rule about age keeps it.
    Failed = "failed",
}

impl Reason {
    /// Whether it is a reason to keep.
    pub fn keeps(self) -> bool {
        self < Self::Expired
    }

    const fn bit(self) -> u32 {
        // As many bits as there are reasons, which a test counts.
        1_u32.wrapping_shl(self.place())
    }

    #[expect(clippy::as_conversions, reason = "the only way to the number of a variant, and it is small")]
    const fn place(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of reasons, without an allocation.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::{Reason, Reasons};
///
/// let both: Reasons = [Reason::Floor, Reason::Daily].into_iter().collect();
/// assert!(both.keep() && both.has(Reason::Daily));
/// assert_eq!(both.to_string(), "keep-daily, floor");
/// assert!(!Reasons::from(Reason::Expired).keep());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reasons(u32);

impl Reasons {
    /// Adds a reason.
    pub fn add(&mut self, reason: Reason) {
        self.0 |= reason.bit();
    }

    /// Whether a reason is among them.
    pub fn has(self, reason: Reason) -> bool {
        self.0 & reason.bit() != 0
    }

    /// Whether one of them is a reason to keep.
    pub fn keep(self) -> bool {
        0 < self.0 & Self::KEEPING
    }

    /// Whether they say that it is not ours.
    pub fn are_of_others(self) -> bool {
        [Reason::NotOurs, Reason::OtherTool, Reason::SharedIn].iter().any(|reason| self.has(*reason))
    }

    /// These and those.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of them that are reasons to keep.
    #[must_use]
    pub fn keeping(self) -> Self {
        Self(self.0 & Self::KEEPING)
    }

    /// Each of them, those to keep first.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.iter().copied().filter(move |reason| self.has(*reason))
    }

    const KEEPING: u32 = Reason::Expired.bit().wrapping_sub(1);
}

impl From<Reason> for Reasons {
    fn from(reason: Reason) -> Self {
        Self(reason.bit())
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<I: IntoIterator<Item = Reason>>(reasons: I) -> Self {
        let mut all = Self::default();
        reasons.into_iter().for_each(|reason| all.add(reason));
        all
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, reason) in self.iter().enumerate() {
            write!(f, "{}{reason}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Serialize for Reasons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Reason::as_str))
    }
}

impl<'de> Deserialize<'de> for Reasons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let reason = |word: String| {
            let known = Reason::ALL.iter().copied().find(|reason| reason.as_str() == word);
            known.ok_or_else(|| serde::de::Error::custom(RetentionError::Reason(word)))
        };
        words.into_iter().map(reason).collect()
    }
}
