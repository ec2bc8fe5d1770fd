use domain::policy::mode::Mode;
use domain::policy::pace::Rate;
use domain::policy::retention::{History, Retention};
use domain::policy::snapshot::SnapshotPolicy;
use domain::workflow::archive::Source;
use jiff::SignedDuration;
use ports::Access;

use super::reader::{Reader, number};
use super::retention::retention;
use super::{Common, Pairs, SettingsError, common, mode, table_name};
use super::{remediation, snapshot};

/// What the nightly function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightSettings {
    /// What every function is told.
    pub common: Common,
    /// `MODE`: whether to act.
    pub mode: Mode,
    /// `SNAPSHOT_RETENTION_DAYS`, `KEEP_*`, `MAX_REMOVE*`, `OWNER`: which snapshots are kept, and
    /// whose.
    pub retention: Retention,
    /// `DELETE_RATE`: how many snapshots EC2 lets this account delete a second.
    pub delete_rate: Rate,
    /// `ACCEPT_PLAN`: how the hash of a plan begins that a person accepts.
    pub accept: Option<String>,
    /// `SNAPSHOT_ON`, `SNAPSHOT_STATES`, `SNAPSHOT_MODE`, `SNAPSHOT_EXCLUDE`, `OWNER`: when and how
    /// to snapshot what nobody heard of, and for whom.
    pub snapshots: SnapshotPolicy,
    /// `ALARM_MAX_AGE_SECONDS`: older transitions are history.
    pub alarm_max_age: SignedDuration,
    /// `METRICS_*`: the records to archive; `None` where there are none.
    pub source: Option<Source>,
    /// `REPORT_BUCKET`: the bucket of the archive.
    pub bucket: Option<String>,
    /// `REPORT_PREFIX`: what the keys in it begin with.
    pub prefix: String,
}

impl NightSettings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn parse(pairs: &Pairs) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(pairs);
        let common = common(&mut reader);
        let mode = mode(&mut reader);
        let snapshots = snapshot::policy(&mut reader);
        let retention = retention(&mut reader, &snapshots.owner);
        let delete_rate = delete_rate(&mut reader);
        let accept = accept(&mut reader);
        let alarm_max_age = remediation::max_age(&mut reader);
        let (source, bucket) = source(&mut reader);
        let expected = "letters, digits and `/!_.*'()-` up to a last `/`";
        let prefix = reader.optional("REPORT_PREFIX", expected, prefix).unwrap_or_default();
        let read = common.zip(retention);
        reader.finish(read.map(|(common, retention)| Self {
            common,
            mode,
            retention,
            delete_rate,
            accept,
            snapshots,
            alarm_max_age,
            source,
            bucket,
            prefix,
        }))
    }
}

fn delete_rate(reader: &mut Reader<'_>) -> Rate {
    let expected = format!("a whole number from 1 to {}", Rate::MOST);
    reader.optional("DELETE_RATE", &expected, |text| Rate::new(text.parse().ok()?)).unwrap_or_default()
}

fn accept(reader: &mut Reader<'_>) -> Option<String> {
    let expected = "the first 12 digits or more of the hash that a report names";
    reader.optional("ACCEPT_PLAN", expected, |text| {
        let legal =
            (History::DIGITS..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
        legal.then(|| text.to_owned())
    })
}

/// Table and bucket make sense only together.
fn source(reader: &mut Reader<'_>) -> (Option<Source>, Option<String>) {
    let table = reader.optional("METRICS_TABLE", "the name of a DynamoDB table", table_name);
    let bucket = reader.optional("REPORT_BUCKET", "the name of an S3 bucket", bucket_name);
    match (reader.text("METRICS_TABLE"), reader.text("REPORT_BUCKET")) {
        (Some(_), None) => {
            reader.problem("REPORT_BUCKET", "the name of an S3 bucket, because `METRICS_TABLE` is set");
        }
        (None, Some(_)) => {
            reader.problem("METRICS_TABLE", "the name of a table, because `REPORT_BUCKET` is set");
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    let time_attribute = reader.text("METRICS_TIME_ATTRIBUTE").unwrap_or("timestamp").to_owned();
    let readings = readings(reader);
    (table.map(|table| Source { table, time_attribute, readings }), bucket)
}

fn readings(reader: &mut Reader<'_>) -> Vec<Access> {
    if let Some(name) = reader.text("METRICS_INDEX") {
        let key = reader.text("METRICS_INDEX_KEY").unwrap_or("date").to_owned();
        return vec![Access::Index { name: name.to_owned(), key }];
    }
    let segments = reader
        .optional("METRICS_SEGMENTS", "a whole number from 1 to 1000", |text| number(text, 1..=1000))
        .and_then(|n| u32::try_from(n).ok())
        .unwrap_or(1);
    (0..segments).map(|segment| Access::Scan { segment, of: segments }).collect()
}

/// Names of buckets (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
fn bucket_name(text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    ((3..=63).contains(&text.len()) && text.chars().all(legal)).then(|| text.to_owned())
}

/// Characters that are safe in keys (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>). A key may be
/// 1,024 bytes long, and what is put under the prefix needs some.
fn prefix(text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "/!_.*'()-".contains(c);
    let good = text.len() <= 512 && text.ends_with('/') && !text.starts_with('/') && text.chars().all(legal);
    good.then(|| text.to_owned())
}
