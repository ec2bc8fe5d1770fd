use adapters_aws::sdk::DynamoMetrics;
use ports::{Access, Attribute, ErrorKind, Metrics, MetricsQuery, PageToken, Record};
use serde_json::{Value, json};

use crate::{
    answer::{dynamo_error, ok},
    script::Script,
};

fn query(access: Access) -> MetricsQuery {
    MetricsQuery { day: "2026-11-23".parse().unwrap(), time_attribute: "taken.at".to_owned(), access }
}

fn scan() -> MetricsQuery {
    query(Access::Scan { segment: 2, of: 4 })
}

fn index() -> MetricsQuery {
    query(Access::Index { name: "by-day".to_owned(), key: "day".to_owned() })
}

async fn metrics(replies: impl IntoIterator<Item = Value>) -> (DynamoMetrics, Script) {
    let script = Script::of(replies.into_iter().map(|body| ok(body.to_string())));
    (DynamoMetrics::new(&script.config().await, "metrics"), script)
}

async fn first_record(item: Value) -> Record {
    let (metrics, _) = metrics([json!({ "Items": [item] })]).await;
    metrics.page(&scan(), None).await.unwrap().items.remove(0)
}

#[tokio::test(start_paused = true)]
async fn metrics_1_records_are_of_the_day() {
    let (metrics, script) = metrics([json!({ "Items": [] })]).await;
    metrics.page(&scan(), None).await.unwrap();
    let request = script.only().json();
    assert_eq!(
        request["FilterExpression"],
        "(#time >= :text_from AND #time < :text_to) \
         OR (#time >= :seconds_from AND #time < :seconds_to) \
         OR (#time >= :milliseconds_from AND #time < :milliseconds_to)"
    );
    assert_eq!(request["ExpressionAttributeNames"], json!({ "#time": "taken.at" }));
    let expected = json!({
        ":text_from": { "S": "2026-11-23" },
        ":text_to": { "S": "2026-11-24" },
        ":seconds_from": { "N": "1795392000" },
        ":seconds_to": { "N": "1795478400" },
        ":milliseconds_from": { "N": "1795392000000" },
        ":milliseconds_to": { "N": "1795478400000" },
    });
    assert_eq!(request["ExpressionAttributeValues"], expected);
}

#[tokio::test(start_paused = true)]
async fn a_scan_reads_its_segment_only() {
    let (metrics, script) = metrics([json!({ "Items": [] })]).await;
    metrics.page(&scan(), None).await.unwrap();
    let request = script.only().json();
    assert_eq!(
        (&request["TableName"], &request["Segment"], &request["TotalSegments"]),
        (&json!("metrics"), &json!(2), &json!(4))
    );
}

#[tokio::test(start_paused = true)]
async fn metrics_2_tokens_reach_every_record() {
    let last = json!({ "id": { "S": "é\"" }, "at": { "N": "1795392000.5" }, "b": { "B": "AP8=" } });
    let record = json!({ "id": { "S": "z" } });
    let (metrics, script) =
        metrics([json!({ "Items": [], "LastEvaluatedKey": last }), json!({ "Items": [record] })]).await;
    let first = metrics.page(&scan(), None).await.unwrap();
    assert!(first.items.is_empty() && first.next.is_some());
    let second = metrics.page(&scan(), first.next).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    assert_eq!(script.requests()[0].json().get("ExclusiveStartKey"), None);
    assert_eq!(script.requests()[1].json()["ExclusiveStartKey"], last);
}

#[tokio::test(start_paused = true)]
async fn metrics_3_numbers_keep_every_digit() {
    let digits = "0.12345678901234567890123456789012345678";
    let record = first_record(json!({ "n": { "N": digits }, "ns": { "NS": [digits, "1E-130"] } })).await;
    assert_eq!(record["n"], Attribute::N(digits.to_owned()));
    assert_eq!(record["ns"], Attribute::Ns([digits.to_owned(), "1E-130".to_owned()].into()));
}

#[tokio::test(start_paused = true)]
async fn every_type_of_attribute_is_told() {
    let record = first_record(json!({
        "s": { "S": "x" },
        "b": { "B": "AP8=" },
        "bool": { "BOOL": false },
        "null": { "NULL": true },
        "l": { "L": [{ "S": "x" }, { "NULL": true }] },
        "m": { "M": { "deep": { "N": "1" } } },
        "ss": { "SS": ["y", "x"] },
        "bs": { "BS": ["/w==", "AA=="] },
    }))
    .await;
    let x = || Attribute::S("x".to_owned());
    let expected = [
        ("s", x()),
        ("b", Attribute::B(vec![0, 255])),
        ("bool", Attribute::Bool(false)),
        ("null", Attribute::Null),
        ("l", Attribute::L(vec![x(), Attribute::Null])),
        ("m", Attribute::M([("deep".to_owned(), Attribute::N("1".to_owned()))].into())),
        ("ss", Attribute::Ss(["x".to_owned(), "y".to_owned()].into())),
        ("bs", Attribute::Bs([vec![0], vec![255]].into())),
    ];
    assert_eq!(record, expected.map(|(name, value)| (name.to_owned(), value)).into());
}

#[tokio::test(start_paused = true)]
async fn metrics_4_missing_table_is_not_found() {
    for query in [scan(), index()] {
        let missing = dynamo_error(400, "ResourceNotFoundException", "Requested resource not found");
        let metrics = DynamoMetrics::new(&Script::of([missing]).config().await, "metrics");
        assert_eq!(metrics.page(&query, None).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_5_an_index_gives_the_same_records() {
    let last = json!({ "id": { "S": "a" } });
    let (metrics, script) =
        metrics([json!({ "Items": [{ "id": { "S": "a" } }], "LastEvaluatedKey": last }), json!({})]).await;
    let first = metrics.page(&index(), None).await.unwrap();
    assert_eq!(first.items.len(), 1);
    let second = metrics.page(&index(), first.next).await.unwrap();
    assert_eq!((second.items.len(), second.next), (0, None));
    let request = script.requests()[1].json();
    assert_eq!(
        (&request["IndexName"], &request["KeyConditionExpression"]),
        (&json!("by-day"), &json!("#key = :day"))
    );
    assert_eq!(request["ExpressionAttributeNames"], json!({ "#key": "day" }));
    assert_eq!(request["ExpressionAttributeValues"], json!({ ":day": { "S": "2026-11-23" } }));
    assert_eq!(request["ExclusiveStartKey"], last);
    assert_eq!(request.get("FilterExpression"), None);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_does_not_parse_is_rejected() {
    let (metrics, script) = metrics([]).await;
    for query in [scan(), index()] {
        let error = metrics.page(&query, Some(PageToken("x".to_owned()))).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected);
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attribute_of_unknown_type_is_lost() {
    let (metrics, _) = metrics([json!({ "Items": [{ "x": { "QUBIT": "?" } }] })]).await;
    assert_eq!(metrics.page(&scan(), None).await.unwrap_err().kind, ErrorKind::Lost);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_table_is_asked_again() {
    let throttle = dynamo_error(400, "ProvisionedThroughputExceededException", "too fast");
    let script = Script::of([throttle.clone(), throttle, ok(r#"{"Items":[]}"#)]);
    let metrics = DynamoMetrics::new(&script.config().await, "metrics");
    assert!(metrics.page(&scan(), None).await.is_ok());
    assert_eq!(script.requests().len(), 3);
}
