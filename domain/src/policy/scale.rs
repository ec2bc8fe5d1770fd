//! How far to scale a group out, and when not to.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ports::trigger::{AlarmTrigger, Breach};
use ports::{Capacity, Group, GroupName, LedgerKey, LifecycleState, Tags, time};
use serde::{Deserialize, Serialize};

use super::opt_in::{OptIn, opt_in};

/// The tag that opts a group or an instance in to being acted upon.
pub const OPT_IN: &str = "AutoRemediate";

/// How many instances to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grow {
    /// So many.
    Fixed(u32),
    /// So many percent of what is desired, rounded up, at least one.
    Percent(u32),
    /// The more, the further the value is beyond the threshold.
    ByBreach(Vec<BreachStep>),
}

/// One step of growth by breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachStep {
    /// From this many percent beyond the threshold on.
    pub from_percent: u32,
    /// Add so many.
    pub add: u32,
}

/// When and whom to scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScalePolicy {
    /// The group for alarms that name none.
    pub fallback: Option<GroupName>,
    /// The groups that may be changed, beside those tagged `AutoRemediate=true`.
    pub allowed: BTreeSet<GroupName>,
    /// How long a group rests after a change.
    pub cooldown: SignedDuration,
    /// Transitions older than this are history.
    pub stale_after: SignedDuration,
}

impl Default for ScalePolicy {
    fn default() -> Self {
        Self {
            fallback: None,
            allowed: BTreeSet::new(),
            cooldown: SignedDuration::from_mins(5),
            stale_after: SignedDuration::from_mins(10),
        }
    }
}

/// The last change that was made to a group, as the ledger keeps it: one for all alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The version of this format.
    pub format: u8,
    /// The transition it was made for.
    pub by: LedgerKey,
    /// What was desired before.
    pub previous: Capacity,
    /// What it was to become.
    pub target: Capacity,
    /// Until when nobody else changes the group.
    pub rests_until: Timestamp,
}

/// What to do with a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScalePlan {
    /// Set this capacity.
    To {
        /// What is desired now.
        previous: Capacity,
        /// What to set.
        target: Capacity,
    },
    /// Nothing can be added: the group is as large as it may be.
    AtMax {
        /// What is desired now.
        current: Capacity,
    },
    /// Leave it.
    Leave(Leave),
}

/// Why a group is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// The transition is history.
    #[error("the alarm changed at {0}, too long ago to act on")]
    Stale(Timestamp),
    /// Nothing says which group is meant.
    #[error("neither the alarm, its route nor the settings name a group")]
    NoGroupNamed,
    /// There is no such group.
    #[error("there is no group `{0}`")]
    NoSuchGroup(GroupName),
    /// The group is not one of ours to change.
    #[error("group `{0}` is neither allowed by the settings nor tagged `{OPT_IN}=true`")]
    NotAllowed(GroupName),
    /// The group scales itself by this alarm.
    #[error("the alarm belongs to the group's own target tracking")]
    TargetTracking,
    /// The group would not launch anything.
    #[error("process `{0}` of the group is suspended")]
    Suspended(String),
    /// The group is being renewed.
    #[error("an instance refresh of the group is under way")]
    Refreshing,
    /// The group was changed a moment ago.
    #[error("the group was changed for another alarm and rests until {0}")]
    Resting(Timestamp),
    /// As many as would be added are on their way already.
    #[error("{0} instances are on their way already")]
    OnTheirWay(u32),
}

impl ScalePolicy {
    /// The group an alarm is about: its own dimension first, then its route's, then the settings'.
    ///
    /// # Errors
    ///
    /// The reason to leave everything alone.
    pub fn group_of(&self, alarm: &AlarmTrigger, routed: Option<&GroupName>) -> Result<GroupName, Leave> {
        alarm.group().or_else(|| routed.cloned()).or_else(|| self.fallback.clone()).ok_or(Leave::NoGroupNamed)
    }

