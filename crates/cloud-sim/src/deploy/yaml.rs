//! A template's text as plain JSON: `!Sub text` is `{"Fn::Sub": text}`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;

use super::DeployError;

pub(super) fn read(text: &str) -> Result<Value, DeployError> {
    let node: Tagged<Node> =
        serde_saphyr::from_str(text).map_err(|error| DeployError::new("template", error.to_string()))?;
    long(node).map_err(|why| DeployError::new("template", why))
}

/// A value of YAML whose parts may have tags.
struct Node(Content);

enum Content {
    Plain(Value),
    List(Vec<Tagged<Node>>),
    Map(Vec<(String, Tagged<Node>)>),
}

/// The value with the functions that tags stand for.
fn long(Tagged(Node(content), tag): Tagged<Node>) -> Result<Value, String> {
    let value = match content {
        Content::Plain(value) => value,
        Content::List(nodes) => Value::Array(nodes.into_iter().map(long).collect::<Result<_, _>>()?),
        Content::Map(members) => {
            let member = |(name, node)| Ok::<_, String>((name, long(node)?));
            Value::Object(members.into_iter().map(member).collect::<Result<Map<_, _>, _>>()?)
        }
    };
    match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
        None => Ok(value),
        Some("Ref") => Ok(json!({ "Ref": value })),
        Some("Condition") => Ok(json!({ "Condition": value })),
        Some("GetAtt") => {
            let attribute = value.as_str().and_then(|text| text.split_once('.'));
            Ok(json!({ "Fn::GetAtt": attribute.map_or(value.clone(), |(of, name)| json!([of, name])) }))
        }
        Some(function) if function.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
            Ok(json!({ format!("Fn::{function}"): value }))
        }
        Some(tag) => Err(format!("unknown tag `!{tag}`")),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

fn plain(value: impl Into<Value>) -> Node {
    Node(Content::Plain(value.into()))
}

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(plain(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(plain(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(plain(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(plain(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(plain(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(plain(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node(Content::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node(Content::Map(map)))
    }
}
