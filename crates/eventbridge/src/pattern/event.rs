//! An event as patterns see it: its plain values, by the path to each.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::error::EventError;
use super::json::{DEEPEST, Json};
use super::scalar::Scalar;

/// An event, read once for all rules.
///
/// Lists are no part of a path, and a name with a dot in it is like two names, as in Ruler
/// (<https://github.com/aws/event-ruler#json-array-matching>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    leaves: BTreeMap<String, Vec<Leaf>>,
}

/// A plain value, and in which elements of which lists it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) value: Scalar,
    pub(super) places: Vec<Place>,
}

/// An element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    list: usize,
    index: usize,
}

impl Leaf {
    /// Whether it is in no other element of a list than what was chosen before.
    pub(super) fn goes_with(&self, chosen: &[Place]) -> bool {
        let other = |mine: &Place| chosen.iter().any(|c| c.list == mine.list && c.index != mine.index);
        !self.places.iter().any(other)
    }
}

impl Event {
    pub(super) fn at(&self, path: &str) -> &[Leaf] {
        self.leaves.get(path).map_or(&[], Vec::as_slice)
    }
}

impl FromStr for Event {
    type Err = EventError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| EventError(error.to_string()))?;
        let mut reader = Reader::default();
        match reader.read(raw)? {
            Json::Object(members) => reader.object(members)?,
            Json::List(_) | Json::Leaf(_) => return Err(EventError("it has to be a JSON object".to_owned())),
        }
        Ok(Self { leaves: reader.leaves })
    }
}

#[derive(Default)]
struct Reader {
    leaves: BTreeMap<String, Vec<Leaf>>,
    path: String,
    places: Vec<Place>,
    lists: usize,
    depth: usize,
}

impl Reader {
    fn read<'a>(&self, raw: &'a RawValue) -> Result<Json<'a>, EventError> {
        if self.depth == DEEPEST {
            return Err(EventError(format!("objects and lists are more than {DEEPEST} deep in each other")));
        }
        Json::read(raw).map_err(|error| EventError(error.to_string()))
    }

    fn object(&mut self, members: Vec<(String, &RawValue)>) -> Result<(), EventError> {
        let length = self.path.len();
        for (name, value) in members {
            if length != 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            self.value(value)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn value(&mut self, raw: &RawValue) -> Result<(), EventError> {
        self.depth += 1;
        match self.read(raw)? {
            Json::Object(members) => self.object(members)?,
            Json::List(elements) => self.list(elements)?,
            Json::Leaf(value) => self.leaf(value),
        }
        self.depth -= 1;
        Ok(())
    }

    /// Plain values in a list are values of the field; only objects and lists in it are apart from each other.
    fn list(&mut self, elements: Vec<&RawValue>) -> Result<(), EventError> {
        let list = self.lists;
        self.lists += 1;
        for (index, element) in elements.into_iter().enumerate() {
            let is_plain = !element.get().starts_with(['{', '[']);
            if is_plain {
                self.value(element)?;
            } else {
                self.places.push(Place { list, index });
                self.value(element)?;
                self.places.pop();
            }
        }
        Ok(())
    }

    fn leaf(&mut self, value: Scalar) {
        let leaf = Leaf { value, places: self.places.clone() };
        if let Some(leaves) = self.leaves.get_mut(&self.path) {
            leaves.push(leaf);
        } else {
            self.leaves.insert(self.path.clone(), vec![leaf]);
        }
    }
}
