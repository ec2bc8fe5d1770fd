//! Comparing texts without regard to case, as Ruler does: each letter of the pattern stands for its lower and its upper
//! form (<https://github.com/aws/event-ruler>, `EqualsIgnoreCaseParser`).

/// Which end of a text is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Start,
    Finish,
}

/// A beginning or an ending of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Affix {
    pub(super) end: End,
    pub(super) any_case: bool,
    pub(super) letters: String,
}

impl Affix {
    pub(super) fn is_of(&self, text: &str) -> bool {
        match (self.any_case, self.end) {
            (true, _) => without(text, &self.letters, self.end).is_some(),
            (false, End::Start) => text.starts_with(&self.letters),
            (false, End::Finish) => text.ends_with(&self.letters),
        }
    }
}

/// Whether a text is these letters in whatever case.
pub(super) fn equals_ignoring_case(text: &str, letters: &str) -> bool {
    without(text, letters, End::Start) == Some("")
}

/// What is left of a text without these letters at one end, or nothing if they are not there.
fn without<'a>(text: &'a str, letters: &str, end: End) -> Option<&'a str> {
    match end {
        End::Start => letters.chars().try_fold(text, |rest, letter| {
            after(rest, letter.to_lowercase()).or_else(|| after(rest, letter.to_uppercase()))
        }),
        End::Finish => letters.chars().rev().try_fold(text, |rest, letter| {
            before(rest, letter.to_lowercase()).or_else(|| before(rest, letter.to_uppercase()))
        }),
    }
}

/// What follows a letter in one case: `ß` is two letters in upper case.
fn after(text: &str, mut form: impl Iterator<Item = char>) -> Option<&str> {
    form.try_fold(text, |rest, letter| rest.strip_prefix(letter))
}

fn before(text: &str, form: impl DoubleEndedIterator<Item = char>) -> Option<&str> {
    form.rev().try_fold(text, |rest, letter| rest.strip_suffix(letter))
}
