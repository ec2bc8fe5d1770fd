//! What people read about a plan for snapshots.

use std::fmt::Write;

use ports::UsedBy;

use super::visible;
use crate::policy::retention::{Answer, Explanation, RetentionPlan, Verdict};

/// How many snapshots a plan keeps and removes, and how large they are at most.
pub fn totals(plan: &RetentionPlan) -> String {
    let (kept, keeps) = sum(plan.kept());
    let (removed, removes) = sum(plan.removed());
    format!(
        "{kept} snapshots are kept (at most {keeps} GiB), {removed} are removed (at most {removes} GiB: snapshots are \
         incremental, so less is freed)"
    )
}

fn sum<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> (usize, u64) {
    verdicts.fold((0, 0), |(count, gib), verdict| {
        (count.saturating_add(1), gib.saturating_add(u64::from(verdict.size_gib)))
    })
}

/// Why one snapshot is kept or removed, rule by rule.
pub fn explanation(told: &Explanation) -> String {
    let verdict = &told.verdict;
    let decision = if told.kept { "KEPT" } else { "REMOVED" };
    let mut text = format!(
        "{} of {}, begun {}, at most {} GiB: {decision}\n\nbecause:\n",
        verdict.id, verdict.volume, verdict.start, verdict.size_gib
    );
    for reason in verdict.reasons.iter() {
        let _ = writeln!(text, "  {reason}: {}", reason.meaning());
    }
    let _ = writeln!(text, "\nrules, in the group {}:", visible::line(&told.group));
    for question in &told.rules {
        let _ = writeln!(text, "  {}: {}", question.rule, answer(&question.answer));
    }
    if let Some(UsedBy::Image(image)) = &told.in_use {
        let _ = writeln!(text, "\nused by {image}");
    }
    if let Some(until) = told.locked {
        let _ = writeln!(
            text,
            "\nlocked until {}",
            until.map_or_else(|| "nobody knows when".to_owned(), |end| end.to_string())
        );
    }
    for (key, value) in &told.tags {
        let _ = writeln!(text, "\ntag {} = {}", visible::line(key), visible::line(value));
    }
    text
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Keeps(nth) => format!("keeps it, as number {nth}"),
        Answer::KeepsOldest(nth) => {
            format!("keeps it, as number {nth}: it is the oldest, and the rule is not used up")
        }
        Answer::Matches => "keeps it".to_owned(),
        Answer::OutdoneBy(newer) => format!("no: {newer} is newer and stands for it"),
        Answer::Beyond => "no: as many newer ones as it may are kept".to_owned(),
        Answer::TooOld => "no: it is too old".to_owned(),
        Answer::Untagged => "no: it does not carry those tags".to_owned(),
        Answer::NotCounted => "no: it does not count it".to_owned(),
    }
}
