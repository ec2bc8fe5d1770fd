use crate::cloud::wildcard::{Token, matches};

/// A value of a filter: `*` stands for any characters, `?` for one, and `\` takes their meaning away; upper and lower case
/// differ (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
///
/// # Examples
///
/// ```
/// use adapters_sim::cloud::list::Glob;
///
/// assert!(Glob::new("db-*-?").matches("db-main-1"));
/// assert!(!Glob::new("db-*").matches("DB-1"));
/// assert!(Glob::new(r"\*").matches("*") && !Glob::new(r"\*").matches("x"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Value);

/// Most values are plain, and are asked about every thing of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Plain(String),
    Pattern(Vec<Token>),
}

impl Glob {
    /// Reads a value. Every text is one: a `\` before anything else, or at the end, is itself.
    pub fn new(value: &str) -> Self {
        let mut tokens = Vec::new();
        let mut characters = value.chars().peekable();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => {
                    let escaped = characters.next_if(|c| matches!(c, '*' | '?' | '\\'));
                    Token::Letter(escaped.unwrap_or(character))
                }
                other => Token::Letter(other),
            });
        }
        let letter = |token: &Token| match token {
            Token::Letter(letter) => Some(*letter),
            Token::One | Token::Any => None,
        };
        Self(tokens.iter().map(letter).collect::<Option<_>>().map_or(Value::Pattern(tokens), Value::Plain))
    }

    /// Whether a text is meant.
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Value::Plain(plain) => plain == text,
            Value::Pattern(tokens) => matches(tokens, text),
        }
    }
}
