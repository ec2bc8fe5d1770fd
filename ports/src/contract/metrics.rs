//! The clauses of [`Metrics`].

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::all_pages;
use crate::{Access, Attribute, ErrorKind, Metrics, MetricsQuery, Record};

/// An adapter of [`Metrics`] under test, and its world.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter, for a table whose key is the attribute `id`.
    fn metrics(&self) -> &dyn Metrics;
    /// The same for a table that does not exist.
    fn nowhere(&self) -> &dyn Metrics;
    /// The name of the table's index over the attribute `date`.
    fn index_by_date(&self) -> String;
    /// Puts a record into the table.
    async fn record(&self, record: Record);
}

all! {
    metrics_1_records_are_of_the_day
    metrics_2_tokens_reach_every_record
    metrics_3_numbers_keep_every_digit
    metrics_4_missing_table_is_not_found
    metrics_5_an_index_gives_the_same_records
}

fn query(access: Access) -> MetricsQuery {
    MetricsQuery { day: "2026-11-22".parse().unwrap(), time_attribute: "timestamp".to_owned(), access }
}

fn whole() -> Access {
    Access::Scan { segment: 0, of: 1 }
}

fn record(id: &str, time: &str, cpu: &str) -> Record {
    Record::from([
        ("id".to_owned(), Attribute::S(id.to_owned())),
        ("timestamp".to_owned(), Attribute::S(time.to_owned())),
        ("cpu".to_owned(), Attribute::N(cpu.to_owned())),
    ])
}

fn ids(records: &[Record]) -> BTreeSet<String> {
    let id = |record: &Record| {
        let Attribute::S(id) = &record["id"] else { panic!("{record:?}") };
        id.clone()
    };
    records.iter().map(id).collect()
}

async fn read(stage: &dyn Stage, access: Access) -> Vec<Record> {
    let (metrics, query) = (stage.metrics(), query(access));
    all_pages(|from| metrics.page(&query, from)).await
}

pub async fn metrics_1_records_are_of_the_day(stage: &dyn Stage) {
    let number = |id: &str, time: &str| {
        let mut record = record(id, "", "1");
        record.insert("timestamp".to_owned(), Attribute::N(time.to_owned()));
        record
    };
    for record in [
        record("first", "2026-11-22T00:00:00Z", "1"),
        record("last", "2026-11-22T23:59:59.999Z", "1"),
        record("before", "2026-11-21T23:59:59Z", "1"),
        record("after", "2026-11-23T00:00:00Z", "1"),
        number("seconds", "1795305600"),
        number("milliseconds", "1795391999999"),
        number("too-late", "1795392000"),
        Record::from([("id".to_owned(), Attribute::S("timeless".to_owned()))]),
    ] {
        stage.record(record).await;
    }
    let found = ids(&read(stage, whole()).await);
    assert_eq!(found, ["first", "last", "milliseconds", "seconds"].map(str::to_owned).into());
}

pub async fn metrics_2_tokens_reach_every_record(stage: &dyn Stage) {
    // Every record takes about 50 KB, so the table takes several pages, and whole pages hold none of the day.
    let filler = "x".repeat(50_000);
    let mut expected = BTreeSet::new();
    for n in 0..80 {
        let day = if n % 20 == 0 { "2026-11-22" } else { "2026-11-01" };
        let mut record = record(&format!("r{n:02}"), &format!("{day}T12:00:00Z"), "1");
        record.insert("filler".to_owned(), Attribute::S(filler.clone()));
        if n % 20 == 0 {
            expected.insert(format!("r{n:02}"));
        }
        stage.record(record).await;
    }
    assert_eq!(ids(&read(stage, whole()).await), expected);
    let mut by_segment = Vec::new();
    for segment in 0..3 {
        by_segment.extend(read(stage, Access::Scan { segment, of: 3 }).await);
    }
    assert_eq!(by_segment.len(), expected.len());
    assert_eq!(ids(&by_segment), expected);
}

pub async fn metrics_3_numbers_keep_every_digit(stage: &dyn Stage) {
    let digits = "0.12345678901234567890123456789012345678";
    stage.record(record("precise", "2026-11-22T12:00:00Z", digits)).await;
    assert_eq!(read(stage, whole()).await[0]["cpu"], Attribute::N(digits.to_owned()));
}

pub async fn metrics_4_missing_table_is_not_found(stage: &dyn Stage) {
    let metrics = stage.nowhere();
    assert_eq!(metrics.page(&query(whole()), None).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn metrics_5_an_index_gives_the_same_records(stage: &dyn Stage) {
    for (id, day) in [("a", "2026-11-22"), ("b", "2026-11-22"), ("c", "2026-11-21")] {
        let mut record = record(id, &format!("{day}T12:00:00Z"), "1");
        record.insert("date".to_owned(), Attribute::S(day.to_owned()));
        stage.record(record).await;
    }
    let index = Access::Index { name: stage.index_by_date(), key: "date".to_owned() };
    assert_eq!(ids(&read(stage, index).await), ids(&read(stage, whole()).await));
}
