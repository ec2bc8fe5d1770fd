//! DynamoDB's expressions, nearly, as clients send them.

use cloud_sim::Sim;
use cloud_sim::wire::Response;
use serde_json::{Map, Value, json};
use support::scene::{BEGIN, at};

use crate::{Work, each};

/// A table with an item in which there is something of every type.
pub(crate) struct Table(Sim);

impl Table {
    pub(crate) fn new() -> Self {
        let table = Self(Sim::new(at(BEGIN), 1));
        let made = table.send(
            "CreateTable",
            &json!({
                "TableName": "t", "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            }),
        );
        let item = json!({
            "id": { "S": "1" }, "a": { "N": "5" }, "b": { "S": "text" }, "c": { "L": [{ "N": "1" }] },
            "d": { "M": { "e": { "SS": ["x"] } } }, "f": { "NULL": true }, "g": { "B": "aGk=" },
        });
        let put = table.send("PutItem", &json!({ "TableName": "t", "Item": item }));
        assert_eq!((made.status().as_u16(), put.status().as_u16()), (200, 200));
        table
    }

    fn send(&self, operation: &str, body: &Value) -> Response {
        let request = http::Request::post("http://localhost/")
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
            .body(body.to_string().into());
        self.0.block_on(self.0.wire().send(request.unwrap())).unwrap().unwrap()
    }

    /// What comes of an expression: the code of the error, if it is one.
    pub(crate) fn ask(&self, operation: &str, parameter: &str, expression: &str) -> Option<String> {
        let mut body = json!({ "TableName": "t", parameter: expression });
        if operation != "Scan" && operation != "Query" {
            body["Key"] = json!({ "id": { "S": "1" } });
        }
        let names = placeholders(expression, '#').map(|name| (format!("#{name}"), name.into()));
        let values = placeholders(expression, ':').map(|name| (format!(":{name}"), value(name)));
        for (field, terms) in [
            ("ExpressionAttributeNames", names.collect::<Map<_, _>>()),
            ("ExpressionAttributeValues", values.collect::<Map<_, _>>()),
        ] {
            if !terms.is_empty() {
                body[field] = terms.into();
            }
        }
        let answer = self.send(operation, &body);
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        match answer.status().as_u16() {
            200 => None,
            400 => Some(format!("{} {}", told["__type"].as_str().unwrap(), told["message"])),
            other => panic!("{other}: {told}"),
        }
    }
}

fn placeholders(expression: &str, mark: char) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    expression.split(mark).skip(1).filter_map(move |rest| rest.split(ends).next())
}

/// A value whose type its name says.
fn value(name: &str) -> Value {
    match name.as_bytes().first() {
        Some(b's') => json!({ "S": name }),
        Some(b'l') => json!({ "L": [{ "S": name }] }),
        Some(b'z') => json!({ "SS": ["x", "y"] }),
        Some(b'b') => json!({ "B": "aGk=" }),
        _ => json!({ "N": "5" }),
    }
}

#[test]
fn a_condition_is_answered_or_refused() {
    each(&["corpus/conditions"], Work::Some, |expression| {
        let (table, expression) = (Table::new(), String::from_utf8_lossy(expression));
        table.ask("Scan", "FilterExpression", expression.trim());
        table.ask("Query", "KeyConditionExpression", expression.trim());
        table.ask("DeleteItem", "ConditionExpression", expression.trim());
    });
}

#[test]
fn an_update_is_carried_out_or_refused() {
    each(&["corpus/updates"], Work::Some, |expression| {
        let (table, expression) = (Table::new(), String::from_utf8_lossy(expression));
        table.ask("GetItem", "ProjectionExpression", expression.trim());
        table.ask("UpdateItem", "UpdateExpression", expression.trim());
    });
}
