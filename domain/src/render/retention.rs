//! What people read about a plan for snapshots.

use std::fmt::Write;

use ports::UsedBy;

use super::visible;
use crate::policy::retention::{
    Asked, Bucket, Change, Count, Explanation, Floor, GroupBy, Limit, Owner, Refusal, Retention,
    RetentionPlan, RetentionSpec, RuleAnswer, Ruling, SnapshotVerdict, WithinFrom,
};

/// What a policy keeps, in words: the same wherever people read of it.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::{RetentionSpec, Retention};
/// use domain::render::retention::policy;
///
/// assert_eq!(
///     policy(&Retention::days(30)?),
///     "of each volume: all younger than 30d; and the last completed one of every volume, whatever its age",
/// );
/// let spec = RetentionSpec { keep_daily: Some("7".parse()?), keep_weekly: Some("4".parse()?), ..RetentionSpec::default() };
/// let words = policy(&Retention::new(spec)?);
/// assert!(words.starts_with("of each volume: the newest of each of the last 7 days; the newest of each of the last 4 weeks;"));
/// # Ok::<(), domain::policy::retention::RetentionError>(())
/// ```
pub fn policy(retention: &Retention) -> String {
    let spec = retention.spec();
    let rules = spec.rules().map(|rule| match (rule.bucket, rule.limit) {
        (None, Limit::Count(Count::Unlimited)) => "all".to_owned(),
        (None, Limit::Count(Count::Of(count))) => format!("the last {count}"),
        (None, Limit::Period(period)) => format!("all younger than {period}"),
        (Some(bucket), Limit::Count(Count::Unlimited)) => format!("the newest of every {}", word(bucket)),
        (Some(bucket), Limit::Count(Count::Of(count))) => {
            format!("the newest of each of the last {count} {}s", word(bucket))
        }
        (Some(bucket), Limit::Period(period)) => {
            format!("the newest of each {} of those younger than {period}", word(bucket))
        }
    });
    let tagged = spec.keep_tag.iter().map(|labels| format!("what is tagged `{labels}`"));
    let floor = match spec.floor {
        Floor(0) => None,
        Floor(1) => Some("and the last completed one of every volume, whatever its age".to_owned()),
        Floor(most) => {
            Some(format!("and the last {most} completed ones of every volume, whatever their age"))
        }
    };
    let dead = spec.keep_dead_days.filter(|_| floor.is_some());
    let dead = dead
        .map(|days| format!("but nothing of a volume that is gone once its last is older than {days} days"));
    let kept: Vec<String> = rules.chain(tagged).chain(floor).chain(dead).collect();
    visible::line(&format!("{}: {}{}", of(spec), kept.join("; "), measured(spec))).into_owned()
}

fn word(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Hour => "hour",
        Bucket::Day => "day",
        Bucket::Week => "week",
        Bucket::Month => "month",
        Bucket::Year => "year",
    }
}

/// What the rules apply to, each on its own.
fn of(spec: &RetentionSpec) -> String {
    let each = match &spec.group_by {
        GroupBy::Volume => "of each volume".to_owned(),
        GroupBy::Instance => "of each instance".to_owned(),
        GroupBy::Set => "of each set".to_owned(),
        GroupBy::Nothing => "of all together".to_owned(),
        GroupBy::Tag(key) => format!("of each value of the tag `{key}`"),
    };
    match &spec.owned_by {
        Owner::Caretaker(_) => each,
        Owner::Tag(key, value) => format!("of what is tagged `{key}={value}`, {each}"),
        Owner::Any => format!("of everything in the account, {each}"),
    }
}

fn measured(spec: &RetentionSpec) -> &'static str {
    let has_age = spec.rules().any(|rule| matches!(rule.limit, Limit::Period(_)));
    match spec.within_from {
        WithinFrom::Newest if has_age => " (ages are measured from the newest)",
        WithinFrom::Newest | WithinFrom::Now => "",
    }
}

/// Why a plan does not simply follow from the last one.
pub fn change(change: &Change) -> String {
    match change {
        Change::First(Refusal { cap, .. }) => format!(
            "nothing is known of an earlier night, and that is more than {} % and more than {}",
            cap.percent, cap.number
        ),
        Change::Policy { accepted, more, if_gone } => format!(
            "the policy has changed: it lets {more} go that the accepted one keeps{}, which is {}",
            once_gone(*if_gone),
            policy(accepted)
        ),
        Change::Tags { more } => format!(
            "{more} are let go that the last night kept and that time does not explain: holds, days of their own, or \
             other tags must have changed, or what used or locked them is gone"
        ),
        Change::Missing { missing, of } => format!(
            "{missing} of {of} snapshots are missing that no night has removed: somebody removed them, or took the tags \
             away that say they are ours"
        ),
    }
}

