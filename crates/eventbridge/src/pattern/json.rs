//! JSON as it is written: members in their order, repeated ones too, and numbers by their digits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::scalar::Scalar;

/// How deep objects and lists may be in each other, as in `serde_json`.
pub(super) const DEEPEST: usize = 128;

/// A value, read one level deep.
#[derive(Debug)]
pub(super) enum Json<'a> {
    Object(Vec<(String, &'a RawValue)>),
    List(Vec<&'a RawValue>),
    Leaf(Scalar),
}

impl<'a> Json<'a> {
    pub(super) fn read(raw: &'a RawValue) -> serde_json::Result<Self> {
        let text = raw.get();
        if text.starts_with('{') {
            serde_json::from_str(text).map(|Members(members)| Self::Object(members))
        } else if text.starts_with('[') {
            serde_json::from_str(text).map(Self::List)
        } else {
            Scalar::read(text).map(Self::Leaf)
        }
    }
}

/// The members of an object, which a map would sort and merge.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
