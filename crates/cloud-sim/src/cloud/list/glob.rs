use iam_policy::wildcard::{Token, Wildcard};

/// A value of a filter: `*` stands for any characters, `?` for one, and `\` takes their meaning away; upper and lower case
/// differ (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::cloud::list::Glob;
///
/// assert!(Glob::new("db-*-?").matches("db-main-1"));
/// assert!(!Glob::new("db-*").matches("DB-1"));
/// assert!(Glob::new(r"\*").matches("*") && !Glob::new(r"\*").matches("x"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Wildcard);

impl Glob {
    /// Reads a value. Every text is one: a `\` before anything else, or at the end, is itself.
    pub fn new(value: &str) -> Self {
        if !value.contains(['*', '?', '\\']) {
            return Self(Wildcard::Plain(value.to_owned()));
        }
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
        Self(Wildcard::new(tokens))
    }

    /// Whether a text is meant.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}
