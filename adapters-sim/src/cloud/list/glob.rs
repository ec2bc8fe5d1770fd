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
pub struct Glob(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
    Any,
}

impl Glob {
    /// Reads a value. Every text is one: a `\` before anything else, or at the end, is itself.
    pub fn new(value: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut characters = value.chars().peekable();
        while let Some(character) = characters.next() {
            let special = match character {
                '*' => Some(Part::Any),
                '?' => Some(Part::One),
                _ => None,
            };
            if let Some(special) = special {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(special);
            } else {
                let escaped = character == '\\';
                let next = if escaped { characters.next_if(|c| matches!(c, '*' | '?' | '\\')) } else { None };
                text.push(next.unwrap_or(character));
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Self(parts)
    }

    /// Whether a text is meant.
    pub fn matches(&self, text: &str) -> bool {
        match self.0.as_slice() {
            [] => text.is_empty(),
            [Part::Text(only)] => only == text,
            parts => matches(parts, text),
        }
    }
}

/// Goes back to the latest `*` where the rest does not fit: no more than the product of both lengths.
fn matches(parts: &[Part], text: &str) -> bool {
    let (mut parts, mut text) = (parts, text);
    let mut star: Option<(&[Part], &str)> = None;
    loop {
        let fits = match parts.split_first() {
            None if text.is_empty() => return true,
            None => None,
            Some((Part::Any, rest)) => {
                star = Some((rest, text));
                parts = rest;
                continue;
            }
            Some((Part::One, rest)) => after_one(text).map(|left| (rest, left)),
            Some((Part::Text(wanted), rest)) => text.strip_prefix(wanted.as_str()).map(|left| (rest, left)),
        };
        if let Some((rest, left)) = fits {
            (parts, text) = (rest, left);
            continue;
        }
        let Some((rest, from)) = star else { return false };
        let Some(left) = after_one(from) else { return false };
        star = Some((rest, left));
        (parts, text) = (rest, left);
    }
}

fn after_one(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next().map(|_| characters.as_str())
}
