use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::VolumeId;

use super::item::{Item, Merits, Seen, Standing};
use super::judge::{Judgement, judge};
use super::reading::View;
use super::{Limit, Reason, Reasons, RetentionSpec, SnapshotVerdict, WithinFrom};

/// Of each group by its name, the oldest of those that counted, are gone by the plan itself, and are not listed any more.
pub(super) type Gone<'a> = BTreeMap<&'a str, &'a SnapshotVerdict>;

/// A snapshot in an assessment.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub(super) item: &'a Item,
    /// Where it was in the list.
    pub(super) place: usize,
    /// The moment it stands for.
    pub(super) at: Timestamp,
    /// The number of its group.
    pub(super) group: u32,
    pub(super) standing: Standing,
    /// What speaks for keeping it, and for removing it.
    pub(super) reasons: Cell<Reasons>,
}

impl<'a> Row<'a> {
    fn new(place: usize, item: &'a Item, seen: Seen, now: Timestamp) -> Self {
        let Merits { reasons, standing } = item.merits(seen, now);
        Self { item, place, at: item.at, group: seen.group, standing, reasons: Cell::new(reasons) }
    }

    /// Whether it may be removed at all, as far as its owner goes.
    pub(super) fn is_ours(&self) -> bool {
        self.standing != Standing::Theirs
    }

    /// Whether the rules about number and age count it.
    pub(super) fn counts(&self) -> bool {
        self.standing == Standing::Good && self.item.is_ruled()
    }

    /// The number of its set, if it is ours.
    pub(super) fn set(&self) -> Option<u32> {
        self.item.set.filter(|_| self.is_ours())
    }

    /// Whether it comes before something that is gone, the newest first.
    pub(super) fn is_before(&self, gone: &SnapshotVerdict) -> bool {
        gone.start.cmp(&self.at).then_with(|| self.item.id.cmp(&gone.id)).is_lt()
    }

    fn add(&self, reason: Reason) {
        let mut reasons = self.reasons.get();
        reasons.add(reason);
        self.reasons.set(reasons);
    }

    /// The reasons as a verdict gives them: those to keep, or else the one to remove.
    pub(super) fn verdict(&self) -> Reasons {
        let reasons = self.reasons.get();
        if reasons.keep() {
            reasons.keeping()
        } else if reasons.has(Reason::OwnExpired) {
            Reason::OwnExpired.into()
        } else if self.standing == Standing::Failed {
            Reason::Failed.into()
        } else {
            Reason::Expired.into()
        }
    }
}

/// All snapshots with what speaks for keeping them: group by group, each newest first.
pub(super) struct Assessment<'a> {
    pub(super) rows: Vec<Row<'a>>,
    /// The volumes that only the floor keeps something of.
    pub(super) dead: Vec<VolumeId>,
    /// The volumes that would lose their floor if they were gone, and when their last snapshot began.
    pub(super) doubtful: BTreeMap<VolumeId, Timestamp>,
    /// Those of them that are gone.
    pub(super) gone: Vec<VolumeId>,
}

impl<'a> Assessment<'a> {
    /// Gathers everything that speaks for a snapshot at an instant, in the eyes of a policy.
    pub(super) fn of(view: View<'a>, now: Timestamp, gone: &Gone<'_>) -> Self {
        let View { reading, spec, seen, gone: gone_volumes } = view;
        let items = reading.items.iter().zip(seen).enumerate();
        let rows = items.map(|(place, (item, seen))| Row::new(place, item, *seen, now)).collect();
        let mut assessment = Self { rows, dead: Vec::new(), doubtful: BTreeMap::new(), gone: Vec::new() };
        assessment.rows.sort_unstable_by(|a, b| newest_first(|row| row.group, a, b));
        for group in assessment.groups() {
            let gone = group.first().and_then(|row| gone.get(reading.name(row.group)));
            keep_by_rule(spec, group, now, gone.copied());
        }
        // The next two ask for rows in another order; by volume it usually is the same.
        assessment.rows.sort_unstable_by(|a, b| newest_first(|row| row.item.floor(), a, b));
        for volume in assessment.rows.chunk_by(|a, b| a.item.floor() == b.item.floor()) {
            let old = old(spec, volume, now);
            let doubtful = old.filter(|_| matters(spec, volume)).map(|(id, last)| (id.clone(), last));
            if old.is_some_and(|(id, _)| gone_volumes.has(id, now)) {
                assessment.gone.extend(doubtful.clone().map(|(id, _)| id));
            } else {
                assessment.dead.extend(keep_floor(spec, volume));
            }
            assessment.doubtful.extend(doubtful);
        }
        assessment.dead.sort_unstable();
        assessment.gone.sort_unstable();
        assessment.rows.sort_unstable_by(|a, b| newest_first(|row| row.group, a, b));
        keep_sets(&assessment.rows, reading.names());
        assessment
    }

