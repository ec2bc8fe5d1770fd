//! Conditions
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::pattern::Pattern;
use crate::request::Context;
use crate::wildcard::{Token, matches};

/// One key of one operator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    key: String,
    /// Whether all or any of a key's values have to satisfy it; one alone when nothing is said.
    quantifier: Option<Quantifier>,
    /// Whether it is satisfied by a key that is not there.
    if_exists: bool,
    test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Whether there is no such key.
    Null(bool),
    /// Whether a value is one of these, or none of these.
    Among { negated: bool, values: Vec<Value> },
}

/// What a value of a request is compared with.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(Pattern),
    TextOfAnyCase(Pattern),
    Arn(Pattern),
    Bool(bool),
    Number(Comparison, f64),
    Date(Comparison, Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn is(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// An operator without what stands before and behind its name.
#[derive(Clone, Copy)]
enum Operator {
    Null,
    Text,
    TextLike,
    TextOfAnyCase,
    Arn,
    Bool,
    Number(Comparison),
    Date(Comparison),
}

/// The keys that have more than one value, each of which needs `ForAllValues` or `ForAnyValue`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).
const MULTIVALUED: [&str; 5] =
    ["aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "dynamodb:attributes", "dynamodb:leadingkeys"];

impl Condition {
    /// Reads one key of one operator.
    pub(crate) fn parse(
        operator: &str,
        key: &str,
        values: &[String],
        has_variables: bool,
    ) -> Result<Self, String> {
        let (quantifier, rest) = match operator.split_once(':') {
            None => (None, operator),
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return Err(format!("unknown operator `{operator}`")),
        };
        let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        let (kind, negated) = known(name).ok_or_else(|| format!("unknown operator `{operator}`"))?;
        let key = key.to_lowercase();
        if !key.contains(':') {
            return Err(format!("`{key}` is no key"));
        }
        if quantifier.is_none() && MULTIVALUED.contains(&key.as_str()) && !matches!(kind, Operator::Null) {
            return Err(format!("`{key}` has many values: it needs `ForAllValues` or `ForAnyValue`"));
        }
        let test = match (kind, values) {
            (Operator::Null, [value]) if !if_exists => Test::Null(boolean(value)?),
            (Operator::Null, _) => return Err(format!("`{operator}` takes one value")),
            (kind, values) => {
                let read = |value: &String| value_of(kind, value, has_variables);
                Test::Among { negated, values: values.iter().map(read).collect::<Result<_, _>>()? }
            }
        };
        Ok(Self { key, quantifier, if_exists, test })
    }

    /// Whether a request satisfies it.
    pub(crate) fn holds(&self, keys: Context<'_>) -> bool {
        let found = keys.get(&self.key).filter(|values| !values.is_empty());
        let (negated, expected) = match &self.test {
            Test::Null(absent) => return found.is_none() == *absent,
            Test::Among { negated, values } => (*negated, values),
        };
        let satisfies = |value: &String| expected.iter().any(|expected| expected.is(value, keys)) != negated;
        match (found, self.quantifier) {
            (Some(values), Some(Quantifier::All)) => values.iter().all(satisfies),
            (Some(values), Some(Quantifier::Any)) => values.iter().any(satisfies),
            (Some([value]), None) => satisfies(value),
            // Nobody says what this means. It is not relied on.
            (Some(_), None) => false,
            (None, Some(Quantifier::All)) => true,
            (None, Some(Quantifier::Any)) => self.if_exists,
            // What is not there is not equal to anything.
            (None, None) => self.if_exists || negated,
        }
    }
}

fn known(name: &str) -> Option<(Operator, bool)> {
    let equal = Comparison::Equal;
    Some(match name {
        "Null" => (Operator::Null, false),
        "StringEquals" => (Operator::Text, false),
        "StringNotEquals" => (Operator::Text, true),
        "StringEqualsIgnoreCase" => (Operator::TextOfAnyCase, false),
        "StringNotEqualsIgnoreCase" => (Operator::TextOfAnyCase, true),
        "StringLike" => (Operator::TextLike, false),
        "StringNotLike" => (Operator::TextLike, true),
        // The two behave alike.
        "ArnEquals" | "ArnLike" => (Operator::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Operator::Arn, true),
        "Bool" => (Operator::Bool, false),
        "NumericEquals" => (Operator::Number(equal), false),
        "NumericNotEquals" => (Operator::Number(equal), true),
        "NumericLessThan" => (Operator::Number(Comparison::Less), false),
        "NumericLessThanEquals" => (Operator::Number(Comparison::LessOrEqual), false),
        "NumericGreaterThan" => (Operator::Number(Comparison::Greater), false),
        "NumericGreaterThanEquals" => (Operator::Number(Comparison::GreaterOrEqual), false),
        "DateEquals" => (Operator::Date(equal), false),
        "DateNotEquals" => (Operator::Date(equal), true),
        "DateLessThan" => (Operator::Date(Comparison::Less), false),
        "DateLessThanEquals" => (Operator::Date(Comparison::LessOrEqual), false),
        "DateGreaterThan" => (Operator::Date(Comparison::Greater), false),
        "DateGreaterThanEquals" => (Operator::Date(Comparison::GreaterOrEqual), false),
        _ => return None,
    })
}

fn value_of(operator: Operator, text: &str, has_variables: bool) -> Result<Value, String> {
    Ok(match operator {
        Operator::Null | Operator::Bool => Value::Bool(boolean(text)?),
        Operator::Text => Value::Text(Pattern::literal(text, has_variables)?),
        Operator::TextLike => Value::Text(Pattern::parse(text, has_variables)?),
        Operator::TextOfAnyCase => Value::TextOfAnyCase(Pattern::literal(text, has_variables)?.lower()),
        Operator::Arn => Value::Arn(Pattern::parse(text, has_variables)?),
        Operator::Number(comparison) => {
            Value::Number(comparison, number(text).ok_or_else(|| format!("`{text}` is no number"))?)
        }
        Operator::Date(comparison) => {
            Value::Date(comparison, instant(text).ok_or_else(|| format!("`{text}` is no date"))?)
        }
    })
}

impl Value {
    fn is(&self, text: &str, keys: Context<'_>) -> bool {
        match self {
            Self::Text(pattern) => pattern.is(text, keys),
            Self::TextOfAnyCase(pattern) => pattern.is(&text.to_ascii_lowercase(), keys),
            Self::Arn(pattern) => pattern.resolve(keys).is_some_and(|tokens| arn_matches(&tokens, text)),
            Self::Bool(expected) => boolean(text) == Ok(*expected),
            Self::Number(comparison, expected) => number(text)
                .and_then(|number| number.partial_cmp(expected))
                .is_some_and(|ordering| comparison.is(ordering)),
            Self::Date(comparison, expected) => {
                instant(text).is_some_and(|instant| comparison.is(instant.cmp(expected)))
            }
        }
    }
}

/// Whether an ARN is such a one: each of its six parts is compared on its own
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>).
pub(crate) fn arn_matches(pattern: &[Token], arn: &str) -> bool {
    let parts: Vec<&[Token]> = pattern.splitn(6, |token| *token == Token::Letter(':')).collect();
    let found: Vec<&str> = arn.splitn(6, ':').collect();
    parts.len() == 6 && found.len() == 6 && parts.iter().zip(&found).all(|(part, found)| matches(part, found))
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601, or seconds since 1970.
fn instant(text: &str) -> Option<Timestamp> {
    let epoch = || text.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
    text.parse().ok().or_else(epoch)
}
