use std::fmt::Display;
use std::str::FromStr;

use ports::Tags;
use serde_json::{Map, Value};

use super::ListingError;

/// One item of a listing, and how errors name it.
pub(super) struct Item {
    name: String,
    fields: Map<String, Value>,
}

impl Item {
    /// Reads an item. It is named by its id, and until that is known by its place.
    pub(super) fn read(json: &str, kind: &str, place: usize, id: &'static str) -> Result<Self, ListingError> {
        let name = format!("{kind} number {}", place + 1);
        match serde_json::from_str(json) {
            Ok(Value::Object(fields)) => {
                let known = fields.get(id).and_then(Value::as_str).map(|id| format!("{kind} `{id}`"));
                Ok(Self { name: known.unwrap_or(name), fields })
            }
            Ok(_) | Err(_) => {
                Err(ListingError::Field { item: name, field: id, why: "is missing".to_owned() })
            }
        }
    }

    pub(super) fn bad(&self, field: &'static str, why: impl Display) -> ListingError {
        ListingError::Field { item: self.name.clone(), field, why: why.to_string() }
    }

    /// A field that may be missing.
    pub(super) fn optional(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn required(&self, field: &'static str) -> Result<&Value, ListingError> {
        self.optional(field).ok_or_else(|| self.bad(field, "is missing"))
    }

    pub(super) fn text(&self, field: &'static str) -> Result<&str, ListingError> {
        let value = self.required(field)?;
        value.as_str().ok_or_else(|| self.bad(field, format!("is `{value}`: expected a text")))
    }

    /// A text as something that texts can be parsed into.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, field: &'static str) -> Result<T, ListingError> {
        self.text(field)?.parse().map_err(|error| self.bad(field, format!("cannot be used: {error}")))
    }

    pub(super) fn tags(&self) -> Result<Tags, ListingError> {
        let Some(tags) = self.optional("Tags") else { return Ok(Tags::default()) };
        let pair = |tag: &Value| {
            let part = |name| tag.get(name).and_then(Value::as_str).map(str::to_owned);
            part("Key").zip(part("Value").or_else(|| Some(String::new())))
        };
        let pairs = tags.as_array().and_then(|tags| tags.iter().map(pair).collect::<Option<Vec<_>>>());
        let pairs = pairs.ok_or_else(|| self.bad("Tags", "is not a list of `Key` and `Value`"))?;
        Ok(pairs.into_iter().collect())
    }
}
