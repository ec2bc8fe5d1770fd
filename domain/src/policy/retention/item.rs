use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use ports::{Snapshot, SnapshotId, SnapshotState, VolumeId, time};

use super::names::Names;
use super::{GroupBy, Owner, Period, Reason, Reasons, RetentionSpec};
use crate::policy::naming::{self, HOLD, INSTANCE_ID, KEY};
use crate::policy::ownership::Whose;

/// What is kept of a snapshot: nothing of it is another at another instant, or by another policy.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::policy) struct Item {
    pub(in crate::policy) id: SnapshotId,
    pub(in crate::policy) volume: VolumeId,
    /// The number of the volume.
    number: u32,
    /// The moment it stands for.
    pub(in crate::policy) at: Timestamp,
    pub(super) size_gib: u32,
    pub(in crate::policy) state: SnapshotState,
    /// Whether it is a copy, whose volume says nothing.
    pub(in crate::policy) is_copy: bool,
    /// The number of its set.
    pub(super) set: Option<u32>,
    /// Until when a person wants to keep it.
    held_until: Timestamp,
    /// Until when nobody can delete it.
    pub(super) locked_until: Timestamp,
    own_days: OwnDays,
    /// What speaks for it whenever it is asked.
    pub(super) always: Reasons,
}

/// What its own tag about days says of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OwnDays {
    /// Nothing: the rules apply.
    None,
    /// Something that cannot be read.
    Unreadable,
    /// It is kept for so long.
    Of(Period),
}

/// What a policy makes of a snapshot's tags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The number of its group.
    pub(super) group: u32,
    /// Whether it carries the tags of the owner.
    is_owned: bool,
    /// Whether it carries tags that keep it.
    is_tagged: bool,
}

/// What a snapshot comes to on its own merits, before any rule about number and age is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merits {
    pub(super) reasons: Reasons,
    pub(super) standing: Standing,
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

/// What tags say that rules and safeguards ask for, read in one go.
#[derive(Default)]
pub(super) struct ReadTags<'a> {
    other_tool: bool,
    pub(super) set: Option<&'a str>,
    instance: Option<&'a str>,
    /// Until when, at the latest: IAM takes a key in any case of letters for the same, and EC2 allows
    /// several of them on one snapshot
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
    held_until: Option<Timestamp>,
    keep_days: Option<&'a str>,
}

impl<'a> ReadTags<'a> {
    pub(super) fn read(snapshot: &'a Snapshot) -> Self {
        let mut tags = Self { keep_days: naming::keep_days(snapshot), ..Self::default() };
        for (key, value) in snapshot.tags.iter() {
            match key {
                KEY => tags.set = Some(value),
                INSTANCE_ID => tags.instance = Some(value),
                _ if key.eq_ignore_ascii_case(HOLD) => {
                    tags.held_until = tags.held_until.max(Some(end_of_hold(value)));
                }
                _ => tags.other_tool |= naming::is_of_other_tool(key),
            }
        }
        tags
    }
}

impl Seen {
    pub(super) fn by(
        spec: &RetentionSpec,
        snapshot: &Snapshot,
        tags: &ReadTags<'_>,
        names: &mut Names<Arc<str>>,
    ) -> Self {
        let is_owned = match &spec.owned_by {
            Owner::Caretaker(name) => name.whose(&snapshot.tags) == Whose::Own,
            Owner::Tag(key, value) => snapshot.tags.get(key) == Some(value),
            Owner::Any => true,
        };
        Self {
            group: names.number(group(spec, snapshot, tags).unwrap_or(snapshot.volume.as_str())),
            is_owned,
            is_tagged: spec.keep_tag.iter().any(|labels| labels.are_on(&snapshot.tags)),
        }
    }
}

impl Item {
    pub(super) fn new(
        snapshot: &Snapshot,
        tags: &ReadTags<'_>,
        (number, volume): (u32, VolumeId),
        set: Option<u32>,
        shared_in: bool,
    ) -> Self {
        let other_tool = tags.other_tool || is_by_other_tool(&snapshot.description);
        let always = [(other_tool, Reason::OtherTool), (shared_in, Reason::SharedIn)];
        Self {
            id: snapshot.id.clone(),
            volume,
            number,
            at: snapshot.started_at,
            size_gib: snapshot.size_gib,
            state: snapshot.state,
            is_copy: snapshot.is_copy(),
            set,
            held_until: tags.held_until.unwrap_or(Timestamp::MIN),
            locked_until: Timestamp::MIN,
            own_days: tags.keep_days.map_or(OwnDays::None, OwnDays::read),
            always: always.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect(),
        }
    }

