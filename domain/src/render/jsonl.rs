//! Records as lines of JSON: the same record always gives the same bytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use ports::{Attribute, Record};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Appends a record as one line of JSON, attributes in the order of their names.
///
/// Numbers keep every digit the table gave; sets become lists in their own order; bytes become base64.
///
/// # Examples
///
/// ```
/// use ports::{Attribute, Record};
///
/// let record = Record::from([
///     ("cpu".to_owned(), Attribute::N("0.12345678901234567890123456789012345678".to_owned())),
///     ("blob".to_owned(), Attribute::B(vec![1, 2])),
/// ]);
/// let mut line = Vec::new();
/// domain::render::jsonl::line(&record, &mut line);
/// assert_eq!(line, b"{\"blob\":\"AQI=\",\"cpu\":0.12345678901234567890123456789012345678}\n");
/// ```
pub fn line(record: &Record, out: &mut Vec<u8>) {
    let before = out.len();
    let plain = Plain::Map(record);
    if serde_json::to_writer(&mut *out, &plain).is_err() {
        // Writing to memory does not fail; were it ever to, half a line must not stay.
        out.truncate(before);
    }
    out.push(b'\n');
}

enum Plain<'a> {
    One(&'a Attribute),
    Map(&'a Record),
    Number(&'a str),
    Bytes(&'a [u8]),
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Plain::Map(map) => {
                serializer.collect_map(map.iter().map(|(key, value)| (key, Plain::One(value))))
            }
            Plain::Number(text) => number(text, serializer),
            Plain::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Plain::One(attribute) => match attribute {
                Attribute::S(text) => serializer.serialize_str(text),
                Attribute::N(text) => number(text, serializer),
                Attribute::B(bytes) => Plain::Bytes(bytes).serialize(serializer),
                Attribute::Bool(truth) => serializer.serialize_bool(*truth),
                Attribute::Null => serializer.serialize_unit(),
                Attribute::L(list) => serializer.collect_seq(list.iter().map(Plain::One)),
                Attribute::M(map) => Plain::Map(map).serialize(serializer),
                Attribute::Ss(set) => serializer.collect_seq(set),
                Attribute::Ns(set) => serializer.collect_seq(set.iter().map(|text| Plain::Number(text))),
                Attribute::Bs(set) => serializer.collect_seq(set.iter().map(|bytes| Plain::Bytes(bytes))),
            },
        }
    }
}

/// A number as the table wrote it, or as a text where JSON has no such number.
fn number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match RawValue::from_string(text.to_owned()) {
        Ok(raw) if is_number => raw.serialize(serializer),
        Ok(_) | Err(_) => serializer.serialize_str(text),
    }
}
