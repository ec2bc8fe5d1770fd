//! Reading the members of a field's list: plain values, and objects with one operator
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>).

use serde_json::value::RawValue;

use super::json::Json;
use super::matcher::Matcher;
use super::numeric::Range;
use super::scalar::Scalar;
use super::text::{Affix, End};

const OPERATORS: &str =
    "prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, exists or cidr, in lower case";

pub(super) fn read(member: &RawValue) -> Result<Matcher, String> {
    match json(member)? {
        Json::Leaf(value) => Ok(Matcher::Exactly(value)),
        Json::List(_) => Err("a list in a list: write its members into the list of the field".to_owned()),
        Json::Object(members) => {
            let (name, operand) = only(members)?;
            operator(&name, operand).map_err(|problem| format!("{name}: {problem}"))
        }
    }
}

fn json(raw: &RawValue) -> Result<Json<'_>, String> {
    Json::read(raw).map_err(|error| error.to_string())
}

fn only<'a>(members: Vec<(String, &'a RawValue)>) -> Result<(String, &'a RawValue), String> {
    let [member] = <[(String, &'a RawValue); 1]>::try_from(members)
        .map_err(|members| format!("{} members: write one operator in each object", members.len()))?;
    Ok(member)
}

fn operator(name: &str, operand: &RawValue) -> Result<Matcher, String> {
    match name {
        "prefix" => affix(End::Start, operand).map(Matcher::Affix),
        "suffix" => affix(End::Finish, operand).map(Matcher::Affix),
        "equals-ignore-case" => letters(operand).map(Matcher::IgnoringCase),
        "wildcard" => letters(operand)?.parse().map(Matcher::Wildcard),
        "cidr" => letters(operand)?.parse().map(Matcher::Cidr),
        "numeric" => match json(operand)? {
            Json::List(members) => Range::read(&scalars(&members)?).map(Matcher::Numeric),
            Json::Object(_) | Json::Leaf(_) => Range::read(&[]).map(Matcher::Numeric),
        },
        "exists" => match json(operand)? {
            Json::Leaf(Scalar::Bool(wanted)) => Ok(Matcher::Exists(wanted)),
            Json::Leaf(_) | Json::List(_) | Json::Object(_) => Err("takes true or false".to_owned()),
        },
        "anything-but" => anything_but(operand).map(Matcher::AnythingBut),
        _ => Err(format!("no operator: use {OPERATORS}")),
    }
}

fn letters(operand: &RawValue) -> Result<String, String> {
    match json(operand)? {
        Json::Leaf(Scalar::Text(text)) => Ok(text),
        Json::Leaf(_) | Json::List(_) | Json::Object(_) => {
            Err(format!("takes a string, not {}", operand.get()))
        }
    }
}

fn affix(end: End, operand: &RawValue) -> Result<Affix, String> {
    let Json::Object(members) = json(operand)? else {
        return letters(operand).map(|letters| Affix { end, any_case: false, letters });
    };
    match only(members)? {
        (name, operand) if name == "equals-ignore-case" => {
            letters(operand).map(|letters| Affix { end, any_case: true, letters })
        }
        (name, _) => {
            Err(format!("`{name}` cannot be used here: it takes a string or {{\"equals-ignore-case\": ...}}"))
        }
    }
}

/// What a field may not be: it takes strings, numbers, or one of four operators with strings.
fn anything_but(operand: &RawValue) -> Result<Vec<Matcher>, String> {
    let Json::Object(members) = json(operand)? else { return plain(&one_or_many(operand)?) };
    let (name, operands) = only(members)?;
    if !["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(&name.as_str()) {
        return Err(format!(
            "`{name}` cannot be refused: use prefix, suffix, equals-ignore-case or wildcard"
        ));
    }
    one_or_many(operands)?.into_iter().map(|operand| refused(&name, operand)).collect()
}

fn refused(name: &str, operand: &RawValue) -> Result<Matcher, String> {
    let letters = letters(operand)?;
    if letters.is_empty() && ["prefix", "suffix"].contains(&name) {
        return Err(format!("every string has the empty {name}, so nothing is left: name a longer one"));
    }
    operator(name, operand)
}

fn one_or_many(operand: &RawValue) -> Result<Vec<&RawValue>, String> {
    match json(operand)? {
        Json::List(members) if members.is_empty() => {
            Err("an empty list refuses nothing: name a value".to_owned())
        }
        Json::List(members) => Ok(members),
        Json::Leaf(_) | Json::Object(_) => Ok(vec![operand]),
    }
}

fn plain(operands: &[&RawValue]) -> Result<Vec<Matcher>, String> {
    let values = scalars(operands)?;
    let texts = values.iter().filter(|value| matches!(value, Scalar::Text(_))).count();
    if texts != 0 && texts != values.len() {
        return Err("takes either strings or numbers, not both".to_owned());
    }
    values.into_iter().map(unlike).collect()
}

fn unlike(value: Scalar) -> Result<Matcher, String> {
    match value {
        Scalar::Text(_) => Ok(Matcher::Exactly(value)),
        Scalar::Number(number) => Ok(Matcher::Numeric(Range::exactly(number.amount()))),
        Scalar::Bool(_) | Scalar::Null => Err(format!("takes strings or numbers, not {value}")),
    }
}

fn scalars(members: &[&RawValue]) -> Result<Vec<Scalar>, String> {
    let scalar = |member: &&RawValue| match json(member)? {
        Json::Leaf(value) => Ok(value),
        Json::List(_) | Json::Object(_) => Err(format!("takes plain values, not {}", member.get())),
    };
    members.iter().map(scalar).collect()
}
