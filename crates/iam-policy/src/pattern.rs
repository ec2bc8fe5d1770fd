//! Texts with `*`, `?` and `${...}`
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>).

use crate::request::Context;
use crate::wildcard::{Token, Wildcard, matches};

/// A text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    /// The same, when it is the same for every request.
    fixed: Option<Wildcard>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Letter(char),
    One,
    Any,
    Variable { key: String, default: Option<String> },
}

/// A text of a policy as it stands for one request.
pub(crate) type Resolved = Vec<Token>;

impl Pattern {
    /// Reads a text. In policies of a version before 2012-10-17 nothing stands for a value.
    pub(crate) fn parse(text: &str, has_variables: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some(inner) = rest.strip_prefix("${").filter(|_| has_variables) {
                let (name, after) = inner.split_once('}').ok_or("a `${` without its `}`")?;
                pieces.push(variable(name)?);
                rest = after;
                continue;
            }
            pieces.push(match letter {
                '*' => Piece::Any,
                '?' => Piece::One,
                other => Piece::Letter(other),
            });
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
        Ok(Self::of(pieces))
    }

    /// A text that stands for itself, as operators without wildcards have them.
    pub(crate) fn literal(text: &str, has_variables: bool) -> Result<Self, String> {
        let plain = |piece| match piece {
            Piece::Any => Piece::Letter('*'),
            Piece::One => Piece::Letter('?'),
            Piece::Letter(_) | Piece::Variable { .. } => piece,
        };
        Ok(Self::of(Self::parse(text, has_variables)?.pieces.into_iter().map(plain).collect()))
    }

    /// The same text in small letters.
    pub(crate) fn lower(self) -> Self {
        let lower = |piece| match piece {
            Piece::Letter(letter) => Piece::Letter(letter.to_ascii_lowercase()),
            Piece::One | Piece::Any | Piece::Variable { .. } => piece,
        };
        Self::of(self.pieces.into_iter().map(lower).collect())
    }

    /// Whether a text is such a one. One that needs a value which the request does not have, or has more than one of, is no text
    /// at all.
    pub(crate) fn is(&self, text: &str, keys: Context<'_>) -> bool {
        match &self.fixed {
            Some(fixed) => fixed.matches(text),
            None => self.resolve(keys).is_some_and(|tokens| matches(&tokens, text)),
        }
    }

    /// The text with its values.
    pub(crate) fn resolve<'a>(&'a self, keys: Context<'a>) -> Option<Resolved> {
        resolved(&self.pieces, |key| keys.single(key))
    }

    fn of(pieces: Vec<Piece>) -> Self {
        let varies = pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }));
        let fixed = if varies { None } else { resolved(&pieces, |_| None).map(Wildcard::new) };
        Self { pieces, fixed }
    }
}

fn resolved<'a>(pieces: &'a [Piece], value_of: impl Fn(&str) -> Option<&'a str>) -> Option<Resolved> {
    let mut tokens = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Letter(letter) => tokens.push(Token::Letter(*letter)),
            Piece::One => tokens.push(Token::One),
            Piece::Any => tokens.push(Token::Any),
            // What a value brings along stands for itself, `*` too.
            Piece::Variable { key, default } => {
                let value = value_of(key).or(default.as_deref())?;
                tokens.extend(value.chars().map(Token::Letter));
            }
        }
    }
    Some(tokens)
}

fn variable(name: &str) -> Result<Piece, String> {
    if let ("*" | "?" | "$", Some(letter)) = (name, name.chars().next()) {
        return Ok(Piece::Letter(letter));
    }
    let (key, default) = match name.split_once(',') {
        None => (name, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (key, Some(quoted.ok_or_else(|| format!("`{name}`: a default is written in quotes"))?.to_owned()))
        }
    };
    let key = key.trim();
    if key.contains(':') {
        Ok(Piece::Variable { key: key.to_lowercase(), default })
    } else {
        Err(format!("`${{{name}}}` names no key"))
    }
}
