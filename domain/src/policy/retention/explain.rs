use jiff::Timestamp;
use ports::{SnapshotId, UsedBy};
use serde::Serialize;

use super::assessment::{Assessment, Gone, Row, reference};
use super::judge::judge;
use super::{Judgement, Limit, Reason, Retention, SnapshotVerdict, Stock};
use crate::policy::naming::{HOLD, KEEP_DAYS, KEY, keep_days};
use crate::policy::ownership::OWNER;

/// Why one snapshot is kept or removed, rule by rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The verdict.
    pub verdict: SnapshotVerdict,
    /// Whether it is kept.
    pub kept: bool,
    /// The key of its group.
    pub group: String,
    /// What each rule says.
    pub rules: Vec<Question>,
    /// What uses it.
    pub in_use: Option<UsedBy>,
    /// Whether it is locked, and until when, where that is known.
    pub locked: Option<Option<Timestamp>>,
    /// Its tags that have a say: those that hold it, name its days and its set.
    pub tags: Vec<(String, String)>,
}

/// A rule and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The rule, as the command line writes it.
    pub rule: String,
    /// What it says.
    pub answer: RuleAnswer,
}

/// What a rule says of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleAnswer {
    /// It keeps it, as the first, second or nth.
    Keeps(u32),
    /// It keeps it, as the nth, because it is the oldest and the rule is not used up.
    KeepsOldest(u32),
    /// It keeps it.
    Matches,
    /// A newer one stands for it.
    OutdoneBy(SnapshotId),
    /// It keeps as many newer ones as it may.
    Beyond,
    /// It is too old.
    TooOld,
    /// It does not carry those tags.
    Untagged,
    /// The rule does not count it: it is not ours, not good, or has a tag of its own.
    NotCounted,
}

impl Retention {
    /// Explains the verdict on a snapshot; `None` when there is no such snapshot.
    pub fn explain(&self, stock: &Stock<'_>, now: Timestamp, id: &SnapshotId) -> Option<Explanation> {
        let spec = self.spec();
        let snapshot = stock.snapshots.iter().find(|snapshot| snapshot.id == *id)?;
        let reading = stock.read(self, None);
        let assessment = Assessment::of(reading.own(), now, &Gone::new());
        let row = assessment.rows.iter().find(|row| row.item.id == *id)?;
        let group: Vec<Row<'_>> = assessment.rows.iter().filter(|r| r.group == row.group).cloned().collect();
        let reference = reference(spec, &group, now);
        let rules = spec.rules().map(|rule| {
            let by_age = rule.bucket.is_none() && matches!(rule.limit, Limit::Period(_));
            let answer = if by_age && row.reasons.get().has(rule.reason) {
                RuleAnswer::Matches
            } else {
                answer(judge(rule, group.iter().filter(|row| row.counts()), reference, None), id)
            };
            Question { rule: rule.to_string(), answer }
        });
        let tagged = spec.keep_tag.iter().map(|labels| {
            let matches = row.is_ours() && row.item.is_ruled() && labels.are_on(&snapshot.tags);
            let answer = if matches { RuleAnswer::Matches } else { RuleAnswer::Untagged };
            Question { rule: format!("{} {labels}", Reason::Tagged), answer }
        });
        let verdict = SnapshotVerdict::of(row.item, row.verdict());
        let holds = snapshot.tags.iter().filter(|(key, _)| key.eq_ignore_ascii_case(HOLD));
        let said = |key| Some((key, snapshot.tags.get(key)?));
        let days = keep_days(snapshot).map(|days| (KEEP_DAYS, days));
        let tags = holds.chain(days).chain([KEY, OWNER].into_iter().filter_map(said));
        Some(Explanation {
            kept: verdict.reasons.keep(),
            verdict,
            group: reading.name(row.group).to_owned(),
            rules: rules.chain(tagged).collect(),
            in_use: stock.in_use.get(id).cloned(),
            locked: stock.locked.get(id).copied().filter(|until| until.is_none_or(|until| now < until)),
            tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        })
    }
}

/// What is said of one of those judged.
fn answer<'r, 's: 'r>(judged: impl Iterator<Item = (&'r Row<'s>, Judgement)>, id: &SnapshotId) -> RuleAnswer {
    let mut newer = None;
    for (row, judgement) in judged {
        let is_it = row.item.id == *id;
        match judgement {
            Judgement::Kept(nth) if is_it => return RuleAnswer::Keeps(nth),
            Judgement::Oldest(nth) if is_it => return RuleAnswer::KeepsOldest(nth),
            Judgement::Kept(_) => newer = Some(&row.item.id),
            Judgement::Outdone if is_it => {
                return newer.cloned().map_or(RuleAnswer::Beyond, RuleAnswer::OutdoneBy);
            }
            Judgement::Beyond if is_it => return RuleAnswer::Beyond,
            Judgement::TooOld if is_it => return RuleAnswer::TooOld,
            Judgement::Oldest(_) | Judgement::Outdone | Judgement::Beyond | Judgement::TooOld => {}
        }
    }
    RuleAnswer::NotCounted
}
