use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use ports::{Snapshot, VolumeId};

use super::judge::{Judgement, judge};
use super::mark::{Mark, Standing, mark};
use super::number::number;
use super::{Draft, Limit, Reason, Reasons, Stock, Verdict, WithinFrom};

/// Of each group by its name, the oldest of those that counted, are gone by the plan itself, and are not listed any more.
pub(super) type Gone<'a> = BTreeMap<&'a str, &'a Verdict>;

/// A snapshot on the desk.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Its place in the list it is from.
    pub(super) place: usize,
    /// The moment it stands for.
    pub(super) at: Timestamp,
    /// The number of its group.
    pub(super) group: u32,
    /// The number of what it has its floor with.
    floor: u32,
    /// The number of its set.
    pub(super) set: Option<u32>,
    standing: Standing,
    /// Whether the rules apply, and not a tag of its own.
    pub(super) ruled: bool,
    /// What speaks for keeping it, and for removing it.
    pub(super) reasons: Cell<Reasons>,
}

impl<'a> Row<'a> {
    fn new(
        (place, snapshot): (usize, &'a Snapshot),
        mark: &Mark<'_>,
        (group, floor, set): (Option<u32>, Option<u32>, Option<u32>),
    ) -> Self {
        Self {
            snapshot,
            place,
            at: snapshot.started_at,
            group: group.unwrap_or_default(),
            floor: floor.unwrap_or_default(),
            set,
            standing: mark.standing,
            ruled: mark.ruled,
            reasons: Cell::new(mark.reasons),
        }
    }

    /// Whether it may be removed at all, as far as its owner goes.
    pub(super) fn is_ours(&self) -> bool {
        self.standing != Standing::Theirs
    }

    /// Whether the rules about number and age count it.
    pub(super) fn counts(&self) -> bool {
        self.standing == Standing::Good && self.ruled
    }

    /// Whether it comes before something that is gone, the newest first.
    pub(super) fn is_before(&self, gone: &Verdict) -> bool {
        gone.start.cmp(&self.at).then_with(|| self.snapshot.id.cmp(&gone.id)).is_lt()
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
pub(super) struct Desk<'a> {
    pub(super) rows: Vec<Row<'a>>,
    /// The name of each group.
    groups: Vec<&'a str>,
    /// How many sets there are.
    sets: usize,
    /// The volumes that only the floor keeps something of.
    pub(super) dead: Vec<VolumeId>,
}

impl<'a> Desk<'a> {
    /// Gathers everything that speaks for a snapshot.
    pub(super) fn settled(draft: &Draft, stock: &Stock<'a>, now: Timestamp, gone: &Gone<'_>) -> Self {
        let mut desk = Self::laid_out(draft, stock, now);
        desk.rows.sort_unstable_by(|a, b| newest_first(|row| row.group, a, b));
        for group in desk.rows.chunk_by(|a, b| a.group == b.group) {
            keep_by_rule(draft, group, now, desk.gone(gone, group));
        }
        // The next two ask for rows in another order; by volume it usually is the same.
        desk.rows.sort_unstable_by(|a, b| newest_first(|row| row.floor, a, b));
        for volume in desk.rows.chunk_by(|a, b| a.floor == b.floor) {
            desk.dead.extend(keep_floor(draft, volume));
        }
        desk.dead.sort_unstable();
        desk.rows.sort_unstable_by(|a, b| newest_first(|row| row.group, a, b));
        keep_sets(&desk.rows, desk.sets);
        desk
    }

    /// The name of a row's group.
    pub(super) fn key(&self, row: &Row<'_>) -> String {
        let key = usize::try_from(row.group).ok().and_then(|number| self.groups.get(number));
        key.map_or_else(String::new, |key| (*key).to_owned())
    }

    /// What is gone of a group.
    fn gone<'g>(&self, gone: &Gone<'g>, group: &[Row<'_>]) -> Option<&'g Verdict> {
        // Nothing is, nearly always.
        let row = group.first().filter(|_| !gone.is_empty())?;
        gone.get(self.key(row).as_str()).copied()
    }

    fn laid_out(draft: &Draft, stock: &Stock<'a>, now: Timestamp) -> Self {
        let marks: Vec<Mark<'a>> = stock.snapshots.iter().map(|s| mark(draft, stock, s, now)).collect();
        let groups = number(marks.iter().map(|mark| Some(mark.group)));
        let as_floors = marks.iter().all(|mark| mark.group == mark.floor);
        let floors =
            if as_floors { groups.of.clone() } else { number(marks.iter().map(|mark| Some(mark.floor))).of };
        let sets = number(marks.iter().map(|mark| mark.set));
        let numbers = groups.of.into_iter().zip(floors).zip(sets.of);
        let rows = stock.snapshots.iter().zip(&marks).zip(numbers).enumerate();
        let row = |(place, ((snapshot, mark), ((group, floor), set)))| {
            Row::new((place, snapshot), mark, (group, floor, set))
        };
        Self { rows: rows.map(row).collect(), groups: groups.names, sets: sets.names.len(), dead: Vec::new() }
    }
}

/// One group after the other, each newest first, and of one moment by id.
fn newest_first(group: fn(&Row<'_>) -> u32, a: &Row<'_>, b: &Row<'_>) -> Ordering {
    let by_group = group(a).cmp(&group(b));
    by_group.then_with(|| b.at.cmp(&a.at)).then_with(|| a.snapshot.id.cmp(&b.snapshot.id))
}

/// What the rules about age measure from.
pub(super) fn reference(draft: &Draft, group: &[Row<'_>], now: Timestamp) -> Timestamp {
    match draft.within_from {
        WithinFrom::Now => now,
        WithinFrom::Newest => group.iter().find(|row| row.counts()).map_or(now, |row| row.at),
    }
}

fn keep_by_rule(draft: &Draft, group: &[Row<'_>], now: Timestamp, gone: Option<&Verdict>) {
    let reference = reference(draft, group, now);
    for rule in draft.rules() {
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
            let young = |row: &&Row<'_>| row.standing == Standing::Failed && row.ruled && since <= row.at;
            group.iter().filter(young).for_each(|row| row.add(rule.reason));
        }
    }
    if !draft.keep_tag.is_empty() {
        for row in group.iter().filter(|row| row.is_ours() && row.ruled) {
            if draft.keep_tag.iter().any(|labels| labels.are_on(&row.snapshot.tags)) {
                row.add(Reason::Tagged);
            }
        }
    }
}

/// Keeps the last good ones of a volume, and names the volume when nothing else keeps one.
fn keep_floor(draft: &Draft, volume: &[Row<'_>]) -> Option<VolumeId> {
    let good = || volume.iter().filter(|row| row.standing == Standing::Good);
    let alive = good().any(|row| row.reasons.get().keep());
    let most = usize::try_from(draft.floor.0).unwrap_or(usize::MAX);
    good().take(most).for_each(|row| row.add(Reason::Floor));
    let named = good().next().filter(|row| !alive && !row.snapshot.is_copy());
    named.map(|row| row.snapshot.volume.clone())
}

/// Keeps what is in a set of which anything is kept.
fn keep_sets(rows: &[Row<'_>], sets: usize) {
    let in_set = || rows.iter().filter_map(|row| Some((usize::try_from(row.set?).ok()?, row)));
    let mut kept = vec![false; sets];
    for (set, _) in in_set().filter(|(_, row)| row.reasons.get().keep()) {
        if let Some(kept) = kept.get_mut(set) {
            *kept = true;
        }
    }
    let spared = |(set, row): &(usize, &Row<'_>)| kept.get(*set) == Some(&true) && !row.reasons.get().keep();
    in_set().filter(spared).for_each(|(_, row)| row.add(Reason::Set));
}
