use std::collections::BTreeMap;

use cloud_sim::wire;
use ports::Record;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

type Item = BTreeMap<String, Value>;

const PART: &str = "`records` is one page of several (`NextToken` or `LastEvaluatedKey` is set): scan them all, \
     without `--max-items` or `--no-paginate`, or give the list in `Items` alone";

/// All that `aws dynamodb scan` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scan {
    items: Vec<Item>,
    /// Where `--max-items` ended it.
    next_token: Option<Value>,
    /// Where `--no-paginate` ended it.
    last_evaluated_key: Option<Value>,
}

/// Reads records in DynamoDB's JSON: what `aws dynamodb scan` prints, or the items in it alone
/// (<https://docs.aws.amazon.com/cli/latest/reference/dynamodb/scan.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).
pub(super) fn records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Record>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let items = if value.is_object() { whole(value) } else { read(value) };
    let records = items
        .and_then(|items| items.into_iter().enumerate().map(|(place, item)| record(place, item)).collect());
    records.map_err(D::Error::custom)
}

fn whole(scan: Value) -> Result<Vec<Item>, String> {
    let Scan { items, next_token, last_evaluated_key } = read(scan)?;
    let goes_on = |from: Option<Value>| from.is_some_and(|from| !from.is_null() && from != "");
    if goes_on(next_token) || goes_on(last_evaluated_key) {
        return Err(PART.to_owned());
    }
    Ok(items)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| {
        format!("`records`: {error}; expected what `aws dynamodb scan` prints, or the list in its `Items`")
    })
}

fn record(place: usize, item: Item) -> Result<Record, String> {
    let typed = |(name, value): (String, Value)| match wire::attribute(&value) {
        Ok(attribute) => Ok((name, attribute)),
        Err(error) => Err(format!("record number {}: `{name}`: {}", place + 1, error.message)),
    };
    item.into_iter().map(typed).collect()
}