fn once_gone(count: u64) -> String {
    match count {
        0 => String::new(),
        count => format!(" ({count} of them only if their volumes turn out to be gone)"),
    }
}

/// What a GiB of a snapshot costs a month, in cents: the standard tier in the region us-east-1; other regions, and discounts,
/// have other prices (<https://aws.amazon.com/ebs/pricing/>).
const CENTS_A_GIB_MONTH: u64 = 5;

/// What keeping snapshots of so many GiB may cost.
///
/// # Examples
///
/// ```
/// assert_eq!(
///     domain::render::retention::stake(1_001),
///     "at most 1001 GiB, $50.05 a month at $0.05 a GiB-month (standard tier in us-east-1)",
/// );
/// ```
pub fn stake(gib: u64) -> String {
    let cents = gib.saturating_mul(CENTS_A_GIB_MONTH);
    let (dollars, rest) = (cents.checked_div(100), cents.checked_rem(100));
    format!(
        "at most {gib} GiB, ${}.{:02} a month at $0.{CENTS_A_GIB_MONTH:02} a GiB-month (standard tier in us-east-1)",
        dollars.unwrap_or_default(),
        rest.unwrap_or_default()
    )
}

/// What is asked of a person before anything of a plan is removed, and how they answer.
pub fn question(asked: &Asked, plan: &RetentionPlan, ledger: &str) -> String {
    let ours = plan.kept().filter(|verdict| !verdict.reasons.are_of_others()).count();
    let remove = plan.removed().count();
    let slice = plan.policy.spec().max_remove.slice(asked.baseline.ours);
    let (hash, options) = (asked.hash.short(), plan.policy.spec().shell());
    let why = asked.why.join("\n- ");
    let doubtful = match plan.doubtful_volumes.len() {
        0 => String::new(),
        count => format!(", and what the floor keeps of {count} volumes if they are gone"),
    };
    format!(
        "nothing was removed. A person has to accept first that {remove} of {} snapshots go{doubtful}:\n- {why}\n\
         to look: caretaker plan --aws --ledger {ledger} {options}\n\
         to accept: caretaker accept {hash} --aws --ledger {ledger}\n\
         or deploy with AcceptPlan={hash}; at most {slice} of them go a night then\n\
         if it is not meant: mend the policy or the tags, and the next night goes on",
        ours.saturating_add(remove),
    )
}

/// What becomes of a plan this night.
pub fn ruling(plan: &RetentionPlan, ruling: &Ruling) -> Option<String> {
    match ruling {
        Ruling::Ask(changes) => Some(changes.iter().map(change).collect::<Vec<_>>().join("; ")),
        Ruling::Go { most } => {
            let waiting = plan.removed().count().saturating_sub(*most);
            (0 < waiting).then(|| format!("{most} go now, and {waiting} wait: a backlog goes in slices"))
        }
    }
}

/// How many snapshots a plan keeps and removes, and how large they are at most.
pub fn totals(plan: &RetentionPlan) -> String {
    let (kept, keeps) = sum(plan.kept());
    let (removed, removes) = sum(plan.removed());
    format!(
        "{kept} snapshots are kept (at most {keeps} GiB), {removed} are removed (at most {removes} GiB: snapshots are \
         incremental, so less is freed)"
    )
}

fn sum<'a>(verdicts: impl Iterator<Item = &'a SnapshotVerdict>) -> (usize, u64) {
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

fn answer(answer: &RuleAnswer) -> String {
    match answer {
        RuleAnswer::Keeps(nth) => format!("keeps it, as number {nth}"),
        RuleAnswer::KeepsOldest(nth) => {
            format!("keeps it, as number {nth}: it is the oldest, and the rule is not used up")
        }
        RuleAnswer::Matches => "keeps it".to_owned(),
        RuleAnswer::OutdoneBy(newer) => format!("no: {newer} is newer and stands for it"),
        RuleAnswer::Beyond => "no: as many newer ones as it may are kept".to_owned(),
        RuleAnswer::TooOld => "no: it is too old".to_owned(),
        RuleAnswer::Untagged => "no: it does not carry those tags".to_owned(),
        RuleAnswer::NotCounted => "no: it does not count it".to_owned(),
    }
}
