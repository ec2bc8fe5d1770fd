//! Fields of a JSON text, with errors that name them.

use std::fmt::Display;
use std::str::FromStr;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use ports::trigger::{Ignored, IgnoredReason};
use serde_json::Value;

/// The text at a JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Ignored> {
    match value.pointer(pointer) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(bad(pointer, "it is missing")),
        Some(_) => Err(bad(pointer, "expected a text")),
    }
}

/// The text at a JSON pointer, as something that texts can be parsed into.
pub(super) fn parsed<T: FromStr<Err: Display>>(value: &Value, pointer: &str) -> Result<T, Ignored> {
    text(value, pointer)?.parse().map_err(|error| bad(pointer, error))
}

/// The instant at a JSON pointer. CloudWatch writes `+0000` for UTC, and its documentation has samples with blanks.
pub(super) fn instant(value: &Value, pointer: &str) -> Result<Timestamp, Ignored> {
    let text: String = text(value, pointer)?.split_whitespace().collect();
    text.parse().map_err(|error| bad(pointer, error))
}

/// The instant at a JSON pointer as AWS Health writes it, such as `Fri, 3 Jun 2022 05:01:10 GMT`. The documentation's own
/// samples name wrong days of the week.
pub(super) fn mail_date(value: &Value, pointer: &str) -> Result<Timestamp, Ignored> {
    let text = text(value, pointer)?;
    DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .or_else(|error| text.parse().map_err(|_| bad(pointer, error)))
}

/// What a field of an event is, for people.
pub(super) fn told(event: &Value, name: &str) -> String {
    match event.get(name) {
        None | Some(Value::Null) => format!("no `{name}`"),
        Some(value) => format!("`{name}` is `{}`", plain(value)),
    }
}

/// A text as it is, and anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How many characters of a field are told.
const TOLD: usize = 80;

/// A field as it is told in a line with others, so that no length of one hides another.
pub(super) fn short(text: &str) -> String {
    let mut left = text.chars();
    let mut told: String = left.by_ref().take(TOLD).collect();
    if left.next().is_some() {
        told.push_str("...");
    }
    told
}

/// A field that makes no sense.
pub(super) fn bad(pointer: &str, why: impl Display) -> Ignored {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    Ignored::new(IgnoredReason::BadField, format!("`{name}`: {why}"))
}
