//! Items as DynamoDB's JSON writes them
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>).

use std::collections::BTreeSet;

use aws_vocabulary::{Attribute, Record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cloud::ApiError;
use crate::cloud::dynamodb::number::Number;

/// How deep an attribute may be.
const DEEPEST: u32 = 32;

/// Reads an item, or the names and values of some other map of attributes.
pub(super) fn read_item(value: &Value) -> Result<Record, ApiError> {
    read_map(value, 0)
}

/// Reads an attribute.
pub(super) fn read_attribute(value: &Value) -> Result<Attribute, ApiError> {
    attribute(value, 0)
}

fn read_map(value: &Value, depth: u32) -> Result<Record, ApiError> {
    let map = value.as_object().ok_or_else(|| invalid("a map of attributes is expected"))?;
    map.iter().map(|(name, value)| Ok((name.clone(), attribute(value, depth)?))).collect()
}

fn attribute(value: &Value, depth: u32) -> Result<Attribute, ApiError> {
    if DEEPEST < depth {
        return Err(invalid("Nesting Levels have exceeded supported limits"));
    }
    let one = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
    let Some((kind, value)) = one else {
        return Err(invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ));
    };
    Ok(match kind.as_str() {
        "S" => Attribute::S(text(value)?.to_owned()),
        "N" => Attribute::N(number(value)?),
        "B" => Attribute::B(bytes(value)?),
        "BOOL" => Attribute::Bool(value.as_bool().ok_or_else(|| invalid("BOOL is neither true nor false"))?),
        "NULL" if value.is_boolean() => Attribute::Null,
        "NULL" => return Err(invalid("Null attribute value types must have the value of true")),
        "L" => Attribute::L(list(value)?.iter().map(|v| attribute(v, depth + 1)).collect::<Result<_, _>>()?),
        "M" => Attribute::M(read_map(value, depth + 1)?),
        "SS" => Attribute::Ss(set(value, |v| text(v).map(str::to_owned))?),
        "NS" => Attribute::Ns(set(value, number)?),
        "BS" => Attribute::Bs(set(value, bytes)?),
        other => return Err(invalid(&format!("there is no type `{other}`"))),
    })
}

fn text(value: &Value) -> Result<&str, ApiError> {
    value.as_str().ok_or_else(|| invalid("a text is expected"))
}

fn number(value: &Value) -> Result<String, ApiError> {
    Ok(text(value)?.parse::<Number>()?.to_string())
}

fn bytes(value: &Value) -> Result<Vec<u8>, ApiError> {
    STANDARD.decode(text(value)?).map_err(|_| invalid("a binary value is not in Base64"))
}

fn list(value: &Value) -> Result<&Vec<Value>, ApiError> {
    value.as_array().ok_or_else(|| invalid("a list is expected"))
}

fn set<T: Ord>(value: &Value, read: impl Fn(&Value) -> Result<T, ApiError>) -> Result<BTreeSet<T>, ApiError> {
    let list = list(value)?;
    let set: BTreeSet<T> = list.iter().map(read).collect::<Result<_, _>>()?;
    match set.len() {
        0 => Err(invalid("An string set  may not be empty")),
        size if size < list.len() => Err(invalid("Input collection contains duplicates.")),
        _ => Ok(set),
    }
}

/// An error about an attribute.
pub(super) fn invalid(why: &str) -> ApiError {
    ApiError::rejected("ValidationException", format!("One or more parameter values were invalid: {why}"))
}

/// Writes an item.
pub(super) fn write_item(item: &Record) -> Value {
    Value::Object(
        item.iter().map(|(name, attribute)| (name.clone(), write(attribute))).collect::<Map<_, _>>(),
    )
}

/// Writes an attribute.
pub(super) fn write(attribute: &Attribute) -> Value {
    match attribute {
        Attribute::S(text) => json!({ "S": text }),
        Attribute::N(digits) => json!({ "N": digits }),
        Attribute::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        Attribute::Bool(truth) => json!({ "BOOL": truth }),
        Attribute::Null => json!({ "NULL": true }),
        Attribute::L(list) => json!({ "L": list.iter().map(write).collect::<Vec<_>>() }),
        Attribute::M(map) => json!({ "M": write_item(map) }),
        Attribute::Ss(set) => json!({ "SS": set }),
        Attribute::Ns(set) => json!({ "NS": set }),
        Attribute::Bs(set) => json!({ "BS": set.iter().map(|b| STANDARD.encode(b)).collect::<Vec<_>>() }),
    }
}

/// The name of an attribute's type.
pub(super) fn kind(attribute: &Attribute) -> &'static str {
    match attribute {
        Attribute::S(_) => "S",
        Attribute::N(_) => "N",
        Attribute::B(_) => "B",
        Attribute::Bool(_) => "BOOL",
        Attribute::Null => "NULL",
        Attribute::L(_) => "L",
        Attribute::M(_) => "M",
        Attribute::Ss(_) => "SS",
        Attribute::Ns(_) => "NS",
        Attribute::Bs(_) => "BS",
    }
}
