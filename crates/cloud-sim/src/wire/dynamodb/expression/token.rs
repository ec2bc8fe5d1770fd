//! The words of an expression.

use crate::cloud::ApiError;

/// A word or a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a function or a keyword.
    Word(String),
    /// `#name`: stands for a name.
    Name(String),
    /// `:value`: stands for a value.
    Value(String),
    /// The number of an element of a list.
    Index(usize),
    /// A sign.
    Sign(&'static str),
}

/// The signs, of which the longer ones come first.
const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "[", "]", "+", "-"];

/// Splits an expression into its words.
pub(super) fn split(expression: &str) -> Result<Vec<Token>, ApiError> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '#' | ':' => {
                let (word, after) = word(rest, 1);
                let token =
                    if first == '#' { Token::Name(word.to_owned()) } else { Token::Value(word.to_owned()) };
                (token, after)
            }
            _ if first.is_ascii_digit() => {
                let (digits, after) = word(rest, 0);
                (Token::Index(digits.parse().map_err(|_| wrong(digits))?), after)
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let (word, after) = word(rest, 0);
                (Token::Word(word.to_owned()), after)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| wrong(&first.to_string()))?;
                (Token::Sign(sign), rest.strip_prefix(sign).unwrap_or_default())
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// A word at the beginning of a text, of which the first so many characters are no part to judge; and what follows it.
fn word(text: &str, mark: usize) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.char_indices().skip(mark).find(|(_, c)| !is_part(*c)).map_or(text.len(), |(at, _)| at);
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The error for what cannot be understood.
pub(super) fn wrong(token: &str) -> ApiError {
    ApiError::rejected("ValidationException", format!("Invalid expression: Syntax error; token: \"{token}\""))
}
