use jiff::Timestamp;
use jiff::civil::Date;
use ports::{Snapshot, SnapshotState, time};

use super::{Draft, GroupBy, Owner, Period, Reason, Reasons};
use crate::policy::naming::{self, HOLD, INSTANCE_ID, KEY};
use crate::policy::ownership::Whose;

/// What a snapshot tells about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark<'a> {
    /// What is known before any rule is asked.
    pub(super) reasons: Reasons,
    /// Whose it is and what it is worth.
    pub(super) standing: Standing,
    /// Whether the rules apply, and not a tag of its own.
    pub(super) ruled: bool,
    /// The name of its group.
    pub(super) group: &'a str,
    /// The name under which it has its floor.
    pub(super) floor: &'a str,
    /// The name of its set.
    pub(super) set: Option<&'a str>,
}

/// Whose a snapshot is, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is not ours.
    Theirs,
    /// It is complete, and of the past.
    Good,
    /// It failed: it holds nothing.
    Failed,
    /// Nobody knows yet.
    Unsettled,
}

/// What tags say that rules and rails ask for, read in one go.
#[derive(Default)]
struct Said<'a> {
    other_tool: bool,
    set: Option<&'a str>,
    instance: Option<&'a str>,
    hold: Option<&'a str>,
    keep_days: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn read(snapshot: &'a Snapshot) -> Self {
        let mut said = Self { keep_days: naming::keep_days(snapshot), ..Self::default() };
        for (key, value) in snapshot.tags.iter() {
            match key {
                KEY => said.set = Some(value),
                INSTANCE_ID => said.instance = Some(value),
                HOLD => said.hold = Some(value),
                _ => said.other_tool |= is_of_other_tool(key),
            }
        }
        said
    }
}

/// Reads what a snapshot tells about itself, and whether another account shares it.
pub(super) fn mark<'a>(draft: &Draft, snapshot: &'a Snapshot, shared_in: bool, now: Timestamp) -> Mark<'a> {
    let said = Said::read(snapshot);
    let mut reasons = foreign(draft, snapshot, shared_in, &said);
    let standing = if reasons.keep() { Standing::Theirs } else { standing(snapshot, now) };
    let ours = standing != Standing::Theirs;
    if ours {
        protect(&mut reasons, snapshot, said.hold, now);
    }
    if let Some(days) = said.keep_days.filter(|_| ours) {
        reasons.add(own_days(days, snapshot.started_at, now));
    }
    let volume = snapshot.volume.as_str();
    Mark {
        reasons,
        standing,
        ruled: said.keep_days.is_none(),
        group: group(draft, snapshot, &said).unwrap_or(volume),
        floor: if snapshot.is_copy() { snapshot.id.as_str() } else { volume },
        set: said.set.filter(|_| ours),
    }
}

fn foreign(draft: &Draft, snapshot: &Snapshot, shared_in: bool, said: &Said<'_>) -> Reasons {
    let owned = match &draft.owned_by {
        Owner::Caretaker(name) => name.whose(&snapshot.tags) == Whose::Own,
        Owner::Tag(key, value) => snapshot.tags.get(key) == Some(value),
        Owner::Any => true,
    };
    [
        (!owned, Reason::NotOurs),
        (said.other_tool || is_by_other_tool(&snapshot.description), Reason::OtherTool),
        (shared_in, Reason::SharedIn),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// What one of ours is worth.
fn standing(snapshot: &Snapshot, now: Timestamp) -> Standing {
    match snapshot.state {
        SnapshotState::Completed if snapshot.started_at <= now => Standing::Good,
        SnapshotState::Error => Standing::Failed,
        SnapshotState::Completed
        | SnapshotState::Pending
        | SnapshotState::Recoverable
        | SnapshotState::Recovering => Standing::Unsettled,
    }
}

fn protect(reasons: &mut Reasons, snapshot: &Snapshot, hold: Option<&str>, now: Timestamp) {
    if now < snapshot.started_at {
        reasons.add(Reason::FutureDated);
    }
    if hold.is_some_and(|value| holds(value, now)) {
        reasons.add(Reason::Held);
    }
    match snapshot.state {
        SnapshotState::Completed | SnapshotState::Error => {}
        SnapshotState::Pending => reasons.add(Reason::Pending),
        SnapshotState::Recoverable | SnapshotState::Recovering => reasons.add(Reason::Recycled),
    }
}

/// Whether a tag is one that AWS Backup or Data Lifecycle Manager sets; nobody else can set those of AWS
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/dlm-elements.html>).
fn is_of_other_tool(key: &str) -> bool {
    key.starts_with("aws:backup:") || key.starts_with("aws:dlm:") || key == "dlm:managed"
}

/// Whether a description is one that AWS Backup or Data Lifecycle Manager writes.
fn is_by_other_tool(description: &str) -> bool {
    description.starts_with("This snapshot is created by the AWS Backup service")
        || description.starts_with("Created for policy: policy-")
}

/// Whether a person wants to keep a snapshot.
pub fn is_held(snapshot: &Snapshot, now: Timestamp) -> bool {
    snapshot.tags.get(HOLD).is_some_and(|value| holds(value, now))
}

/// A value that cannot be read holds for good: it was meant to. So does whatever the role denies as
/// a hold for good, or the night would try in vain to remove it: it is read as IAM reads it,
/// without taking blanks away, and is a day or an instant only where it looks like one of this
/// millennium to IAM.
fn holds(value: &str, now: Timestamp) -> bool {
    if ["false", "no", "off", "0"].iter().any(|no| value.eq_ignore_ascii_case(no)) {
        return false;
    }
    let end = match value.as_bytes() {
        [b'2', _, _, _, b'-', _, _, b'-', _, _] => {
            value.parse::<Date>().ok().map(|day| time::midnight(time::tomorrow(day)))
        }
        [b'2', _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => value.parse::<Timestamp>().ok(),
        _ => None,
    };
    end.is_none_or(|end| now < end)
}

fn own_days(days: &str, at: Timestamp, now: Timestamp) -> Reason {
    match days.trim().parse().ok().and_then(Period::days) {
        None => Reason::UnreadableTag,
        Some(period) if period.before(now) <= at => Reason::Own,
        Some(_) => Reason::OwnExpired,
    }
}

/// The name of the group; `None` for what lacks the tag to group by, which goes with its volume.
fn group<'a>(draft: &Draft, snapshot: &'a Snapshot, said: &Said<'a>) -> Option<&'a str> {
    match &draft.group_by {
        GroupBy::Volume => None,
        GroupBy::Instance => said.instance,
        GroupBy::Set => said.set,
        GroupBy::Nothing => Some("all"),
        GroupBy::Tag(key) => snapshot.tags.get(key),
    }
}
