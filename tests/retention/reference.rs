//! Retention once more: as obvious as it can be written, however slow, and without the code it is compared with.
//!
//! What the rules of hours, days, weeks, months and years mean is written down from restic's own documentation, "Removing
//! snapshots according to a policy" (<https://restic.readthedocs.io/en/stable/060_forget.html>), not from our code.

use std::collections::{BTreeMap, BTreeSet};

use domain::policy::retention::{Count, GroupBy, Owner, Reason, RetentionSpec, WithinFrom};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use ports::{Snapshot, SnapshotId, SnapshotState, time};
use proptest::prelude::*;

use super::world::{MARKS, World, ago, now, specs, worlds};

const HOUR: &str = "%Y-%m-%d %H";
const DAY: &str = "%Y-%m-%d";
const WEEK: &str = "%G-%V";
const MONTH: &str = "%Y-%m";
const YEAR: &str = "%Y";

/// Everything that one question needs.
struct Reference<'a> {
    world: &'a World,
    spec: &'a RetentionSpec,
}

fn tag<'s>(s: &'s Snapshot, key: &str) -> Option<&'s str> {
    s.tags.get(key)
}

impl Reference<'_> {
    fn strangeness(&self, s: &Snapshot) -> Vec<&'static str> {
        let is = |key, value| tag(s, key) == Some(value);
        let owned = match &self.spec.owned_by {
            Owner::Caretaker(_) => MARKS.iter().all(|(key, value)| is(key, value)),
            Owner::Tag(key, value) => tag(s, key) == Some(value),
            Owner::Any => true,
        };
        let other_tool =
            s.tags.iter().any(|(key, _)| key.starts_with("aws:backup")) || !s.description.is_empty();
        let mut strange = Vec::new();
        strange.extend((!owned).then_some("not-ours"));
        strange.extend(other_tool.then_some("other-tool"));
        strange.extend(self.world.shared_in.contains(&s.id).then_some("shared-in"));
        strange
    }

    fn ours(&self, s: &Snapshot) -> bool {
        self.strangeness(s).is_empty()
    }

    fn good(&self, s: &Snapshot) -> bool {
        self.ours(s) && s.state == SnapshotState::Completed && s.started_at <= now()
    }

    fn counts(&self, s: &Snapshot) -> bool {
        self.good(s) && tag(s, "caretaker:keep-days").is_none()
    }

    fn set<'s>(&self, s: &'s Snapshot) -> Option<&'s str> {
        tag(s, "caretaker:key").filter(|_| self.ours(s))
    }

    fn group(&self, s: &Snapshot) -> String {
        let own = |key| tag(s, key).map(str::to_owned);
        let key = match &self.spec.group_by {
            GroupBy::Volume => None,
            GroupBy::Instance => own("InstanceId"),
            GroupBy::Set => own("caretaker:key"),
            GroupBy::Nothing => Some("all".to_owned()),
            GroupBy::Tag(key) => own(key),
        };
        key.unwrap_or_else(|| s.volume.to_string())
    }

    /// Those that count in the group of a snapshot and are not older than it, itself included.
    fn not_older(&self, s: &Snapshot) -> Vec<&Snapshot> {
        let not_older = |other: &&Snapshot| {
            s.started_at < other.started_at || (s.started_at == other.started_at && other.id <= s.id)
        };
        let alike = self.world.snapshots.iter().filter(|o| self.counts(o) && self.group(o) == self.group(s));
        alike.filter(not_older).collect()
    }

    fn since(&self, s: &Snapshot, period: &str) -> Timestamp {
        let newest = || {
            let group =
                self.world.snapshots.iter().filter(|o| self.counts(o) && self.group(o) == self.group(s));
            group.map(|o| o.started_at).max().unwrap_or(now())
        };
        let from = match self.spec.within_from {
            WithinFrom::Now => now(),
            WithinFrom::Newest => newest(),
        };
        let span: Span = period.replace('m', "mo").parse().unwrap();
        Offset::UTC.to_timestamp(Offset::UTC.to_datetime(from).checked_sub(span).unwrap()).unwrap()
    }

    /// Whether it is the newest of its bucket; without a bucket it always is.
    fn leads(&self, s: &Snapshot, bucket: Option<&str>) -> bool {
        let mine = |bucket: &str| s.started_at.strftime(bucket).to_string();
        bucket.is_none_or(|bucket| {
            let same = |o: &&&Snapshot| o.started_at.strftime(bucket).to_string() == mine(bucket);
            self.not_older(s).iter().filter(same).count() == 1
        })
    }

    /// The note of restic's documentation about the oldest: where a rule has not enough snapshots to keep, the oldest of the
    /// group is kept additionally, and marked as `oldest`. So: nothing that counts is older, another one stands for its
    /// bucket already, and the rule could keep one more than there are buckets.
    fn is_kept_as_the_oldest(&self, s: &Snapshot) -> bool {
        let alike = self.world.snapshots.iter().filter(|o| self.counts(o) && self.group(o) == self.group(s));
        let all: Vec<&Snapshot> = alike.collect();
        if !self.counts(s) || self.not_older(s).len() < all.len() {
            return false;
        }
        let buckets = |bucket: &str| {
            let numbers = all.iter().map(|o| o.started_at.strftime(bucket).to_string());
            numbers.collect::<BTreeSet<String>>().len()
        };
        let d = self.spec;
        let counts = [
            (HOUR, d.keep_hourly),
            (DAY, d.keep_daily),
            (WEEK, d.keep_weekly),
            (MONTH, d.keep_monthly),
            (YEAR, d.keep_yearly),
        ];
        let ages = [
            (HOUR, d.keep_within_hourly),
            (DAY, d.keep_within_daily),
            (WEEK, d.keep_within_weekly),
            (MONTH, d.keep_within_monthly),
            (YEAR, d.keep_within_yearly),
        ];
        let left = |(bucket, count): (&str, Option<Count>)| match count {
            None => false,
            Some(Count::Unlimited) => true,
            Some(Count::Of(count)) => buckets(bucket) < usize::try_from(count.get()).unwrap(),
        };
        counts.into_iter().any(|rule| !self.leads(s, Some(rule.0)) && left(rule))
            || ages.into_iter().any(|(bucket, period)| {
                let young = period.is_some_and(|period| self.since(s, &period.to_string()) <= s.started_at);
                young && !self.leads(s, Some(bucket))
            })
    }

    fn counted(&self, s: &Snapshot, bucket: Option<&str>, count: &str) -> bool {
        let not_older = self.not_older(s);
        // Without a bucket, a set counts once and so does whatever is in none.
        let number = |o: &Snapshot| match bucket {
            Some(bucket) => o.started_at.strftime(bucket).to_string(),
            None => self.set(o).map_or(o.id.to_string(), |set| format!("set {set}")),
        };
        let distinct: BTreeSet<String> = not_older.iter().map(|o| number(o)).collect();
        let first = not_older.iter().filter(|o| number(o) == number(s)).count() == 1;
        self.counts(s) && first && (count == "unlimited" || distinct.len() <= count.parse().unwrap())
    }

    fn aged(&self, s: &Snapshot, bucket: Option<&str>, period: &str) -> bool {
        let failed = self.ours(s) && s.state == SnapshotState::Error && bucket.is_none();
        let ruled = tag(s, "caretaker:keep-days").is_none();
        ruled && (self.counts(s) || failed) && self.since(s, period) <= s.started_at && self.leads(s, bucket)
    }

    fn by_rule(&self, s: &Snapshot) -> Vec<&'static str> {
        let d = self.spec;
        let counts = [
            ("keep-last", None, &d.keep_last),
            ("keep-hourly", Some(HOUR), &d.keep_hourly),
            ("keep-daily", Some(DAY), &d.keep_daily),
            ("keep-weekly", Some(WEEK), &d.keep_weekly),
            ("keep-monthly", Some(MONTH), &d.keep_monthly),
            ("keep-yearly", Some(YEAR), &d.keep_yearly),
        ];
        let ages = [
            ("keep-within", None, &d.keep_within),
            ("keep-within-hourly", Some(HOUR), &d.keep_within_hourly),
            ("keep-within-daily", Some(DAY), &d.keep_within_daily),
            ("keep-within-weekly", Some(WEEK), &d.keep_within_weekly),
            ("keep-within-monthly", Some(MONTH), &d.keep_within_monthly),
            ("keep-within-yearly", Some(YEAR), &d.keep_within_yearly),
        ];
        let mut reasons = Vec::new();
        for (reason, bucket, count) in counts {
            let keeps = count.is_some_and(|count| self.counted(s, bucket, &count.to_string()));
            reasons.extend(keeps.then_some(reason));
        }
        for (reason, bucket, period) in ages {
            let keeps = period.is_some_and(|period| self.aged(s, bucket, &period.to_string()));
            reasons.extend(keeps.then_some(reason));
        }
        reasons.extend(self.is_kept_as_the_oldest(s).then_some("oldest"));
        let ruled = self.ours(s) && tag(s, "caretaker:keep-days").is_none();
        let tagged = d.keep_tag.iter().any(|labels| {
            labels.to_string().split(',').all(|label| match label.split_once('=') {
                Some((key, value)) => tag(s, key) == Some(value),
                None => tag(s, label).is_some(),
            })
        });
        reasons.extend((ruled && tagged).then_some("keep-tag"));
        reasons
    }

    fn by_itself(&self, s: &Snapshot) -> Vec<&'static str> {
        let mut reasons = self.strangeness(s);
        reasons.extend(self.world.in_use.contains_key(&s.id).then_some("in-use"));
        reasons.extend(self.world.locked.contains_key(&s.id).then_some("locked"));
        if !self.ours(s) {
            return reasons;
        }
        reasons.extend((now() < s.started_at).then_some("future-dated"));
        let held = tag(s, "caretaker:hold").is_some_and(|value| match value {
            "False" | "2026-11-22" | "2026-11-23T02:00:00Z" => false,
            "" | "true" | "2026-11-23" | "2026-11-23T02:00:01Z" | "soon"
            // Blanks, more words or another millennium: no day, and no `false` either.
            | " 2026-11-22" | "2026-11-22 or so" | " false " | "1999-11-22" => true,
            other => panic!("what does `{other}` mean?"),
        });
        reasons.extend(held.then_some("held"));
        match s.state {
            SnapshotState::Completed | SnapshotState::Error => {}
            SnapshotState::Pending => reasons.push("pending"),
            SnapshotState::Recoverable | SnapshotState::Recovering => reasons.push("recycled"),
        }
        match tag(s, "caretaker:keep-days").map(str::parse::<i64>) {
            Some(Ok(days)) if 0 < days => {
                let young = now().duration_since(s.started_at).as_secs() <= days * 86_400;
                reasons.extend(young.then_some("own-days"));
            }
            Some(_) => reasons.push("unreadable-tag"),
            None => {}
        }
        reasons
    }

    fn on_the_floor(&self, s: &Snapshot) -> bool {
        let same =
            |o: &&Snapshot| o.volume == s.volume && (o.id == s.id || s.volume.as_str() != "vol-ffffffff");
        let goods = self.world.snapshots.iter().filter(|o| self.good(o)).filter(same);
        let newer =
            goods.filter(|o| s.started_at < o.started_at || (s.started_at == o.started_at && o.id < s.id));
        !self.lost_its_floor(s) && self.good(s) && newer.count() < usize::try_from(self.spec.floor.0).unwrap()
    }

    /// Its volume is known to be gone by now, and all there is of it is old. Nobody knows the volume of a copy.
    fn lost_its_floor(&self, s: &Snapshot) -> bool {
        let days = self.spec.keep_dead_days.map(|days| days.to_string().parse::<i64>().unwrap());
        let is_old = |o: &Snapshot| days.is_some_and(|days| o.started_at < ago(24 * days));
        let gone = self.world.gone.get(&s.volume).is_some_and(|since| *since <= now());
        let same = self.world.snapshots.iter().filter(|o| o.volume == s.volume);
        gone && s.volume.as_str() != "vol-ffffffff" && same.into_iter().all(is_old)
    }

    fn alone(&self, s: &Snapshot) -> Vec<&'static str> {
        let mut reasons = self.by_rule(s);
        reasons.extend(self.by_itself(s));
        reasons.extend(self.on_the_floor(s).then_some("floor"));
        reasons
    }

    fn verdict(
        &self,
        s: &Snapshot,
        alone: &BTreeMap<SnapshotId, Vec<&'static str>>,
    ) -> BTreeSet<&'static str> {
        if !alone[&s.id].is_empty() {
            return alone[&s.id].iter().copied().collect();
        }
        let mates =
            self.world.snapshots.iter().filter(|o| self.set(s).is_some() && self.set(o) == self.set(s));
        let reason = if mates.clone().any(|o| !alone[&o.id].is_empty()) {
            "set"
        } else if tag(s, "caretaker:keep-days").is_some() {
            "own-days-over"
        } else if s.state == SnapshotState::Error {
            "failed"
        } else {
            "expired"
        };
        BTreeSet::from([reason])
    }
}

fn decide(world: &World, spec: &RetentionSpec) -> BTreeMap<SnapshotId, BTreeSet<&'static str>> {
    let reference = Reference { world, spec };
    let alone = world.snapshots.iter().map(|s| (s.id.clone(), reference.alone(s))).collect();
    world.snapshots.iter().map(|s| (s.id.clone(), reference.verdict(s, &alone))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_slow_reference_agrees(world in worlds(12), spec in specs()) {
        let plan = world.plan(&spec);
        let told: BTreeMap<SnapshotId, BTreeSet<&'static str>> = plan
            .kept()
            .chain(plan.removed())
            .map(|v| (v.id.clone(), v.reasons.iter().map(Reason::as_str).collect()))
            .collect();
        prop_assert_eq!(told, decide(&world, &spec));
    }
}

#[test]
fn the_reference_knows_its_days() {
    // What the reference takes for granted about the instant every plan is made for.
    assert_eq!(now().strftime(WEEK).to_string(), "2026-48");
    assert_eq!(time::day(now()).to_string(), "2026-11-23");
}
