//! Texts in which `*` and `?` stand for others, as filters and policies have them.

/// A part of such a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// This very letter.
    Letter(char),
    /// Any one.
    One,
    /// Any number of any.
    Any,
}

/// Such a text. Most have no wildcard, and are asked about every thing of a list and every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wildcard {
    /// One that only stands for itself.
    Plain(String),
    /// One that stands for others.
    Pattern(Vec<Token>),
}

impl Wildcard {
    /// The text that these tokens make.
    pub fn new(tokens: Vec<Token>) -> Self {
        let letter = |token: &Token| match token {
            Token::Letter(letter) => Some(*letter),
            Token::One | Token::Any => None,
        };
        tokens.iter().map(letter).collect::<Option<_>>().map_or(Self::Pattern(tokens), Self::Plain)
    }

    /// Whether a text is such a one.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Plain(plain) => plain == text,
            Self::Pattern(tokens) => matches(tokens, text),
        }
    }
}

/// Whether a text is such a one: when it does not fit behind the latest `*`, that one takes a letter more.
pub fn matches(pattern: &[Token], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut latest: Option<(usize, &str)> = None;
    loop {
        let letter = rest.chars().next();
        let fits = match (pattern.get(at), letter) {
            (None, None) => return true,
            (Some(Token::Any), _) => {
                latest = Some((at + 1, rest));
                at += 1;
                continue;
            }
            (Some(Token::One), Some(_)) => true,
            (Some(Token::Letter(wanted)), Some(letter)) => *wanted == letter,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if fits {
            at += 1;
            rest = tail(rest);
            continue;
        }
        let Some((after, begun)) = latest.filter(|(_, begun)| !begun.is_empty()) else { return false };
        latest = Some((after, tail(begun)));
        (at, rest) = (after, tail(begun));
    }
}

fn tail(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    letters.as_str()
}
