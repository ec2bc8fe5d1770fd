//! The obvious matcher.

use serde_json::{Map, Value};

/// An event matches if it does with some choice of one object or list from each list.
pub(super) fn matches(pattern: &Value, event: &Value) -> bool {
    choices(event).iter().any(|chosen| object(pattern, chosen))
}

/// Every way to keep, of each list, its plain values and one of its objects and lists.
fn choices(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => {
            let mut all = vec![Map::new()];
            for (name, value) in members {
                let with = |before: &Map<String, Value>, chosen: Value| {
                    let mut after = before.clone();
                    after.insert(name.clone(), chosen);
                    after
                };
                all = all.iter().flat_map(|m| choices(value).into_iter().map(move |c| with(m, c))).collect();
            }
            all.into_iter().map(Value::Object).collect()
        }
        Value::Array(elements) => {
            let is_plain = |value: &&Value| !value.is_object() && !value.is_array();
            let plain: Vec<Value> = elements.iter().filter(is_plain).cloned().collect();
            let others: Vec<Value> = elements.iter().filter(|v| !is_plain(v)).flat_map(choices).collect();
            if others.is_empty() {
                return vec![plain.into()];
            }
            others.into_iter().map(|other| [plain.clone(), vec![other]].concat().into()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![value.clone()],
    }
}

fn object(pattern: &Value, value: &Value) -> bool {
    pattern.as_object().unwrap().iter().all(|(name, wanted)| match wanted {
        Value::Array(choices) if name == "$or" => choices.iter().any(|choice| object(choice, value)),
        Value::Array(matchers) => {
            let leaves = leaves(&members(value, name));
            matchers.iter().any(|matcher| is_met(matcher, &leaves))
        }
        nested @ (Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            object(nested, &Value::Array(members(value, name)))
        }
    })
}

/// The members of a name, of an object or of the objects in a list, lists in lists included.
fn members(value: &Value, name: &str) -> Vec<Value> {
    match value {
        Value::Object(members) => members.get(name).cloned().into_iter().collect(),
        Value::Array(elements) => elements.iter().flat_map(|element| members(element, name)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn leaves(values: &[Value]) -> Vec<Value> {
    let of = |value: &Value| match value {
        Value::Object(_) => Vec::new(),
        Value::Array(elements) => leaves(elements),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![value.clone()],
    };
    values.iter().flat_map(of).collect()
}

fn is_met(matcher: &Value, leaves: &[Value]) -> bool {
    if matcher["exists"] == false {
        return leaves.is_empty();
    }
    leaves.iter().any(|leaf| accepts(matcher, leaf))
}

fn accepts(matcher: &Value, leaf: &Value) -> bool {
    let Some(operator) = matcher.as_object() else { return matcher == leaf };
    let (name, operand) = operator.iter().next().unwrap();
    match (name.as_str(), leaf) {
        ("exists", _) => true,
        ("anything-but", _) => !refused(operand).iter().any(|matcher| accepts(matcher, leaf)),
        ("numeric", Value::Number(number)) => numeric(operand.as_array().unwrap(), number.as_f64().unwrap()),
        (name, Value::String(text)) => text_is(name, operand, text),
        _ => false,
    }
}

/// The matchers that are refused; of numbers, the amounts.
fn refused(operand: &Value) -> Vec<Value> {
    let many = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let amount = |value: Value| {
        if value.is_number() { serde_json::json!({ "numeric": ["=", value] }) } else { value }
    };
    match operand.as_object() {
        None => many(operand).into_iter().map(amount).collect(),
        Some(operator) => {
            let (name, values) = operator.iter().next().unwrap();
            many(values).into_iter().map(|value| serde_json::json!({ name.clone(): value })).collect()
        }
    }
}

fn numeric(comparisons: &[Value], number: f64) -> bool {
    comparisons.chunks(2).all(|pair| {
        let limit = pair[1].as_f64().unwrap();
        match pair[0].as_str().unwrap() {
            "<" => number < limit,
            "<=" => number <= limit,
            ">" => number > limit,
            ">=" => number >= limit,
            _ => (number - limit).abs() < f64::EPSILON,
        }
    })
}

fn text_is(name: &str, operand: &Value, text: &str) -> bool {
    if let Some(any_case) = operand.get("equals-ignore-case") {
        return text_is(name, &any_case.as_str().unwrap().to_lowercase().into(), &text.to_lowercase());
    }
    let wanted = operand.as_str().unwrap_or_default();
    match name {
        "prefix" => text.get(..wanted.len()) == Some(wanted),
        "suffix" => text.chars().rev().take(wanted.len()).eq(wanted.chars().rev()),
        "equals-ignore-case" => text.to_lowercase() == wanted.to_lowercase(),
        "wildcard" => wildcard(wanted.as_bytes(), text.as_bytes()),
        "cidr" => cidr(wanted, text),
        _ => false,
    }
}

fn wildcard(wanted: &[u8], text: &[u8]) -> bool {
    match wanted {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|n| wildcard(rest, &text[n..])),
        [b'\\', letter, rest @ ..] | [letter, rest @ ..] => {
            text.first() == Some(letter) && wildcard(rest, &text[1..])
        }
    }
}

fn cidr(block: &str, text: &str) -> bool {
    let (address, mask) = block.split_once('/').unwrap();
    let shared = |a: &[bool], b: &[bool]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    bits(address).zip(bits(text)).is_some_and(|(a, b)| mask.parse::<usize>().unwrap() <= shared(&a, &b))
}

fn bits(address: &str) -> Option<Vec<bool>> {
    let bytes: Vec<u8> = address.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let of = |byte: &u8| (0..8).rev().map(|n| byte >> n & 1 == 1).collect::<Vec<_>>();
    (bytes.len() == 4).then(|| bytes.iter().flat_map(of).collect())
}
