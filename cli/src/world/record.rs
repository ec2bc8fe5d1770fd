use std::collections::BTreeMap;

use adapters_sim::wire;
use ports::Record;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// Reads records in DynamoDB's JSON, as `aws dynamodb scan` prints them
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).
pub(super) fn records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Record>, D::Error> {
    let items: Vec<BTreeMap<String, Value>> = Deserialize::deserialize(deserializer)?;
    items.into_iter().enumerate().map(|(place, item)| record(place, item).map_err(D::Error::custom)).collect()
}

fn record(place: usize, item: BTreeMap<String, Value>) -> Result<Record, String> {
    let read = |(name, value): (String, Value)| match wire::attribute(&value) {
        Ok(attribute) => Ok((name, attribute)),
        Err(error) => Err(format!("record number {}: `{name}`: {}", place + 1, error.message)),
    };
    item.into_iter().map(read).collect()
}