    /// What it has its floor with: its volume, or itself when nobody knows what it is of.
    pub(super) fn floor(&self) -> (u32, Option<&SnapshotId>) {
        (self.number, self.is_copy.then_some(&self.id))
    }

    /// Whether the rules apply, and not a tag of its own.
    pub(super) fn is_ruled(&self) -> bool {
        self.own_days == OwnDays::None
    }

    /// Whether a person wants to keep it.
    pub(in crate::policy) fn is_held(&self, now: Timestamp) -> bool {
        now < self.held_until
    }

    /// What it comes to at an instant, in the eyes of a policy.
    pub(super) fn merits(&self, seen: Seen, now: Timestamp) -> Merits {
        let mut reasons = self.always;
        if now < self.locked_until {
            reasons.add(Reason::Locked);
        }
        if !seen.is_owned {
            reasons.add(Reason::NotOurs);
        }
        if reasons.are_of_others() {
            return Merits { reasons, standing: Standing::Theirs };
        }
        self.protect(&mut reasons, now);
        reasons = reasons.and(self.own_days.reasons(self.at, now));
        if self.is_ruled() && seen.is_tagged {
            reasons.add(Reason::Tagged);
        }
        Merits { reasons, standing: self.standing(now) }
    }

    /// What it is worth when it is ours.
    fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            SnapshotState::Completed if self.at <= now => Standing::Good,
            SnapshotState::Error => Standing::Failed,
            SnapshotState::Completed
            | SnapshotState::Pending
            | SnapshotState::Recoverable
            | SnapshotState::Recovering => Standing::Unsettled,
        }
    }

    fn protect(&self, reasons: &mut Reasons, now: Timestamp) {
        if now < self.at {
            reasons.add(Reason::FutureDated);
        }
        if self.is_held(now) {
            reasons.add(Reason::Held);
        }
        match self.state {
            SnapshotState::Completed | SnapshotState::Error => {}
            SnapshotState::Pending => reasons.add(Reason::Pending),
            SnapshotState::Recoverable | SnapshotState::Recovering => reasons.add(Reason::Recycled),
        }
    }
}

/// Whether a description is one that AWS Backup or Data Lifecycle Manager writes.
fn is_by_other_tool(description: &str) -> bool {
    description.starts_with("This snapshot is created by the AWS Backup service")
        || description.starts_with("Created for policy: policy-")
}

/// When a hold ends; never where its value cannot be read: it was meant to hold. So does whatever the role denies as
/// a hold for good, or the night would try in vain to remove it: it is read as IAM reads it,
/// without taking blanks away, and is a day or an instant only where it looks like one of this
/// millennium to IAM.
fn end_of_hold(value: &str) -> Timestamp {
    if ["false", "no", "off", "0"].iter().any(|no| value.eq_ignore_ascii_case(no)) {
        return Timestamp::MIN;
    }
    let end = match value.as_bytes() {
        [b'2', _, _, _, b'-', _, _, b'-', _, _] => {
            value.parse::<Date>().ok().map(|day| time::midnight(time::tomorrow(day)))
        }
        [b'2', _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => value.parse::<Timestamp>().ok(),
        _ => None,
    };
    end.unwrap_or(Timestamp::MAX)
}

impl OwnDays {
    fn read(days: &str) -> Self {
        naming::read_days(days).and_then(Period::days).map_or(Self::Unreadable, Self::Of)
    }

    /// What it says at an instant of a snapshot of another.
    fn reasons(self, at: Timestamp, now: Timestamp) -> Reasons {
        match self {
            Self::None => Reasons::default(),
            Self::Unreadable => Reason::UnreadableTag.into(),
            Self::Of(period) if period.before(now) <= at => Reason::Own.into(),
            Self::Of(_) => Reason::OwnExpired.into(),
        }
    }
}

/// The name of the group; `None` for what lacks the tag to group by, which goes with its volume.
fn group<'a>(spec: &RetentionSpec, snapshot: &'a Snapshot, tags: &ReadTags<'a>) -> Option<&'a str> {
    match &spec.group_by {
        GroupBy::Volume => None,
        GroupBy::Instance => tags.instance,
        GroupBy::Set => tags.set,
        GroupBy::Nothing => Some("all"),
        GroupBy::Tag(key) => snapshot.tags.get(key),
    }
}
