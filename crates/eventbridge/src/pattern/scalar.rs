//! What a field holds in the end: a text, a number, true, false or null.

use std::fmt;

/// A JSON value that is neither an object nor a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// A string.
    Text(String),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

impl Scalar {
    pub(super) fn read(json: &str) -> serde_json::Result<Self> {
        match json {
            "null" => Ok(Self::Null),
            "true" => Ok(Self::Bool(true)),
            "false" => Ok(Self::Bool(false)),
            text if text.starts_with('"') => serde_json::from_str(text).map(Self::Text),
            digits => Ok(Self::Number(Number::read(digits))),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => f.write_str(&number.text),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A JSON number. Two are equal when they are written alike, as the documentation has it: 300, 300.0 and 3.0e2 differ
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html>).
///
/// Ruler compares the amounts as well, and EventBridge has been seen to
/// (<https://github.com/localstack/localstack>, `number_comparison_float`, recorded in October 2025). A pattern that needs
/// that is not covered by what AWS promises, so it does not match here; `numeric` with `=` compares amounts everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    text: String,
    amount: Amount,
}

impl Number {
    fn read(digits: &str) -> Self {
        Self { text: digits.to_owned(), amount: Amount(digits.parse().unwrap_or(f64::INFINITY)) }
    }

    pub(super) fn amount(&self) -> Amount {
        self.amount
    }

    /// How many digits it has, zeros at either end aside.
    pub(super) fn digits(&self) -> usize {
        let mantissa = self.text.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').len()
    }
}

/// How much a number is.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Amount(pub(super) f64);

/// No JSON number is a NaN.
impl Eq for Amount {}
