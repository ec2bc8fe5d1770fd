use adapters_aws::sdk::DynamoLedger;
use ports::{ErrorKind, Ledger, LedgerEntry, LedgerKey, Page, PageToken, PortError, Stored, Swap, Version};
use serde_json::{Value, json};

use crate::{
    answer::{answer, dynamo_error, ok},
    script::{Reply, Script},
};

fn key() -> LedgerKey {
    LedgerKey::new("snap#i-0a#1").unwrap()
}

fn entry() -> LedgerEntry {
    let keep_until = "2026-12-23T00:00:00Z".parse().unwrap();
    LedgerEntry { state: r#"{"claimed":"by me"}"#.to_owned(), open: true, keep_until }
}

/// The entry as the table holds it; 1,797,984,000 is the start of 2026-12-23.
fn item(version: &str, state: &str) -> Value {
    json!({
        "key": { "S": "snap#i-0a#1" },
        "version": { "N": version },
        "state": { "S": state },
        "open": { "BOOL": true },
        "keep_until": { "N": "1797984000" },
    })
}

fn stored(version: u64) -> Stored {
    Stored { version: Version(version), entry: entry() }
}

fn failed_check(item: Option<Value>) -> Reply {
    let mut body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
    });
    if let Some(item) = item {
        body["Item"] = item;
    }
    answer(400, body.to_string())
}

async fn ledger(replies: impl IntoIterator<Item = Reply>) -> (DynamoLedger, Script) {
    let script = Script::of(replies);
    (DynamoLedger::new(&script.config().await, "ledger"), script)
}

async fn swap(replies: impl IntoIterator<Item = Reply>, expected: Option<u64>) -> Result<Swap, PortError> {
    let (ledger, _) = ledger(replies).await;
    ledger.swap(&key(), expected.map(Version), &entry()).await
}

