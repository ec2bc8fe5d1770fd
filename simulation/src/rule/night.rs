use std::collections::{BTreeMap, BTreeSet};

use adapters_sim::Names;
use aws_vocabulary::{Attribute, ObjectKey, Record, time};
use cloud_sim::cloud::{Cloud, Fact};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Invariant, Seen};

/// The rule that the nights are scheduled by.
pub const NIGHT: &str = "nightly";

pub(super) fn is_night(fact: &Fact) -> bool {
    matches!(fact, Fact::Due { rule } if rule == NIGHT)
}

/// Whether an event is a night's.
pub(super) fn is_of_night(night: Date, payload: &str) -> bool {
    payload.contains(&format!("\"time\":\"{night}T"))
}

/// Forgets the night whose event was given up.
fn forget(nights: &mut BTreeSet<Date>, payload: &str) {
    nights.retain(|night| !is_of_night(*night, payload));
}

/// Every night is reported, or given up where a person finds it.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    open: BTreeSet<Date>,
}

impl Invariant for Reported {
    fn name(&self) -> &'static str {
        "every night is reported, or a person is told that it was not"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if is_night(seen.fact) {
            self.open.insert(time::day(seen.at));
        } else if let Fact::Published { key, .. } = seen.fact {
            let night = key.strip_prefix("night#report#").and_then(|rest| rest.get(..10)?.parse().ok());
            night.map(|night| self.open.remove(&night));
        } else if let Fact::Exhausted { payload, .. } = seen.fact {
            forget(&mut self.open, payload);
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        std::mem::take(&mut self.open).iter().map(Date::to_string).collect()
    }
}

/// Every night has its report, and its day's manifest, so long after it was due at the latest: one crash costs an hour, not
/// the night. It is a rule for stories in which little goes wrong; one whose event was given up is [`Reported`]'s.
#[derive(Clone, Debug)]
pub struct InTime {
    within: SignedDuration,
    unreported: BTreeMap<Date, Timestamp>,
    unarchived: BTreeMap<Date, Timestamp>,
}

impl InTime {
    /// Nights that are done so long after they were due.
    pub fn within(within: SignedDuration) -> Self {
        Self { within, unreported: BTreeMap::new(), unarchived: BTreeMap::new() }
    }

    fn late(&mut self, at: Timestamp) -> Option<String> {
        for (nights, what) in [(&mut self.unreported, "report"), (&mut self.unarchived, "manifest")] {
            let late = nights.iter().find(|(_, by)| **by < at).map(|(night, _)| *night);
            if let Some(night) = late {
                nights.remove(&night);
                return Some(format!("{night} has no {what} yet"));
            }
        }
        None
    }
}

impl Invariant for InTime {
    fn name(&self) -> &'static str {
        "a night is archived and reported soon after it was due"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if is_night(seen.fact) {
            let (night, by) = (time::day(seen.at), time::later(seen.at, self.within));
            self.unreported.insert(night, by);
            self.unarchived.insert(night, by);
        } else if let Fact::Published { key, .. } = seen.fact {
            self.unreported.retain(|night, _| !is_report(key, *night));
        } else if let Fact::ObjectCreated { key, .. } = seen.fact {
            let is_manifest = key.as_str().ends_with("manifest.json");
            let of = |night: Date| key.as_str().contains(&time::yesterday(night).to_string());
            self.unarchived.retain(|night, _| !(is_manifest && of(*night)));
        }
        self.late(seen.at)
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        std::iter::from_fn(|| self.late(Timestamp::MAX)).collect()
    }
}

fn is_report(key: &str, night: Date) -> bool {
    key.strip_prefix("night#report#").is_some_and(|rest| rest.starts_with(&night.to_string()))
}

/// Nothing of a night that was done lies in a failure queue: nobody is woken for a schedule that fired twice. It is a rule
/// for stories in which little goes wrong.
#[derive(Clone, Debug, Default)]
pub struct NoFalseAlarm {
    given_up: Vec<String>,
    reported: BTreeSet<Date>,
}

impl Invariant for NoFalseAlarm {
    fn name(&self) -> &'static str {
        "no event of a night that was done is given up"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if let Fact::Published { key, .. } = seen.fact {
            self.reported
                .extend(key.strip_prefix("night#report#").and_then(|night| night.parse::<Date>().ok()));
        } else if let Fact::Exhausted { payload, .. } = seen.fact {
            self.given_up.push(payload.clone());
        }
        None
    }

    fn at_rest(&mut self, _: &Cloud) -> Vec<String> {
        let given_up = std::mem::take(&mut self.given_up).into_iter();
        given_up.filter(|event| self.reported.iter().any(|night| is_of_night(*night, event))).collect()
    }
}

