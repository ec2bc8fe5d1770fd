//! Nearly right inputs for everything that reads what others wrote: nothing panics, nothing is skipped in silence,
//! nothing that a terminal would obey is printed.
//!
//! `FUZZ_CASES=1000000 cargo test --release --test fuzz` tries a million of each kind, `FUZZ_SEED` others. An input that
//! fails is printed, to become a file of the corpus, all of which is tried first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod command;
mod event;
mod expression;
mod list;
mod nesting;
mod setting;
mod wire;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

use adapters_aws::{inbound, listing};
use eventbridge::pattern::Pattern;
use eventbridge::schedule::Schedule;
use support::mutation::{Corpus, Dice};

/// How much work a case is, in those of a parser.
#[derive(Clone, Copy)]
enum Work {
    /// A parser.
    Little = 1,
    /// A command.
    Some = 10,
    /// A function in a cloud of its own.
    Much = 100,
}

/// How many cases of little work `cargo test` tries.
const USUAL: u64 = 2000;

fn number(name: &str, usual: u64) -> u64 {
    env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}=`{text}`: no number")))
}

/// The properties would hold of readers that refuse everything, if mutations were never right.
#[test]
fn mutations_are_often_right_and_often_wrong() {
    type Reads = fn(&[u8]) -> bool;
    let kinds: [(&str, Reads); 4] = [
        ("events", |input| inbound::instances(input).iter().any(Result::is_ok)),
        ("corpus/lists", |input| listing::snapshots(input).is_ok()),
        ("corpus/patterns", |input| String::from_utf8_lossy(input).parse::<Pattern>().is_ok()),
        ("corpus/schedules", |input| String::from_utf8_lossy(input).trim().parse::<Schedule>().is_ok()),
    ];
    for (folder, reads) in kinds {
        let corpus = Corpus::read(&[folder]);
        let right = (0..500).filter(|case| reads(&corpus.mutation(&mut Dice::new(*case)))).count();
        assert!((10..490).contains(&right), "{folder}: {right} of 500");
    }
}

/// Tries what is in some folders of the corpus, and mutations of it.
fn each(folders: &[&str], work: Work, check: impl Fn(&[u8])) {
    let corpus = Corpus::read(folders);
    let seed = number("FUZZ_SEED", 1);
    let cases = number("FUZZ_CASES", USUAL) / work as u64;
    let mutations = (0..cases).map(|case| corpus.mutation(&mut Dice::new(seed.rotate_left(32) ^ case)));
    for input in corpus.inputs().iter().cloned().chain(mutations) {
        let held = catch_unwind(AssertUnwindSafe(|| check(&input))).is_ok();
        assert!(held, "mend it, and put this into a file of {folders:?}: b\"{}\"", input.escape_ascii());
    }
}
