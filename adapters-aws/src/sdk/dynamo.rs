//! Items and page tokens of DynamoDB.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::{Blob, base64};
use ports::{Attribute, ErrorKind, PageToken, PortError, Record};
use serde::{Deserialize, Serialize};

use super::answer::AnswerFields;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// One attribute of a key, as DynamoDB's JSON writes it. No other types can be part of a key
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html>).
#[derive(Debug, Serialize, Deserialize)]
enum KeyPart {
    S(String),
    N(String),
    B(String),
}

/// The token that stands for the last key of a page.
pub(super) fn token(answer: AnswerFields, last: Option<&Item>) -> Result<Option<PageToken>, PortError> {
    let Some(last) = last.filter(|key| !key.is_empty()) else { return Ok(None) };
    let unreadable = || answer.unreadable("LastEvaluatedKey");
    let parts = last.iter().map(|(name, value)| Some((name, key_part(value)?)));
    let parts: BTreeMap<_, _> = parts.collect::<Option<_>>().ok_or_else(unreadable)?;
    serde_json::to_string(&parts).map(|text| Some(PageToken(text))).map_err(|_| unreadable())
}

fn key_part(value: &AttributeValue) -> Option<KeyPart> {
    let text = value.as_s().cloned().map(KeyPart::S);
    let text_or_number = text.or_else(|value| value.as_n().cloned().map(KeyPart::N));
    text_or_number.or_else(|value| value.as_b().map(|bytes| KeyPart::B(base64::encode(bytes)))).ok()
}

/// The key that a token stands for.
pub(super) fn start(operation: &'static str, token: Option<PageToken>) -> Result<Option<Item>, PortError> {
    let Some(PageToken(text)) = token else { return Ok(None) };
    let parts: Option<BTreeMap<String, KeyPart>> = serde_json::from_str(&text).ok();
    parts
        .and_then(|parts| parts.into_iter().map(|(name, part)| Some((name, key_value(part)?))).collect())
        .map(Some)
        .ok_or_else(|| PortError::new(ErrorKind::Rejected, operation, "page token: not one of this table"))
}

fn key_value(part: KeyPart) -> Option<AttributeValue> {
    Some(match part {
        KeyPart::S(text) => AttributeValue::S(text),
        KeyPart::N(number) => AttributeValue::N(number),
        KeyPart::B(text) => AttributeValue::B(Blob::new(base64::decode(text).ok()?)),
    })
}

/// A record as a port tells it.
pub(super) fn record(answer: AnswerFields, item: &Item) -> Result<Record, PortError> {
    map(item).ok_or_else(|| answer.unreadable("Items"))
}

fn map(item: &Item) -> Option<Record> {
    item.iter().map(|(name, value)| Some((name.clone(), attribute(value)?))).collect()
}

/// `None` for a type that this SDK does not know.
fn attribute(value: &AttributeValue) -> Option<Attribute> {
    Some(match value {
        AttributeValue::S(text) => Attribute::S(text.clone()),
        AttributeValue::N(number) => Attribute::N(number.clone()),
        AttributeValue::B(bytes) => Attribute::B(bytes.as_ref().to_vec()),
        AttributeValue::Bool(truth) => Attribute::Bool(*truth),
        AttributeValue::Null(_) => Attribute::Null,
        AttributeValue::L(list) => Attribute::L(list.iter().map(attribute).collect::<Option<_>>()?),
        AttributeValue::M(item) => Attribute::M(map(item)?),
        AttributeValue::Ss(texts) => Attribute::Ss(texts.iter().cloned().collect()),
        AttributeValue::Ns(numbers) => Attribute::Ns(numbers.iter().cloned().collect()),
        AttributeValue::Bs(all) => Attribute::Bs(all.iter().map(|bytes| bytes.as_ref().to_vec()).collect()),
        AttributeValue::Unknown { .. } | _ => return None,
    })
}