#[tokio::test(start_paused = true)]
async fn ledger_1_first_writer_wins() {
    let (ledger, script) = ledger([ok("{}"), failed_check(Some(item("1", &entry().state)))]).await;
    assert_eq!(ledger.swap(&key(), None, &entry()).await, Ok(Swap::Won(Version::FIRST)));
    // The same entry from somebody else is still somebody else's.
    assert_eq!(ledger.swap(&key(), None, &entry()).await, Ok(Swap::Lost(Some(stored(1)))));
    let request = script.requests()[0].json();
    assert_eq!(request["TableName"], "ledger");
    assert_eq!(request["Key"], json!({ "key": { "S": "snap#i-0a#1" } }));
    assert_eq!(request["ConditionExpression"], "attribute_not_exists(#key)");
    assert_eq!(request["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
}

#[tokio::test(start_paused = true)]
async fn ledger_2_swap_wants_the_version_it_read() {
    let (ledger, script) = ledger([ok("{}")]).await;
    assert_eq!(ledger.swap(&key(), Some(Version(3)), &entry()).await, Ok(Swap::Won(Version(4))));
    let request = script.only().json();
    assert_eq!(request["ConditionExpression"], "#version = :expected");
    let values = &request["ExpressionAttributeValues"];
    assert_eq!((&values[":expected"], &values[":version"]), (&json!({ "N": "3" }), &json!({ "N": "4" })));
    assert_eq!(
        (&values[":open"], &values[":keep"]),
        (&json!({ "BOOL": true }), &json!({ "N": "1797984000" }))
    );
    assert_eq!(values[":state"], json!({ "S": entry().state }));
}

#[tokio::test(start_paused = true)]
async fn ledger_3_loser_is_told_the_winner() {
    let theirs =
        Stored { version: Version(4), entry: LedgerEntry { state: "by them".to_owned(), ..entry() } };
    let lost = swap([failed_check(Some(item("4", "by them")))], Some(3)).await;
    assert_eq!(lost, Ok(Swap::Lost(Some(theirs))));
}

#[tokio::test(start_paused = true)]
async fn a_swap_of_an_entry_that_has_gone_is_lost_to_none() {
    assert_eq!(swap([failed_check(None)], Some(3)).await, Ok(Swap::Lost(None)));
}

#[tokio::test(start_paused = true)]
async fn dynamodb_2_own_retried_write_is_won() {
    for lost in [Reply::Cut, Reply::Silence, answer(500, "{}")] {
        let own = failed_check(Some(item("4", &entry().state)));
        assert_eq!(swap([lost, own], Some(3)).await, Ok(Swap::Won(Version(4))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rival_s_write_is_not_taken_for_an_own_retried_one() {
    let theirs = failed_check(Some(item("4", "by them")));
    let lost = swap([Reply::Cut, theirs], Some(3)).await.unwrap();
    assert!(matches!(lost, Swap::Lost(Some(it)) if it.entry.state == "by them"));
    let throttle = dynamo_error(400, "ThrottlingException", "Rate exceeded");
    let same = failed_check(Some(item("4", &entry().state)));
    assert_eq!(swap([throttle, same], Some(3)).await, Ok(Swap::Lost(Some(stored(4)))));
}

#[tokio::test(start_paused = true)]
async fn a_fraction_of_a_second_is_kept_longer_not_shorter() {
    let (ledger, script) = ledger([ok("{}")]).await;
    let keep_until = "2026-12-22T23:59:59.001Z".parse().unwrap();
    ledger.swap(&key(), None, &LedgerEntry { keep_until, ..entry() }).await.unwrap();
    let values = &script.only().json()["ExpressionAttributeValues"];
    assert_eq!(values[":keep"], json!({ "N": "1797984000" }));
}

#[tokio::test(start_paused = true)]
async fn ledger_4_read_sees_the_last_write() {
    let found = json!({ "Item": item("7", &entry().state) });
    let (ledger, script) = ledger([ok(found.to_string())]).await;
    assert_eq!(ledger.get(&key()).await, Ok(Some(stored(7))));
    let request = script.only().json();
    assert_eq!((&request["ConsistentRead"], &request["TableName"]), (&json!(true), &json!("ledger")));
}

#[tokio::test(start_paused = true)]
async fn ledger_6_what_may_be_forgotten_stands_until_it_is() {
    let mut expired = item("7", &entry().state);
    expired["keep_until"] = json!({ "N": "1000000000" });
    let (ledger, _) =
        ledger([ok(json!({ "Item": expired.clone() }).to_string()), failed_check(Some(expired))]).await;
    let keep_until = "2001-09-09T01:46:40Z".parse().unwrap();
    let stands = Stored { version: Version(7), entry: LedgerEntry { keep_until, ..entry() } };
    assert_eq!(ledger.get(&key()).await, Ok(Some(stands.clone())));
    assert_eq!(ledger.swap(&key(), None, &entry()).await, Ok(Swap::Lost(Some(stands))));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_none() {
    let (ledger, _) = ledger([ok("{}")]).await;
    assert_eq!(ledger.get(&key()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_is_named() {
    for (attribute, value) in [
        ("version", json!({ "N": "-1" })),
        ("version", json!({ "S": "1" })),
        ("state", json!({ "N": "1" })),
        ("open", json!({ "S": "true" })),
        ("keep_until", json!({ "N": "1.5" })),
    ] {
        let mut item = item("7", "x");
        item[attribute] = value;
        let (ledger, _) = ledger([ok(json!({ "Item": item }).to_string())]).await;
        let error = ledger.get(&key()).await.unwrap_err();
        let detail = format!("ledger entry `snap#i-0a#1`: no readable attribute `{attribute}`");
        assert_eq!((error.kind, error.detail), (ErrorKind::Rejected, detail));
    }
}

/// The pages of open keys, or of those that no index lists, and what was asked for.
async fn pages(replies: Vec<Reply>, unlisted: bool) -> (Vec<Page<LedgerKey>>, Vec<Value>) {
    let (ledger, script) = ledger(replies).await;
    let (mut pages, mut from) = (Vec::new(), None);
    loop {
        let page = if unlisted { ledger.unlisted_keys(from).await } else { ledger.open_keys(from).await };
        pages.push(page.unwrap());
        from = pages.last().unwrap().next.clone();
        if from.is_none() {
            return (pages, script.requests().iter().map(super::script::Request::json).collect());
        }
    }
}

fn page(keys: &[&str], last: Option<&Value>) -> Reply {
    let items: Vec<Value> = keys.iter().map(|key| json!({ "key": { "S": key } })).collect();
    let mut body = json!({ "Items": items });
    if let Some(last) = last {
        body["LastEvaluatedKey"] = last.clone();
    }
    ok(body.to_string())
}

#[tokio::test(start_paused = true)]
async fn ledger_5_open_keys_reach_every_entry_that_is_open_for_a_while() {
    let last = json!({ "key": { "S": "snap#\"x\"" }, "listed": { "S": "open" } });
    let replies = vec![page(&[], Some(&last)), page(&["snap#i-0a#1"], None)];
    let (pages, requests) = pages(replies, false).await;
    assert_eq!((pages[0].items.len(), &pages[1].items), (0, &vec![key()]));
    assert_eq!((&requests[0]["IndexName"], &requests[0]["TableName"]), (&json!("open"), &json!("ledger")));
    assert_eq!(requests[0]["KeyConditionExpression"], "#listed = :open");
    assert_eq!(requests[0]["ExpressionAttributeNames"], json!({ "#listed": "listed" }));
    assert_eq!(requests[0]["ExpressionAttributeValues"], json!({ ":open": { "S": "open" } }));
    // An index cannot be read consistently.
    assert_eq!((requests[0].get("ConsistentRead"), requests[0].get("ExclusiveStartKey")), (None, None));
    assert_eq!(requests[1]["ExclusiveStartKey"], last);
}

#[tokio::test(start_paused = true)]
async fn what_is_open_is_in_the_index_and_what_is_not_leaves_it() {
    let (ledger, script) = ledger([ok("{}"), ok("{}")]).await;
    ledger.swap(&key(), Some(Version(1)), &entry()).await.unwrap();
    ledger.swap(&key(), Some(Version(2)), &LedgerEntry { open: false, ..entry() }).await.unwrap();
    let [open, closed] = &script.requests()[..] else { panic!() };
    let (open, closed) = (open.json(), closed.json());
    let set = "SET #version = :version, #state = :state, #open = :open, #keep = :keep";
    assert_eq!(open["UpdateExpression"], format!("{set}, #listed = :listed"));
    assert_eq!(open["ExpressionAttributeValues"][":listed"], json!({ "S": "open" }));
    assert_eq!(closed["UpdateExpression"], format!("{set} REMOVE #listed"));
    assert_eq!(closed["ExpressionAttributeNames"]["#listed"], "listed");
}

/// As people met them, when an index was not there or not filled yet.
const WITHOUT_INDEX: [&str; 2] = [
    "The table does not have the specified index: open",
    "Cannot read from backfilling global secondary index: open",
];

#[tokio::test(start_paused = true)]
async fn a_table_without_an_index_to_read_is_scanned_page_by_page() {
    for message in WITHOUT_INDEX {
        let refused = || dynamo_error(400, "ValidationException", message);
        let last = json!({ "key": { "S": "x" } });
        let replies = vec![refused(), page(&["x"], Some(&last)), refused(), page(&["snap#i-0a#1"], None)];
        let (pages, requests) = pages(replies, false).await;
        assert_eq!(pages.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [1, 1]);
        let (first, second) = (&requests[1], &requests[3]);
        assert_eq!(first["FilterExpression"], "#open = :true");
        assert_eq!(first["ExpressionAttributeNames"], json!({ "#open": "open", "#key": "key" }));
        assert_eq!(first["ExpressionAttributeValues"], json!({ ":true": { "BOOL": true } }));
        assert_eq!(
            (&first["ConsistentRead"], &first["ProjectionExpression"]),
            (&json!(true), &json!("#key"))
        );
        assert_eq!(second["ExclusiveStartKey"], last);
    }
}

#[tokio::test(start_paused = true)]
async fn another_refusal_of_a_query_is_no_word_to_scan() {
    let (ledger, script) = ledger([dynamo_error(400, "ValidationException", "Query condition missed")]).await;
    assert_eq!(ledger.open_keys(None).await.unwrap_err().kind, ErrorKind::Rejected);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dynamodb_3_unlisted_keys_reach_every_open_item_without_the_index_key() {
    let last = json!({ "key": { "S": "x" } });
    let replies = vec![page(&[], Some(&last)), page(&["snap#i-0a#1"], None)];
    let (pages, requests) = pages(replies, true).await;
    assert_eq!((pages[0].items.len(), &pages[1].items), (0, &vec![key()]));
    assert_eq!(requests[0]["FilterExpression"], "#open = :true AND attribute_not_exists(#listed)");
    assert_eq!(requests[0]["ConsistentRead"], json!(true));
    assert_eq!(requests[1]["ExclusiveStartKey"], last);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_something_else_is_rejected() {
    let (ledger, script) = ledger([]).await;
    for text in ["", "x", r#"{"key":{"BOOL":true}}"#, r#"{"key":{"B":"%"}}"#] {
        let error = ledger.open_keys(Some(PageToken(text.to_owned()))).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected, "{text}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn dynamodb_1_missing_table_is_not_found() {
    let missing = || dynamo_error(400, "ResourceNotFoundException", "Requested resource not found");
    let (ledger, _) = ledger([missing(), missing(), missing()]).await;
    assert_eq!(ledger.get(&key()).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(ledger.swap(&key(), None, &entry()).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(ledger.open_keys(None).await.unwrap_err().kind, ErrorKind::NotFound);
}
