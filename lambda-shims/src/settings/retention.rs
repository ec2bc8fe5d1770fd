use std::str::FromStr;

use domain::policy::ownership::OwnerName;
use domain::policy::retention::{Cap, Count, Days, Floor, Labels, Owner, Period, Retention, RetentionSpec};

use super::reader::{Reader, number};

/// Which of an owner's snapshots are kept: by `KEEP_*`, or, when there are none of those, for
/// `SNAPSHOT_RETENTION_DAYS`.
pub(super) fn retention(reader: &mut Reader<'_>, owner: &OwnerName) -> Option<Retention> {
    let days = days(reader);
    let mut spec = rules(reader);
    if reader.text("SNAPSHOT_RETENTION_DAYS").is_some() && spec.keep_within.is_some() {
        reader.problem("KEEP_WITHIN", "nothing, because `SNAPSHOT_RETENTION_DAYS` says the same");
    }
    spec.keep_within = spec.keep_within.or(days);
    if spec.rules().next().is_none() && spec.keep_tag.is_empty() {
        spec.keep_within = Period::days(30);
    }
    spec.within_from = parsed(reader, "KEEP_WITHIN_FROM", "`now` or `newest`").unwrap_or_default();
    let groups = "`volume`, `instance`, `set`, `none` or `tag:KEY`";
    spec.group_by = parsed(reader, "KEEP_GROUP_BY", groups).unwrap_or_default();
    spec.floor = whole(reader, "KEEP_FLOOR", u32::MAX).map_or(Floor::default(), Floor);
    spec.keep_dead_days = parsed::<Days>(reader, "KEEP_DEAD_DAYS", "a whole number of days from 1 to 36500");
    let usual = Cap::default();
    spec.max_remove = Cap {
        percent: whole(reader, "MAX_REMOVE_PERCENT", 100).unwrap_or(usual.percent),
        number: whole(reader, "MAX_REMOVE", u32::MAX).unwrap_or(usual.number),
    };
    spec.owned_by = Owner::Caretaker(owner.clone());
    Retention::new(spec).ok()
}

fn days(reader: &mut Reader<'_>) -> Option<Period> {
    let expected = "a whole number of days from 1 to 36500; 0 or less would remove every snapshot";
    reader.optional("SNAPSHOT_RETENTION_DAYS", expected, |text| {
        number(text, 1..=36_500).and_then(|days| Period::days(u16::try_from(days).ok()?))
    })
}

fn rules(reader: &mut Reader<'_>) -> RetentionSpec {
    let mut count = |name| parsed::<Count>(reader, name, "a whole number from 1, or `unlimited`");
    let spec = RetentionSpec {
        keep_last: count("KEEP_LAST"),
        keep_hourly: count("KEEP_HOURLY"),
        keep_daily: count("KEEP_DAILY"),
        keep_weekly: count("KEEP_WEEKLY"),
        keep_monthly: count("KEEP_MONTHLY"),
        keep_yearly: count("KEEP_YEARLY"),
        ..RetentionSpec::default()
    };
    let mut period =
        |name| parsed::<Period>(reader, name, "years, months, days and hours such as `1y2m3d4h`");
    RetentionSpec {
        keep_within: period("KEEP_WITHIN"),
        keep_within_hourly: period("KEEP_WITHIN_HOURLY"),
        keep_within_daily: period("KEEP_WITHIN_DAILY"),
        keep_within_weekly: period("KEEP_WITHIN_WEEKLY"),
        keep_within_monthly: period("KEEP_WITHIN_MONTHLY"),
        keep_within_yearly: period("KEEP_WITHIN_YEARLY"),
        keep_tag: tags(reader),
        ..spec
    }
}

fn tags(reader: &mut Reader<'_>) -> Vec<Labels> {
    let expected = "tags such as `K=V,K2`, with `;` between those of which one is enough";
    let lists = reader.optional("KEEP_TAG", expected, |text| {
        text.split(';').map(|labels| labels.trim().parse().ok()).collect::<Option<Vec<Labels>>>()
    });
    lists.unwrap_or_default()
}

fn parsed<T: FromStr>(reader: &mut Reader<'_>, name: &'static str, expected: &str) -> Option<T> {
    reader.optional(name, expected, |text| text.parse().ok())
}

fn whole(reader: &mut Reader<'_>, name: &'static str, most: u32) -> Option<u32> {
    let read = |text: &str| text.parse().ok().filter(|n| *n <= most);
    reader.optional(name, &format!("a whole number from 0 to {most}"), read)
}
