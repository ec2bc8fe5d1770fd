//! Parameters and what they may be
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>).

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::resolve::text_of;
use super::{DeployError, Stack};

/// The values of a template's parameters: those of the stack, or else their defaults.
pub(super) fn values(
    declared: &Map<String, Value>,
    stack: &Stack,
) -> Result<BTreeMap<String, Value>, DeployError> {
    if let Some(unknown) = stack.parameters.keys().find(|name| !declared.contains_key(*name)) {
        return Err(DeployError::new(format!("Parameters.{unknown}"), "there is no such parameter"));
    }
    let value = |(name, declared): (&String, &Value)| {
        let path = format!("Parameters.{name}");
        let given = stack.parameters.get(name).cloned();
        let text = given
            .or_else(|| declared.get("Default").and_then(text_of))
            .ok_or_else(|| DeployError::new(&path, "needs a value"))?;
        check(declared, &text).map_err(|why| DeployError::new(&path, why))?;
        Ok((name.clone(), typed(declared, &text, &path)?))
    };
    declared.iter().map(value).collect()
}

fn typed(declared: &Value, text: &str, path: &str) -> Result<Value, DeployError> {
    match declared.get("Type").and_then(Value::as_str) {
        Some("String" | "Number") => Ok(text.into()),
        Some("CommaDelimitedList") => {
            Ok(text.split(',').map(|item| Value::from(item.trim())).collect::<Vec<_>>().into())
        }
        Some(_) | None => Err(DeployError::new(path, "unknown type")),
    }
}

/// Whether a value is one that the parameter may have.
fn check(declared: &Value, text: &str) -> Result<(), String> {
    if let Some(allowed) = declared.get("AllowedValues").and_then(Value::as_array)
        && !allowed.iter().filter_map(text_of).any(|allowed| allowed == text)
    {
        return Err(format!("`{text}` is not one of the allowed values"));
    }
    if let Some(pattern) = declared.get("AllowedPattern").and_then(Value::as_str) {
        let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| error.to_string())?;
        if !whole.is_match(text) {
            return Err(format!("`{text}` does not match `{pattern}`"));
        }
    }
    let limit = |name: &str| declared.get(name).and_then(text_of).and_then(|text| text.parse::<f64>().ok());
    let is_number = declared.get("Type").and_then(Value::as_str) == Some("Number");
    if is_number {
        let number: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
        if limit("MinValue").is_some_and(|least| number < least)
            || limit("MaxValue").is_some_and(|most| most < number)
        {
            return Err(format!("{text} is out of bounds"));
        }
    }
    let length = text.chars().count();
    let count = |name: &str| declared.get(name).and_then(text_of).and_then(|text| text.parse::<usize>().ok());
    if count("MinLength").is_some_and(|least| length < least)
        || count("MaxLength").is_some_and(|most| most < length)
    {
        return Err(format!("`{text}` is too short or too long"));
    }
    Ok(())
}
