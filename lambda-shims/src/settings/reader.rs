use std::fmt;

use super::Pairs;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting.
    pub name: &'static str,
    /// What was found; `None` when it is missing.
    pub found: Option<String>,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            None => write!(f, "`{}` is missing: expected {}", self.name, self.expected),
            Some(found) => write!(f, "`{}` is `{found}`: expected {}", self.name, self.expected),
        }
    }
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(pub Vec<Problem>);

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "the settings cannot be used: {}", problems.join("; "))
    }
}

/// Reads settings and remembers what is wrong with them. An empty value counts as none.
pub(super) struct Reader<'a> {
    pairs: &'a Pairs,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(pairs: &'a Pairs) -> Self {
        Self { pairs, problems: Vec::new() }
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.pairs.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn problem(&mut self, name: &'static str, expected: impl Into<String>) {
        let found = self.text(name).map(str::to_owned);
        self.problems.push(Problem { name, found, expected: expected.into() });
    }

    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name).and_then(parse);
        if value.is_none() {
            self.problem(name, expected);
        }
        value
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.text(name)?;
        self.required(name, expected, parse)
    }

    pub(super) fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)], usual: T) -> T {
        let expected: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        self.optional(name, &expected.join(" or "), |text| {
            words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
        })
        .unwrap_or(usual)
    }

    /// What was read, unless something was wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, SettingsError> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(SettingsError(self.problems)),
        }
    }
}

/// The parts of a list with commas, without blanks.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// A whole number in a range.
pub(super) fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    text.parse().ok().filter(|n| range.contains(n))
}
