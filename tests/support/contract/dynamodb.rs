//! What a ledger in a table of DynamoDB promises beside the contract of its port.

use jiff::Timestamp;
use ports::{ErrorKind, LedgerEntry, LedgerKey, Swap, Version};

use super::{Stage, all_pages};

fn key(name: &str) -> LedgerKey {
    LedgerKey::new(format!("contract#{name}")).unwrap()
}

fn entry(state: &str, open: bool) -> LedgerEntry {
    LedgerEntry { state: state.to_owned(), open, keep_until: Timestamp::from_second(2_000_000_000).unwrap() }
}

pub async fn dynamodb_1_missing_table_is_not_found(stage: &Stage) {
    let ledger = &stage.nowhere.ledger;
    assert_eq!(ledger.get(&key("x")).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(ledger.swap(&key("x"), None, &entry("", true)).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub async fn dynamodb_2_own_retried_write_is_won(stage: &Stage) {
    let (ledger, key) = (&stage.ports.ledger, key("retried"));
    stage.cloud.lose_next_reply("UpdateItem").await;
    assert_eq!(ledger.swap(&key, None, &entry("mine", true)).await, Ok(Swap::Won(Version::FIRST)));
    assert_eq!(stage.cloud.requests("UpdateItem").await, 2);
}

pub async fn dynamodb_3_unlisted_keys_reach_every_open_item_without_the_index_key(stage: &Stage) {
    let (ledger, before) = (&stage.ports.ledger, key("of-before"));
    stage.cloud.entry_of_before(&before, &entry("x", true)).await;
    stage.cloud.entry_of_before(&key("of-before-and-closed"), &entry("x", false)).await;
    ledger.swap(&key("of-now"), None, &entry("x", true)).await.unwrap();
    let unlisted = || all_pages(|from| ledger.unlisted_keys(from));
    assert_eq!(unlisted().await, std::slice::from_ref(&before));
    let stored = ledger.get(&before).await.unwrap().unwrap();
    ledger.swap(&before, Some(stored.version), &stored.entry).await.unwrap();
    stage.cloud.rest().await;
    assert_eq!(unlisted().await, []);
    let open = all_pages(|from| ledger.open_keys(from)).await;
    assert!(open.contains(&before), "{open:?}");
}