/// No day is archived before it is over: a manifest says that a day is complete, and nobody looks at it again.
#[derive(Clone, Copy, Debug)]
pub struct Over;

impl Invariant for Over {
    fn name(&self) -> &'static str {
        "no day is archived before it is over"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        let Fact::ObjectCreated { key, .. } = seen.fact else { return None };
        let day: Date = key.as_str().split_once("metrics-archive/")?.1.get(..10)?.parse().ok()?;
        (seen.at < time::midnight(time::tomorrow(day))).then(|| format!("`{key}` was made at {}", seen.at))
    }
}

/// The archive of a day holds exactly that day's records, to the digit: of the last nights, whose records the table
/// still has.
#[derive(Clone, Debug)]
pub struct Archived {
    names: Names,
    attribute: String,
    nights: BTreeSet<Date>,
}

/// How many nights are looked at.
const NIGHTS: usize = 7;

impl Archived {
    /// Looks at these tables and this bucket; a record's time is a text in this attribute.
    pub fn new(names: Names, attribute: &str) -> Self {
        Self { names, attribute: attribute.to_owned(), nights: BTreeSet::new() }
    }

    fn compare(&self, cloud: &Cloud, day: Date) -> Option<String> {
        let is_of_day = |record: &&Record| matches!(record.get(&self.attribute), Some(Attribute::S(at)) if at.starts_with(&day.to_string()));
        let table = cloud.dynamodb.look(&self.names.metrics)?;
        let mut expected: Vec<String> = table.items().filter(is_of_day).map(line).collect();
        let key = ObjectKey::new(format!("metrics-archive/{day}/metrics.jsonl")).ok()?;
        let key = self.names.object(&key).ok()?;
        let object = cloud.s3.look(&self.names.bucket)?.get(&key);
        let Some(object) = object else {
            return (!expected.is_empty()).then(|| format!("{day}: {} records, no object", expected.len()));
        };
        let text = String::from_utf8_lossy(&object.bytes);
        let mut archived: Vec<String> = text.lines().map(str::to_owned).collect();
        expected.sort();
        archived.sort();
        (expected != archived).then(|| {
            let missing = expected.iter().filter(|line| archived.binary_search(line).is_err()).count();
            format!(
                "{day}: {} records, {} lines, {missing} of the records in none",
                expected.len(),
                archived.len()
            )
        })
    }
}

impl Invariant for Archived {
    fn name(&self) -> &'static str {
        "the archive of a day holds exactly that day's records"
    }

    fn see(&mut self, seen: Seen<'_>) -> Option<String> {
        if is_night(seen.fact) {
            self.nights.insert(time::day(seen.at));
            if NIGHTS < self.nights.len() {
                self.nights.pop_first();
            }
        } else if let Fact::Exhausted { payload, .. } = seen.fact {
            forget(&mut self.nights, payload);
        }
        None
    }

    fn at_rest(&mut self, cloud: &Cloud) -> Vec<String> {
        self.nights.iter().filter_map(|night| self.compare(cloud, time::yesterday(*night))).collect()
    }
}

/// A record as the archive is to hold it, written the simplest way there is.
fn line(record: &Record) -> String {
    let field = |(name, value): (&String, &Attribute)| format!("{}:{}", quoted(name), written(value));
    format!("{{{}}}", record.iter().map(field).collect::<Vec<_>>().join(","))
}

fn written(value: &Attribute) -> String {
    match value {
        Attribute::S(text) => quoted(text),
        Attribute::N(digits) => digits.clone(),
        Attribute::Bool(truth) => truth.to_string(),
        Attribute::Null => "null".to_owned(),
        Attribute::L(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(",")),
        Attribute::M(map) => line(map),
        Attribute::Ss(set) => {
            format!("[{}]", set.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
        }
        Attribute::Ns(set) => format!("[{}]", set.iter().cloned().collect::<Vec<_>>().join(",")),
        // Nothing here writes bytes.
        Attribute::B(bytes) => format!("{bytes:?}"),
        Attribute::Bs(set) => format!("{set:?}"),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
