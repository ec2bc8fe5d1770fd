use std::fmt;

use super::{Bucket, Count, Period, Reason, RetentionSpec};

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

impl RetentionSpec {
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
        write!(f, "{} {}", self.reason, self.limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Period(period) => period.fmt(f),
        }
    }
}

impl RetentionSpec {
    /// The arguments of the command line that say the same.
    fn arguments(&self) -> Vec<String> {
        let rules = self.rules().map(|rule| (rule.reason.to_string(), rule.limit.to_string()));
        let tagged = self.keep_tag.iter().map(|labels| (Reason::Tagged.to_string(), labels.to_string()));
        let dead = self.keep_dead_days.map(|days| ("keep-dead-days".to_owned(), days.to_string()));
        let others = [
            ("within-from", self.within_from.to_string()),
            ("group-by", self.group_by.to_string()),
            ("owned-by", self.owned_by.to_string()),
            ("floor", self.floor.0.to_string()),
            ("max-remove-percent", self.max_remove.percent.to_string()),
            ("max-remove", self.max_remove.number.to_string()),
        ];
        let others = others.map(|(name, value)| (name.to_owned(), value));
        let options = rules.chain(tagged).chain(dead).chain(others);
        options.flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }

    /// The same for a shell: a tag may hold a blank, or a text that a shell would run.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::retention::{RetentionSpec, GroupBy};
    ///
    /// let spec = RetentionSpec { group_by: GroupBy::Tag("Cost Center".to_owned()), ..RetentionSpec::default() };
    /// assert!(spec.shell().contains(" --group-by 'tag:Cost Center' "));
    /// ```
    pub fn shell(&self) -> String {
        let arguments = self.arguments();
        // Only what holds a NUL cannot be quoted, and no tag does.
        shlex::try_join(arguments.iter().map(String::as_str)).unwrap_or_default()
    }
}

impl fmt::Display for RetentionSpec {
    /// The options of the command line that say the same, as they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arguments().join(" "))
    }
}
