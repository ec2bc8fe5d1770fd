//! How long planning takes, and how much memory: `cargo bench -p caretaker-domain`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use domain::policy::retention::{Retention, RetentionSpec, Stock};
use jiff::Timestamp;
use ports::Snapshot;

#[path = "../../tests/memory/listing.rs"]
mod listing;

/// Counts what is allocated, and how much of it at most at once.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const COUNTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

fn snapshots(count: usize) -> Vec<Snapshot> {
    (0..count).map(|n| listing::snapshot(n, count, now())).collect()
}

fn plan(bencher: Bencher<'_, '_>, count: usize, spec: RetentionSpec) {
    let (snapshots, retention) = (snapshots(count), Retention::new(spec).unwrap());
    let (in_use, locked, shared_in) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let gone = &BTreeMap::new();
    let stock =
        Stock { snapshots: &snapshots, in_use: &in_use, locked: &locked, shared_in: &shared_in, gone };
    bencher.counter(ItemsCount::new(count)).bench(|| retention.plan(divan::black_box(&stock), now()));
}

#[divan::bench(args = COUNTS, sample_size = 1, sample_count = 10)]
fn thirty_days(bencher: Bencher<'_, '_>, count: usize) {
    plan(
        bencher,
        count,
        RetentionSpec { keep_within: Some("30d".parse().unwrap()), ..RetentionSpec::default() },
    );
}

#[divan::bench(args = COUNTS, sample_size = 1, sample_count = 10)]
fn calendar(bencher: Bencher<'_, '_>, count: usize) {
    let count_of = |text: &str| Some(text.parse().unwrap());
    let spec = RetentionSpec {
        keep_last: count_of("3"),
        keep_hourly: count_of("24"),
        keep_daily: count_of("7"),
        keep_weekly: count_of("4"),
        keep_monthly: count_of("12"),
        keep_yearly: count_of("unlimited"),
        ..RetentionSpec::default()
    };
    plan(bencher, count, spec);
}

/// What the input itself takes: the measure for the memory of a plan.
#[divan::bench(args = COUNTS, sample_size = 1, sample_count = 3)]
fn input(bencher: Bencher<'_, '_>, count: usize) {
    bencher.bench(|| snapshots(count));
}