    /// Tells, before any group is read, whether the alarm alone rules a change out.
    ///
    /// # Errors
    ///
    /// The reason to leave everything alone.
    pub fn admit(&self, alarm: &AlarmTrigger, now: Timestamp) -> Result<(), Leave> {
        if self.is_stale(alarm.changed_at, now) {
            return Err(Leave::Stale(alarm.changed_at));
        }
        // Target tracking names its alarms so; they are the group's own to act on
        // (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html).
        if alarm.name.as_str().starts_with("TargetTracking-") {
            return Err(Leave::TargetTracking);
        }
        Ok(())
    }

    /// Whether a transition is history.
    pub fn is_stale(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        time::later(changed_at, self.stale_after) < now
    }

    /// Decides what the group should become.
    ///
    /// `key` is the transition's own: a slot that this very transition took is its own unfinished work, not a reason
    /// to rest.
    pub fn plan(&self, ask: &ScaleAsk<'_>) -> ScalePlan {
        match self.refusal(ask) {
            Some(leave) => ScalePlan::Leave(leave),
            None => grown(ask.group, ask.grow, ask.breach),
        }
    }

    fn refusal(&self, ask: &ScaleAsk<'_>) -> Option<Leave> {
        let group = ask.group;
        if !self.allows(&group.name, &group.tags) {
            return Some(Leave::NotAllowed(group.name.clone()));
        }
        let suspended = ["Launch", "AlarmNotification"].into_iter().find(|p| group.suspended.contains(*p));
        if let Some(process) = suspended {
            return Some(Leave::Suspended(process.to_owned()));
        }
        if group.refreshing {
            return Some(Leave::Refreshing);
        }
        let other = ask.slot.filter(|slot| slot.by != *ask.key && ask.now < slot.rests_until);
        other.map(|slot| Leave::Resting(slot.rests_until))
    }

    fn allows(&self, name: &GroupName, tags: &Tags) -> bool {
        match opt_in(tags, OPT_IN) {
            OptIn::In => true,
            OptIn::Out => false,
            OptIn::Silent => self.allowed.contains(name) || self.fallback.as_ref() == Some(name),
        }
    }

    /// The slot that a change takes.
    pub fn slot(&self, key: &LedgerKey, previous: Capacity, target: Capacity, now: Timestamp) -> Slot {
        Slot { format: 1, by: key.clone(), previous, target, rests_until: time::later(now, self.cooldown) }
    }
}

/// What a decision about a group is made of.
#[derive(Clone, Copy, Debug)]
pub struct ScaleAsk<'a> {
    /// The group as it is.
    pub group: &'a Group,
    /// The last change made to it.
    pub slot: Option<&'a Slot>,
    /// The transition's key.
    pub key: &'a LedgerKey,
    /// How far to grow.
    pub grow: &'a Grow,
    /// How far the threshold was crossed.
    pub breach: Option<&'a Breach>,
    /// The present.
    pub now: Timestamp,
}

/// What a group grows to: never above its maximum, and instances that were asked for but do not serve yet count.
///
/// # Examples
///
/// ```
/// use domain::policy::scale::{Grow, ScalePlan, grown};
/// use ports::{Capacity, Group, LifecycleState};
///
/// let group = Group {
///     name: "web".parse()?, desired: Capacity(4), min: Capacity(1), max: Capacity(5),
///     instances: [(LifecycleState::InService, 4)].into(), suspended: [].into(), refreshing: false,
///     tags: Default::default(),
/// };
/// let plan = grown(&group, &Grow::Fixed(2), None);
/// assert_eq!(plan, ScalePlan::To { previous: Capacity(4), target: Capacity(5) });
/// # Ok::<(), ports::IdError>(())
/// ```
pub fn grown(group: &Group, grow: &Grow, breach: Option<&Breach>) -> ScalePlan {
    if group.max <= group.desired {
        return ScalePlan::AtMax { current: group.desired };
    }
    let serving = group.instances.get(&LifecycleState::InService).copied().unwrap_or(0);
    let on_their_way = group.desired.minus(serving).0;
    let missing = step_size(grow, group.desired, breach).saturating_sub(on_their_way);
    if missing == 0 {
        return ScalePlan::Leave(Leave::OnTheirWay(on_their_way));
    }
    ScalePlan::To { previous: group.desired, target: group.desired.plus(missing).min(group.max) }
}

