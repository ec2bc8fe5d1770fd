//! Patterns and events that have much in common.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abAB*\\\\]{0,4}",
        select(&["10.0.0.1", "10.0.1.200", "192.168.0.1"][..]).prop_map(str::to_owned)
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![(-3..4_i64).prop_map(Value::from), select(vec![0.5, 1.0, -2.25, 3.0e2]).prop_map(Value::from)]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        3 => number(),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn object<T: Strategy<Value = Value>>(
    names: &'static str,
    value: T,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Value> {
    btree_map(names, value, size).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// An event, with lists of objects and of lists or without.
pub(super) fn event(lists: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![3 => scalar(), 1 => vec(scalar(), 0..3).prop_map(Value::from)];
    let value = leaf.prop_recursive(3, 12, 3, move |inner| {
        let nested = object("[ab]", inner.clone(), 0..4).boxed();
        if lists { prop_oneof![nested, vec(inner, 0..4).prop_map(Value::from)].boxed() } else { nested }
    });
    object("[ab]", value, 1..4)
}

fn wildcard() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "*", "\\*", "\\\\", "A"]), 0..5).prop_map(|parts| {
        let mut parts: Vec<&str> = parts;
        parts.dedup_by(|a, b| *a == "*" && *b == "*");
        parts.concat()
    })
}

fn numeric() -> impl Strategy<Value = Value> {
    let single = (select(vec!["=", "<", "<=", ">", ">="]), number()).prop_map(|(sign, n)| json!([sign, n]));
    let range = (select(vec![">", ">="]), -3..2_i64, select(vec!["<", "<="]), 1..4_i64)
        .prop_map(|(above, low, below, more)| json!([above, low, below, low + more]));
    prop_oneof![single, range]
}

fn cidr() -> impl Strategy<Value = Value> {
    (select(vec!["10.0.0.0", "10.0.1.128", "192.168.0.77"]), 0..32_u32)
        .prop_map(|(address, mask)| format!("{address}/{mask}").into())
}

fn one_or_many(values: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    prop_oneof![values.clone(), vec(values, 1..3).prop_map(Value::from)]
}

fn anything_but() -> impl Strategy<Value = Value> {
    let texts = text().prop_map(Value::from).boxed();
    let some_text = "[abAB]{1,3}".prop_map(Value::from).boxed();
    prop_oneof![
        one_or_many(texts.clone()),
        one_or_many(number().boxed()),
        one_or_many(some_text.clone()).prop_map(|values| json!({ "prefix": values })),
        one_or_many(some_text).prop_map(|values| json!({ "suffix": values })),
        one_or_many(texts).prop_map(|values| json!({ "equals-ignore-case": values })),
        one_or_many(wildcard().prop_map(Value::from).boxed())
            .prop_map(|values| json!({ "wildcard": values })),
    ]
}

fn affix() -> impl Strategy<Value = Value> {
    (select(vec!["prefix", "suffix"]), "[abAB]{0,2}", any::<bool>()).prop_map(|(end, letters, any_case)| {
        if any_case { json!({ end: { "equals-ignore-case": letters } }) } else { json!({ end: letters }) }
    })
}

fn matcher(absence: bool) -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => scalar(),
        2 => affix(),
        1 => text().prop_map(|text| json!({ "equals-ignore-case": text })),
        2 => wildcard().prop_map(|wildcard| json!({ "wildcard": wildcard })),
        2 => anything_but().prop_map(|but| json!({ "anything-but": but })),
        2 => numeric().prop_map(|numeric| json!({ "numeric": numeric })),
        1 => cidr().prop_map(|cidr| json!({ "cidr": cidr })),
        2 => any::<bool>().prop_map(move |exists| json!({ "exists": exists || !absence })),
    ]
}

/// A pattern, with `exists: false` in it or without. Fields inside `$or` are not also outside of it, where they would
/// count instead.
pub(super) fn pattern(absence: bool) -> impl Strategy<Value = Value> {
    let field = vec(matcher(absence), 1..5).prop_map(Value::from);
    let nested = field.prop_recursive(2, 6, 2, |inner| object("[ab]", inner, 1..3));
    let plain = object("[ab]", nested.clone(), 1..3).boxed();
    let choice = vec(object("b", nested, 1..3), 2..4).boxed();
    prop_oneof![
        2 => plain.clone(),
        1 => choice.clone().prop_map(|choice| json!({ "$or": choice })),
        1 => (plain, choice).prop_map(|(plain, choice)| json!({ "a": plain, "$or": choice })),
    ]
}
