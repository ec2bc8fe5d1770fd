//! A policy, as options of the command line.

use clap::{Args, Parser};
use domain::policy::retention::{
    Cap, Count, Days, Floor, GroupBy, Labels, Owner, Period, Retention, RetentionError, RetentionSpec,
    WithinFrom,
};

/// What to keep. Whatever one rule keeps is kept; at least one is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyFlags {
    /// Keep the last N (or `unlimited`) of each group.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_last: Option<Count>,
    /// Keep the newest of each of the last N hours that have one.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_hourly: Option<Count>,
    /// Keep the newest of each of the last N days that have one.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_daily: Option<Count>,
    /// Keep the newest of each of the last N ISO weeks that have one.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_weekly: Option<Count>,
    /// Keep the newest of each of the last N months that have one.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_monthly: Option<Count>,
    /// Keep the newest of each of the last N years that have one.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_yearly: Option<Count>,
    /// Keep all that are younger, such as `1y2m3d4h`.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within: Option<Period>,
    /// Of those that are younger, keep the newest of each hour.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within_hourly: Option<Period>,
    /// Of those that are younger, keep the newest of each day.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within_daily: Option<Period>,
    /// Of those that are younger, keep the newest of each ISO week.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within_weekly: Option<Period>,
    /// Of those that are younger, keep the newest of each month.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within_monthly: Option<Period>,
    /// Of those that are younger, keep the newest of each year.
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    keep_within_yearly: Option<Period>,
    /// Keep those with all of these tags; may be given several times.
    #[arg(long, value_name = "K[=V][,K[=V]]")]
    keep_tag: Vec<Labels>,
    /// Measure ages from `now` or from the `newest` of the group.
    #[arg(long, value_name = "WHERE", default_value_t)]
    within_from: WithinFrom,
    /// What the rules apply to, each on its own: `volume`, `instance`, `set`, `none` or `tag:KEY`. What lacks the tag
    /// goes with its volume.
    #[arg(long, value_name = "WHAT", default_value_t)]
    group_by: GroupBy,
    /// What may be removed at all: those of one stack of `caretaker`, whose `OWNER` is the `NAME`
    /// in `caretaker:NAME`, those with the tag `K=V`, or `any` of this account.
    #[arg(long, value_name = "WHOSE", default_value_t)]
    owned_by: Owner,
    /// How many completed ones of each volume stay whatever the rules say.
    #[arg(long, value_name = "N", default_value_t = Floor::default().0)]
    floor: u32,
    /// Once the last snapshot of a volume is older than N days, keep nothing of it beside what the rules keep if the volume
    /// is gone: that is known where nights have asked for it, by `--aws --ledger TABLE`.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    keep_dead_days: Option<Days>,
    /// Refuse a plan that removes more than this share, and more than `--max-remove`.
    #[arg(long, value_name = "P", default_value_t = Cap::default().percent)]
    max_remove_percent: u32,
    /// Refuse a plan that removes more than this, and more than `--max-remove-percent`.
    #[arg(long, value_name = "N", default_value_t = Cap::default().number)]
    max_remove: u32,
}

/// Options alone, for a policy that is written as one text.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Alone {
    #[command(flatten)]
    flags: PolicyFlags,
}

impl PolicyFlags {
    /// The policy.
    ///
    /// # Errors
    ///
    /// When it keeps nothing.
    pub fn policy(self) -> Result<Retention, RetentionError> {
        Retention::new(RetentionSpec {
            keep_last: self.keep_last,
            keep_hourly: self.keep_hourly,
            keep_daily: self.keep_daily,
            keep_weekly: self.keep_weekly,
            keep_monthly: self.keep_monthly,
            keep_yearly: self.keep_yearly,
            keep_within: self.keep_within,
            keep_within_hourly: self.keep_within_hourly,
            keep_within_daily: self.keep_within_daily,
            keep_within_weekly: self.keep_within_weekly,
            keep_within_monthly: self.keep_within_monthly,
            keep_within_yearly: self.keep_within_yearly,
            keep_tag: self.keep_tag,
            within_from: self.within_from,
            group_by: self.group_by,
            owned_by: self.owned_by,
            floor: Floor(self.floor),
            keep_dead_days: self.keep_dead_days,
            max_remove: Cap { percent: self.max_remove_percent, number: self.max_remove },
        })
    }

    /// A policy that is written as one text: the same options, with blanks between them.
    ///
    /// # Errors
    ///
    /// What is wrong with an option, or that the policy keeps nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use cli::retention::flags::PolicyFlags;
    ///
    /// assert!(PolicyFlags::read("--keep-daily 7 --keep-monthly 12").is_ok());
    /// assert!(PolicyFlags::read("--keep-daily 7 --group-by 'tag:Cost Center'").is_ok());
    /// assert!(PolicyFlags::read("--keep-daily 0").unwrap_err().contains("`0` snapshots to keep"));
    /// assert!(PolicyFlags::read("--group-by 'tag:Cost").unwrap_err().contains("quotation mark"));
    /// ```
    pub fn read(text: &str) -> Result<Retention, String> {
        // What follows the first line is about a command line.
        let first = |error: clap::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
        let words = shlex::split(text).ok_or("a quotation mark without its other one")?;
        let read = Alone::try_parse_from(words).map_err(first)?;
        read.flags.policy().map_err(|error| error.to_string())
    }
}