fn step_size(grow: &Grow, desired: Capacity, breach: Option<&Breach>) -> u32 {
    match grow {
        Grow::Fixed(add) => *add,
        Grow::Percent(percent) => {
            let share = u64::from(desired.0).saturating_mul(u64::from(*percent)).div_ceil(100).max(1);
            u32::try_from(share).unwrap_or(u32::MAX)
        }
        Grow::ByBreach(steps) => {
            let beyond = breach.map_or(0, percent_beyond);
            steps.iter().filter(|s| s.from_percent <= beyond).map(|s| s.add).max().unwrap_or(1)
        }
    }
}

/// How many percent the value lies beyond the threshold, in either direction; 0 when that cannot be told.
fn percent_beyond(breach: &Breach) -> u32 {
    let (Some(threshold), Some(value)) = (milli(&breach.threshold), milli(&breach.value)) else { return 0 };
    if threshold == 0 {
        return 0;
    }
    let percent = value.abs_diff(threshold).saturating_mul(100).checked_div(threshold.unsigned_abs());
    u32::try_from(percent.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// A decimal text in thousandths; what is finer is cut off.
fn milli(text: &str) -> Option<i128> {
    let (negative, digits) = match text.trim().strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.trim()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let whole: i128 = whole.parse().ok().filter(|n: &i128| *n <= 1_000_000_000_000_000_000)?;
    let value = whole.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)?;
    if negative { value.checked_neg() } else { Some(value) }
}

/// What a change that was decided on comes to once it is carried out: the world may have moved on in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Set this capacity.
    Set(Capacity),
    /// The group is there already.
    Reached,
    /// Somebody else changed the group; theirs stands.
    Moved,
}

/// Checks a decision against the group as it is right now. A capacity is absolute, so a stale one would undo what
/// somebody else did meanwhile; and a maximum may have been lowered.
///
/// # Examples
///
/// ```
/// use domain::policy::scale::{Confirmed, confirm};
/// use ports::Capacity;
///
/// let (previous, target) = (Capacity(2), Capacity(4));
/// assert_eq!(confirm(Capacity(2), Capacity(9), previous, target), Confirmed::Set(Capacity(4)));
/// assert_eq!(confirm(Capacity(2), Capacity(3), previous, target), Confirmed::Set(Capacity(3)));
/// assert_eq!(confirm(Capacity(8), Capacity(9), previous, target), Confirmed::Reached);
/// assert_eq!(confirm(Capacity(1), Capacity(9), previous, target), Confirmed::Moved);
/// ```
pub fn confirm(desired: Capacity, max: Capacity, previous: Capacity, target: Capacity) -> Confirmed {
    let target = target.min(max);
    if target <= desired {
        Confirmed::Reached
    } else if desired == previous {
        Confirmed::Set(target)
    } else {
        Confirmed::Moved
    }
}

/// A group that was scaled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    /// The group.
    pub group: GroupName,
    /// What was desired before.
    pub previous: Capacity,
    /// What is desired now.
    pub new: Capacity,
    /// How it came to be so.
    pub by: By,
}

/// By whom a group came to its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By us.
    Us,
    /// It was there already when the change was to be made.
    Others,
    /// Somebody changed it meanwhile, and theirs stands.
    Overruled,
    /// The group was gone or its limits changed before the change could be made.
    Nobody,
    /// The alarm was history before the change could be made.
    TooLate,
}
