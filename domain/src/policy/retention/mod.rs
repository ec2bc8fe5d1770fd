//! Which snapshots to keep, which to remove, and why.
//!
//! The rules are [restic's](https://restic.readthedocs.io/en/stable/060_forget.html): each keeps some snapshots of a
//! group, whatever one rule keeps is kept, the newest in a bucket of the calendar stands for the others, and while a rule
//! of the calendar is not used up it keeps the oldest of all as well. Around them is what AWS adds: whose a snapshot is, what uses it, what
//! its tags ask for, sets that live or die whole, and a floor under every volume. Around that are safeguards: a policy
//! that keeps nothing cannot be made, and a plan that removes too much is refused.
//!
//! A [`Reading`] is given the snapshots one by one, page by page at night, and keeps what decisions need of each. All of them
//! ask it: the [`RetentionPlan`], whether that may be carried out, what it leaves, and what may go for another reason.
//! [`Retention::plan`] makes one of a [`Stock`], for those who hold whole snapshots anyway.
//!
//! | file | holds |
//! | --- | --- |
//! | `spec`, `count`, `days`, `period`, `label` | a policy as people write it |
//! | `rule`, `bucket`, `judge` | what a rule says of the snapshots of a group |
//! | `item` | what is kept of a single snapshot, and what it comes to by itself |
//! | `reading`, `names` | all snapshots that were read |
//! | `gone` | which volumes are known to be gone |
//! | `assessment`, `plan` | all of it together |
//! | `clearance` | what may be removed for another reason than a rule |
//! | `cap`, `hash` | when not to act on a plan, and whether it is still the same |
//! | `due`, `baseline`, `ruling` | whether a plan follows from the last one, or a person has to accept it |
//! | `explain`, `compare` | why one snapshot, and what if |

mod assessment;
mod baseline;
mod bucket;
mod cap;
mod clearance;
mod compare;
mod count;
mod covers;
mod days;
mod due;
mod explain;
mod gone;
mod hash;
mod item;
mod judge;
mod known;
mod label;
mod names;
mod period;
mod plan;
mod reading;
mod reason;
mod rule;
mod ruling;
mod slice;
mod spec;

pub use baseline::{Asked, Baseline, History, Passage};
pub use bucket::Bucket;
pub use cap::{Cap, Mismatch, Refusal};
pub use clearance::Clearance;
pub use compare::Comparison;
pub use count::Count;
pub use days::Days;
pub use due::Due;
pub use explain::{Explanation, Question, RuleAnswer};
pub use hash::PlanHash;
pub(in crate::policy) use item::Item;
pub use judge::Judgement;
pub use known::Known;
pub use label::Labels;
pub use period::Period;
pub use plan::{Group, Retention, RetentionPlan, SnapshotVerdict, Stock};
pub use reading::{Bound, Reading};
pub use reason::{Reason, Reasons};
pub use rule::{Limit, Rule};
pub use ruling::{Change, Ruling};
pub use spec::{Floor, GroupBy, Owner, RetentionSpec, WithinFrom};

/// A retention that would be none, or that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Without a rule, everything would be removed.
    #[error("no rule keeps anything: name at least one, such as `keep-within` 30d")]
    Empty,
    /// Not a number of snapshots.
    #[error("`{0}` snapshots to keep: expected a whole number from 1, or `unlimited`")]
    Count(String),
    /// Not a stretch of time.
    #[error(
        "`{0}`: expected years, months, days and hours such as `1y2m3d4h`, more than nothing and each below 2^32"
    )]
    Period(String),
    /// Not a number of days.
    #[error("`{0}` days: expected a whole number from 1 to 36500")]
    Days(String),
    /// Not tags.
    #[error("`{0}`: expected tags such as `K` or `K=V,K2`")]
    Labels(String),
    /// Nothing to group by.
    #[error("`{0}`: expected `volume`, `instance`, `set`, `none` or `tag:KEY`")]
    GroupBy(String),
    /// Nobody who could own a snapshot.
    #[error("`{0}`: expected `caretaker`, `caretaker:NAME`, `any`, or a tag such as `K=V`")]
    Owner(String),
    /// No instant to measure from.
    #[error("`{0}`: expected `now` or `newest`")]
    WithinFrom(String),
    /// Not a share.
    #[error("{0} %: expected a whole number from 0 to 100")]
    Percent(u32),
    /// A word that is no reason.
    #[error("`{0}` is no reason to keep or remove a snapshot")]
    Reason(String),
}

/// Lets a type that is read from and written as text be so in JSON, too.
macro_rules! text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = RetentionError;
            fn try_from(text: String) -> Result<Self, RetentionError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
use text;