    /// One group after the other.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Row<'a>]> {
        self.rows.chunk_by(|a, b| a.group == b.group)
    }
}

/// One group after the other, each newest first, and of one moment by id.
fn newest_first<'r, 'a, K: Ord>(
    group: impl Fn(&'r Row<'a>) -> K,
    a: &'r Row<'a>,
    b: &'r Row<'a>,
) -> Ordering {
    let by_group = group(a).cmp(&group(b));
    by_group.then_with(|| b.at.cmp(&a.at)).then_with(|| a.item.id.cmp(&b.item.id))
}

/// What the rules about age measure from.
pub(super) fn reference(spec: &RetentionSpec, group: &[Row<'_>], now: Timestamp) -> Timestamp {
    match spec.within_from {
        WithinFrom::Now => now,
        WithinFrom::Newest => group.iter().find(|row| row.counts()).map_or(now, |row| row.at),
    }
}

fn keep_by_rule(spec: &RetentionSpec, group: &[Row<'_>], now: Timestamp, gone: Option<&SnapshotVerdict>) {
    let reference = reference(spec, group, now);
    for rule in spec.rules() {
        let judged = judge(rule, group.iter().filter(|row| row.counts()), reference, gone);
        for (row, judgement) in judged.take_while(|(_, judgement)| !judgement.is_for_all_older()) {
            match judgement {
                Judgement::Kept(_) => row.add(rule.reason),
                Judgement::Oldest(_) => row.add(Reason::Oldest),
                Judgement::Outdone | Judgement::Beyond | Judgement::TooOld => {}
            }
        }
        if let (None, Limit::Period(period)) = (rule.bucket, rule.limit) {
            let since = period.before(reference);
            let young =
                |row: &&Row<'_>| row.standing == Standing::Failed && row.item.is_ruled() && since <= row.at;
            group.iter().filter(young).for_each(|row| row.add(rule.reason));
        }
    }
}

/// Those of a volume, newest first, that are good.
fn good<'r, 'a>(volume: &'r [Row<'a>]) -> impl Iterator<Item = &'r Row<'a>> {
    volume.iter().filter(|row| row.standing == Standing::Good)
}

/// How many the floor keeps.
fn floor(spec: &RetentionSpec) -> usize {
    usize::try_from(spec.floor.0).unwrap_or(usize::MAX)
}

/// The volume, and when its last snapshot began, if the floor is to keep nothing of it once it is gone. A copy does not
/// tell its volume.
fn old<'r>(spec: &RetentionSpec, volume: &'r [Row<'_>], now: Timestamp) -> Option<(&'r VolumeId, Timestamp)> {
    let since = spec.keep_dead_days?.before(now);
    let last = volume.first().filter(|row| row.at < since && !row.item.is_copy)?;
    Some((&last.item.volume, last.at))
}

/// Whether the floor keeps anything of a volume that nothing else does.
fn matters(spec: &RetentionSpec, volume: &[Row<'_>]) -> bool {
    good(volume).take(floor(spec)).any(|row| !row.reasons.get().keep())
}

/// Keeps the last good ones of a volume, and names the volume when nothing else keeps one.
fn keep_floor(spec: &RetentionSpec, volume: &[Row<'_>]) -> Option<VolumeId> {
    let alive = good(volume).any(|row| row.reasons.get().keep());
    good(volume).take(floor(spec)).for_each(|row| row.add(Reason::Floor));
    let named = good(volume).next().filter(|row| !alive && !row.item.is_copy);
    named.map(|row| row.item.volume.clone())
}

/// Keeps what is in a set of which anything is kept.
fn keep_sets(rows: &[Row<'_>], names: usize) {
    let in_set = || rows.iter().filter_map(|row| Some((usize::try_from(row.set()?).ok()?, row)));
    let mut kept = vec![false; names];
    for (set, _) in in_set().filter(|(_, row)| row.reasons.get().keep()) {
        if let Some(kept) = kept.get_mut(set) {
            *kept = true;
        }
    }
    let spared = |(set, row): &(usize, &Row<'_>)| kept.get(*set) == Some(&true) && !row.reasons.get().keep();
    in_set().filter(spared).for_each(|(_, row)| row.add(Reason::Set));
}
