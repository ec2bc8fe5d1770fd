use std::fmt;

use super::{Bucket, Count, Draft, Period, Reason};

/// What keeps some snapshots of a group: all of them or the newest in each bucket, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The reason it gives.
    pub reason: Reason,
    /// The stretch of which only the newest is kept.
    pub bucket: Option<Bucket>,
    /// How far back it reaches.
    pub limit: Limit,
}

/// How far back a rule reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many kept ones.
    Count(Count),
    /// So long.
    Period(Period),
}

impl Draft {
    /// The rules about number and age.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        let counts = [
            (Reason::Last, None, self.keep_last),
            (Reason::Hourly, Some(Bucket::Hour), self.keep_hourly),
            (Reason::Daily, Some(Bucket::Day), self.keep_daily),
            (Reason::Weekly, Some(Bucket::Week), self.keep_weekly),
            (Reason::Monthly, Some(Bucket::Month), self.keep_monthly),
            (Reason::Yearly, Some(Bucket::Year), self.keep_yearly),
        ];
        let periods = [
            (Reason::Within, None, self.keep_within),
            (Reason::WithinHourly, Some(Bucket::Hour), self.keep_within_hourly),
            (Reason::WithinDaily, Some(Bucket::Day), self.keep_within_daily),
            (Reason::WithinWeekly, Some(Bucket::Week), self.keep_within_weekly),
            (Reason::WithinMonthly, Some(Bucket::Month), self.keep_within_monthly),
            (Reason::WithinYearly, Some(Bucket::Year), self.keep_within_yearly),
        ];
        let counts =
            counts.into_iter().map(|(reason, bucket, count)| (reason, bucket, count.map(Limit::Count)));
        let periods =
            periods.into_iter().map(|(reason, bucket, period)| (reason, bucket, period.map(Limit::Period)));
        counts
            .chain(periods)
            .filter_map(|(reason, bucket, limit)| Some(Rule { reason, bucket, limit: limit? }))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Limit::Count(count) => write!(f, "{} {count}", self.reason),
            Limit::Period(period) => write!(f, "{} {period}", self.reason),
        }
    }
}

impl fmt::Display for Draft {
    /// The options of the command line that say the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in self.rules() {
            write!(f, "--{rule} ")?;
        }
        for labels in &self.keep_tag {
            write!(f, "--{} {labels} ", Reason::Tagged)?;
        }
        if let Some(days) = self.keep_dead_days {
            write!(f, "--keep-dead-days {days} ")?;
        }
        write!(
            f,
            "--within-from {} --group-by {} --owned-by {} --floor {} --max-remove-percent {} --max-remove {}",
            self.within_from,
            self.group_by,
            self.owned_by,
            self.floor.0,
            self.max_remove.percent,
            self.max_remove.number
        )
    }
}
