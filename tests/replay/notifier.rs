use adapters_aws::sdk::SnsNotifier;
use ports::{Arn, ErrorKind, MessageId, Notice, Notifier, PortError, Subject};
use serde_json::json;

use crate::{
    answer::{query, query_error},
    script::{Reply, Script},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";

pub(crate) fn notice() -> Notice {
    Notice::new(Subject::fit("[Auto-Snapshot] web"), "All \"well\".\n", r#"{"n":1}"#, "snap#i-0a#1")
}

async fn publish(script: &Script) -> Result<MessageId, PortError> {
    SnsNotifier::new(&script.config().await, Arn::new(TOPIC).unwrap()).publish(&notice()).await
}

fn published() -> Reply {
    query("Publish", "<MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId>")
}

#[tokio::test(start_paused = true)]
async fn notifier_1_subscribers_get_both_forms() {
    let script = Script::of([published()]);
    let id = publish(&script).await.unwrap();
    assert_eq!(id.as_str(), "94f20ce6-13c5-43a0-9a9e-ca52d816e90b");
    let form = script.only().form();
    assert_eq!((form["TopicArn"].as_str(), form["Subject"].as_str()), (TOPIC, "[Auto-Snapshot] web"));
    assert_eq!(form["MessageStructure"], "json");
    let message: serde_json::Value = serde_json::from_str(&form["Message"]).unwrap();
    let expected = json!({ "default": "All \"well\".\n", "sqs": r#"{"n":1}"#, "lambda": r#"{"n":1}"# });
    assert_eq!(message, expected);
}

#[tokio::test(start_paused = true)]
async fn a_notice_carries_its_key() {
    let script = Script::of([published()]);
    publish(&script).await.unwrap();
    let form = script.only().form();
    assert_eq!(form["MessageAttributes.entry.1.Name"], "caretaker-key");
    assert_eq!(form["MessageAttributes.entry.1.Value.DataType"], "String");
    assert_eq!(form["MessageAttributes.entry.1.Value.StringValue"], "snap#i-0a#1");
}

#[tokio::test(start_paused = true)]
async fn the_longest_notice_fits_into_a_message() {
    let json = format!(r#"{{"x":"{}"}}"#, "y".repeat(Notice::LONGEST_FORM - 20));
    let longest = Notice::new(Subject::fit("s"), &"\u{1}".repeat(Notice::LONGEST_FORM), &json, "k");
    let script = Script::of([published()]);
    let notifier = SnsNotifier::new(&script.config().await, Arn::new(TOPIC).unwrap());
    notifier.publish(&longest).await.unwrap();
    let length = script.only().form()["Message"].len();
    assert!(200_000 < length && length <= 262_144, "{length}");
}

#[tokio::test(start_paused = true)]
async fn notifier_3_missing_topic_is_not_found() {
    let script = Script::of([query_error(404, "NotFound", "Topic does not exist")]);
    let error = publish(&script).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::NotFound, "NotFound: Topic does not exist"));
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_topic_is_denied() {
    let script = Script::of([query_error(403, "AuthorizationError", "not authorized")]);
    assert_eq!(publish(&script).await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn a_notice_published_under_no_id_is_lost() {
    let error = publish(&Script::of([query("Publish", "")])).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Lost, "unreadable answer: `MessageId`"));
}
