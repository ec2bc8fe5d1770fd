use std::collections::BTreeSet;

use jiff::Timestamp;
use ports::{ErrorKind, LedgerEntry, LedgerKey, Stored, Swap, Version};

use super::{Stage, all_pages};

fn key(name: &str) -> LedgerKey {
    LedgerKey::new(format!("contract#{name}")).unwrap()
}

fn entry(state: &str, open: bool) -> LedgerEntry {
    LedgerEntry { state: state.to_owned(), open, keep_until: Timestamp::from_second(2_000_000_000).unwrap() }
}

pub async fn ledger_1_first_writer_wins(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("first"));
    assert_eq!(ledger.swap(&key, None, &entry("mine", true)).await, Ok(Swap::Won(Version::FIRST)));
    // The same words from another writer are still another writer's.
    for words in ["theirs", "mine"] {
        let second = ledger.swap(&key, None, &entry(words, true)).await.unwrap();
        assert!(matches!(second, Swap::Lost(Some(_))), "{second:?}");
    }
}

pub async fn ledger_2_swap_wants_the_version_it_read(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("version"));
    let Swap::Won(first) = ledger.swap(&key, None, &entry("1", true)).await.unwrap() else { panic!() };
    let second = ledger.swap(&key, Some(first), &entry("2", true)).await.unwrap();
    assert_eq!(second, Swap::Won(first.next()));
    let stale = ledger.swap(&key, Some(first), &entry("3", true)).await.unwrap();
    assert!(matches!(stale, Swap::Lost(_)));
    let nothing = self::key("nothing");
    assert_eq!(ledger.swap(&nothing, Some(first), &entry("4", true)).await, Ok(Swap::Lost(None)));
}

pub async fn ledger_3_loser_is_told_the_winner(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("loser"));
    ledger.swap(&key, None, &entry("winner", true)).await.unwrap();
    let lost = ledger.swap(&key, None, &entry("loser", false)).await.unwrap();
    let winner = Stored { version: Version::FIRST, entry: entry("winner", true) };
    assert_eq!(lost, Swap::Lost(Some(winner.clone())));
    assert_eq!(ledger.get(&key).await, Ok(Some(winner)));
}

pub async fn ledger_4_read_sees_the_last_write(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("read"));
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
    let ledger = stage.ports().ledger;
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
    stage.rest().await;
    let found: BTreeSet<LedgerKey> = all_pages(|from| ledger.open_keys(from)).await.into_iter().collect();
    assert!(open.is_subset(&found), "{open:?} {found:?}");
    assert!(found.is_disjoint(&never), "{found:?}");
    // Those that were closed may be told, but here nothing lags.
    assert!(found.is_disjoint(&closed), "{found:?}");
}

pub async fn ledger_6_missing_table_is_not_found(stage: &dyn Stage) {
    let ledger = stage.ports_to_nowhere().ledger;
    assert_eq!(ledger.get(&key("x")).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(ledger.swap(&key("x"), None, &entry("", true)).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn ledger_7_own_retried_write_is_won(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("retried"));
    stage.lose_next_reply("UpdateItem").await;
    assert_eq!(ledger.swap(&key, None, &entry("mine", true)).await, Ok(Swap::Won(Version::FIRST)));
    assert_eq!(stage.requests("UpdateItem").await, 2);
}

pub async fn ledger_8_what_may_be_forgotten_stands_until_it_is(stage: &dyn Stage) {
    let (ledger, key) = (stage.ports().ledger, key("expired"));
    let keep_until = Timestamp::from_second(1_000_000_000).unwrap();
    let expired = LedgerEntry { keep_until, ..entry("mine", true) };
    ledger.swap(&key, None, &expired).await.unwrap();
    let stored = Stored { version: Version::FIRST, entry: expired };
    assert_eq!(ledger.get(&key).await, Ok(Some(stored.clone())));
    assert_eq!(ledger.swap(&key, None, &entry("theirs", true)).await, Ok(Swap::Lost(Some(stored))));
}

pub async fn ledger_9_unlisted_keys_reach_every_open_entry_that_no_swap_listed(stage: &dyn Stage) {
    let (ledger, before) = (stage.ports().ledger, key("of-before"));
    stage.entry_of_before(&before, &entry("x", true)).await;
    stage.entry_of_before(&key("of-before-and-closed"), &entry("x", false)).await;
    ledger.swap(&key("of-now"), None, &entry("x", true)).await.unwrap();
    let unlisted = || all_pages(|from| ledger.unlisted_keys(from));
    assert_eq!(unlisted().await, std::slice::from_ref(&before));
    let stored = ledger.get(&before).await.unwrap().unwrap();
    ledger.swap(&before, Some(stored.version), &stored.entry).await.unwrap();
    stage.rest().await;
    assert_eq!(unlisted().await, []);
    let open = all_pages(|from| ledger.open_keys(from)).await;
    assert!(open.contains(&before), "{open:?}");
}
