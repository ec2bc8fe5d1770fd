//! Reading a pattern: fields that all have to fit, and `$or` with alternatives.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde_json::value::RawValue;

use super::complexity::is_too_complex;
use super::condition::Condition;
use super::error::PatternError;
use super::json::{DEEPEST, Json};
use super::operator;

/// The alternatives that `$or` may make of a pattern, the members of every `$or` multiplied
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example-or>).
const MOST_COMBINATIONS: usize = 1000;

/// Names that a field inside `$or` may not have (<https://github.com/aws/event-ruler#the-or-primitive>).
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Fields by their paths.
type Fields = BTreeMap<String, Condition>;
type Members<'a> = Vec<(String, &'a RawValue)>;

/// The alternatives that a pattern consists of; without `$or` there is one.
pub(super) fn alternatives(text: &str) -> Result<Vec<Vec<Condition>>, PatternError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| PatternError::new("", error))?;
    let mut reader =
        Reader { alternatives: vec![Fields::new()], path: Vec::new(), combinations: 1, is_inside_or: false };
    match reader.json(raw)? {
        Json::Object(members) => reader.object(members)?,
        Json::List(_) | Json::Leaf(_) => return Err(reader.wrong("it has to be a JSON object")),
    }
    Ok(reader.alternatives.into_iter().map(|fields| fields.into_values().collect()).collect())
}

struct Reader {
    alternatives: Vec<Fields>,
    path: Vec<String>,
    combinations: usize,
    is_inside_or: bool,
}

impl Reader {
    fn wrong(&self, problem: impl std::fmt::Display) -> PatternError {
        PatternError::new(&self.path.join("."), problem)
    }

    fn json<'a>(&self, raw: &'a RawValue) -> Result<Json<'a>, PatternError> {
        Json::read(raw).map_err(|error| self.wrong(error))
    }

    fn object(&mut self, members: Members<'_>) -> Result<(), PatternError> {
        if members.is_empty() {
            return Err(self.wrong("an empty object is not allowed: name a field in it"));
        }
        if self.path.len() == DEEPEST {
            return Err(self.wrong(format!("objects are more than {DEEPEST} deep in each other")));
        }
        for (name, value) in last_of_each(members) {
            self.path.push(name);
            self.member(value)?;
            self.path.pop();
        }
        Ok(())
    }

    fn member(&mut self, value: &RawValue) -> Result<(), PatternError> {
        let name = self.path.last().map_or("", String::as_str);
        if self.is_inside_or && RESERVED.contains(&name) {
            return Err(self.wrong("this name is reserved: no field inside `$or` may have it"));
        }
        let is_or = name == "$or";
        match self.json(value)? {
            Json::Object(members) => self.object(members),
            Json::List(elements) if is_or => match self.objects(&elements)? {
                Some(objects) => self.or(objects),
                None => self.field(value, &elements),
            },
            Json::List(elements) => self.field(value, &elements),
            Json::Leaf(value) => Err(self.wrong(format!("write the value as a list: `[{value}]`"))),
        }
    }

    /// The objects to choose from, or nothing where `$or` is the name of a field.
    fn objects<'a>(&self, elements: &[&'a RawValue]) -> Result<Option<Vec<Members<'a>>>, PatternError> {
        let mut objects = Vec::new();
        for element in elements {
            match self.json(element)? {
                Json::Object(members)
                    if members.iter().any(|(name, _)| RESERVED.contains(&name.as_str())) =>
                {
                    return Ok(None);
                }
                Json::Object(members) => objects.push(members),
                Json::List(_) | Json::Leaf(_) => return Ok(None),
            }
        }
        match objects.len() {
            0 => Ok(None),
            1 => Err(self.wrong("one object is no choice: name at least two, or leave `$or` out")),
            _ => Ok(Some(objects)),
        }
    }

    fn or(&mut self, objects: Vec<Members<'_>>) -> Result<(), PatternError> {
        self.combinations = self.combinations.saturating_mul(objects.len());
        if MOST_COMBINATIONS < self.combinations {
            return Err(self.wrong(format!(
                "this makes {} combinations, more than {MOST_COMBINATIONS}: split the pattern into several rules",
                self.combinations
            )));
        }
        let name = self.path.pop();
        let was_inside = mem::replace(&mut self.is_inside_or, true);
        let before = mem::take(&mut self.alternatives);
        let mut all = Vec::new();
        for members in objects {
            self.alternatives.clone_from(&before);
            self.object(members)?;
            all.append(&mut self.alternatives);
        }
        self.alternatives = all;
        self.is_inside_or = was_inside;
        self.path.extend(name);
        Ok(())
    }

    fn field(&mut self, list: &RawValue, elements: &[&RawValue]) -> Result<(), PatternError> {
        if elements.is_empty() {
            return Err(self.wrong("an empty list matches nothing: name a value, or leave the field out"));
        }
        let path = self.path.join(".");
        let mut any = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let matcher = operator::read(element)
                .map_err(|problem| PatternError::new(&format!("{path}[{index}]"), problem))?;
            any.push(matcher);
        }
        let condition = Condition::new(path, list.get(), any);
        if is_too_complex(&condition.wildcards()) {
            return Err(self.wrong("too complex: use fewer `*`, and repeat fewer letters after one"));
        }
        for fields in &mut self.alternatives {
            fields.insert(condition.path().to_owned(), condition.clone());
        }
        Ok(())
    }
}

/// Of a name that is there more than once, the last counts
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example>).
fn last_of_each(members: Members<'_>) -> Members<'_> {
    let mut seen = BTreeSet::new();
    let mut last: Members<'_> =
        members.into_iter().rev().filter(|(name, _)| seen.insert(name.clone())).collect();
    last.reverse();
    last
}
