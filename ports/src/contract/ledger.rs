//! The clauses of [`Ledger`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;

use super::all_pages;
use crate::{Ledger, LedgerEntry, LedgerKey, Stored, Swap, Version};

/// An adapter of [`Ledger`] under test: an empty one.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The adapter.
    fn ledger(&self) -> &dyn Ledger;

    /// Waits until the lists know what was written, and what was closed:
    /// [`FOUND_AFTER`](crate::FOUND_AFTER) is enough. A ledger whose lists do not lag has nothing
    /// to wait for.
    async fn settle(&self) {}
}

all! {
    ledger_1_first_writer_wins
    ledger_2_swap_wants_the_version_it_read
    ledger_3_loser_is_told_the_winner
    ledger_4_read_sees_the_last_write
    ledger_5_open_keys_reach_every_entry_that_is_open_for_a_while
    ledger_6_what_may_be_forgotten_stands_until_it_is
    ledger_7_unlisted_keys_are_those_that_no_swap_listed
}

fn key(name: &str) -> LedgerKey {
    LedgerKey::new(format!("contract#{name}")).unwrap()
}

fn entry(state: &str, open: bool) -> LedgerEntry {
    LedgerEntry { state: state.to_owned(), open, keep_until: Timestamp::from_second(2_000_000_000).unwrap() }
}

pub async fn ledger_1_first_writer_wins(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("first"));
    assert_eq!(ledger.swap(&key, None, &entry("mine", true)).await, Ok(Swap::Won(Version::FIRST)));
    // The same words from another writer are still another writer's.
    for words in ["theirs", "mine"] {
        let second = ledger.swap(&key, None, &entry(words, true)).await.unwrap();
        assert!(matches!(second, Swap::Lost(Some(_))), "{second:?}");
    }
}

pub async fn ledger_2_swap_wants_the_version_it_read(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("version"));
    let Swap::Won(first) = ledger.swap(&key, None, &entry("1", true)).await.unwrap() else { panic!() };
    let second = ledger.swap(&key, Some(first), &entry("2", true)).await.unwrap();
    assert_eq!(second, Swap::Won(first.next()));
    let stale = ledger.swap(&key, Some(first), &entry("3", true)).await.unwrap();
    assert!(matches!(stale, Swap::Lost(_)));
    let nothing = self::key("nothing");
    assert_eq!(ledger.swap(&nothing, Some(first), &entry("4", true)).await, Ok(Swap::Lost(None)));
}

pub async fn ledger_3_loser_is_told_the_winner(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("loser"));
    ledger.swap(&key, None, &entry("winner", true)).await.unwrap();
    let lost = ledger.swap(&key, None, &entry("loser", false)).await.unwrap();
    let winner = Stored { version: Version::FIRST, entry: entry("winner", true) };
    assert_eq!(lost, Swap::Lost(Some(winner.clone())));
    assert_eq!(ledger.get(&key).await, Ok(Some(winner)));
}

pub async fn ledger_4_read_sees_the_last_write(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("read"));
    assert_eq!(ledger.get(&key).await, Ok(None));
    let mut version = None;
    for n in 0..5 {
        let state = n.to_string();
        let Swap::Won(won) = ledger.swap(&key, version, &entry(&state, true)).await.unwrap() else {
            panic!()
        };
        version = Some(won);
        assert_eq!(ledger.get(&key).await.unwrap().unwrap().entry.state, state);
    }
}

pub async fn ledger_5_open_keys_reach_every_entry_that_is_open_for_a_while(stage: &dyn Stage) {
    let ledger = stage.ledger();
    // Large enough for several pages.
    let state = "x".repeat(60_000);
    let (mut open, mut never, mut closed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for n in 0..60 {
        let key = key(&format!("open#{n}"));
        ledger.swap(&key, None, &entry(&state, n % 3 != 0)).await.unwrap();
        match n % 3 {
            0 => never.insert(key),
            1 => open.insert(key),
            _ => {
                ledger.swap(&key, Some(Version::FIRST), &entry(&state, false)).await.unwrap();
                closed.insert(key)
            }
        };
    }
    stage.settle().await;
    let found: BTreeSet<LedgerKey> = all_pages(|from| ledger.open_keys(from)).await.into_iter().collect();
    assert!(open.is_subset(&found), "{open:?} {found:?}");
    assert!(found.is_disjoint(&never), "{found:?}");
    // Those that were closed are told for as long as the list lags.
    assert!(found.is_disjoint(&closed), "{found:?}");
}

pub async fn ledger_6_what_may_be_forgotten_stands_until_it_is(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("expired"));
    let keep_until = Timestamp::from_second(1_000_000_000).unwrap();
    let expired = LedgerEntry { keep_until, ..entry("mine", true) };
    ledger.swap(&key, None, &expired).await.unwrap();
    let stored = Stored { version: Version::FIRST, entry: expired };
    assert_eq!(ledger.get(&key).await, Ok(Some(stored.clone())));
    assert_eq!(ledger.swap(&key, None, &entry("theirs", true)).await, Ok(Swap::Lost(Some(stored))));
}

pub async fn ledger_7_unlisted_keys_are_those_that_no_swap_listed(stage: &dyn Stage) {
    let (ledger, key) = (stage.ledger(), key("listed"));
    ledger.swap(&key, None, &entry("mine", true)).await.unwrap();
    assert_eq!(all_pages(|from| ledger.unlisted_keys(from)).await, []);
}
