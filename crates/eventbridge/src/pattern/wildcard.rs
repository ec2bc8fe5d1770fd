//! Texts with `*`
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>).

use std::str::FromStr;

/// A text in which `*` stands for any text, and `\*` and `\\` for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    first: String,
    /// What follows each `*`.
    rest: Vec<String>,
}

impl Wildcard {
    pub(super) fn is(&self, text: &str) -> bool {
        let Some((last, inner)) = self.rest.split_last() else { return text == self.first };
        let between = text.strip_prefix(&self.first).and_then(|text| text.strip_suffix(last.as_str()));
        // The earliest place for each piece leaves the most room for those after it.
        let past = |text, piece: &'_ String| str::split_once(text, piece.as_str()).map(|(_, after)| after);
        between.is_some_and(|text| inner.iter().try_fold(text, past).is_some())
    }

    /// Its letters, with nothing for each `*`.
    pub(super) fn parts(&self) -> Vec<Option<char>> {
        let mut parts: Vec<Option<char>> = self.first.chars().map(Some).collect();
        for piece in &self.rest {
            parts.push(None);
            parts.extend(piece.chars().map(Some));
        }
        parts
    }
}

impl FromStr for Wildcard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '*' if piece.is_empty() && !pieces.is_empty() => {
                    return Err("`**` is not allowed: one `*` already stands for any text".to_owned());
                }
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => match letters.next() {
                    Some(escaped @ ('*' | '\\')) => piece.push(escaped),
                    Some(_) | None => {
                        return Err(r"`\` escapes only `*` and `\`: write `\\` for itself".to_owned());
                    }
                },
                other => piece.push(other),
            }
        }
        pieces.push(piece);
        let mut pieces = pieces.into_iter();
        Ok(Self { first: pieces.next().unwrap_or_default(), rest: pieces.collect() })
    }
}
