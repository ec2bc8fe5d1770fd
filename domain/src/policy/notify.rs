//! What a route has people told.

use std::fmt;

use serde::Serialize;

/// A text for people: one line of them, not too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(String);

/// A text that people are not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There is nothing to tell.
    #[error("it says nothing")]
    Blank,
    /// It would hide the rest of the notice.
    #[error("it has {0} characters, and {max} are the most", max = Text::LONGEST)]
    TooLong(usize),
    /// It could be taken for another line of the notice, or garble a terminal.
    #[error("its character {0} is a line break or another control character")]
    Control(usize),
}

impl Text {
    /// The most characters that a text may have.
    pub const LONGEST: usize = 500;

    /// Takes a text as it is.
    ///
    /// # Errors
    ///
    /// When it is blank, longer than [`Text::LONGEST`], or holds control characters.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::notify::{Text, TextError};
    ///
    /// assert_eq!(Text::new("see https://wiki/queue").unwrap().to_string(), "see https://wiki/queue");
    /// assert_eq!(Text::new("all is well\nKey: none"), Err(TextError::Control(12)));
    /// assert_eq!(Text::new(" "), Err(TextError::Blank));
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(TextError::Blank);
        }
        let length = text.chars().count();
        if Self::LONGEST < length {
            return Err(TextError::TooLong(length));
        }
        match text.chars().position(char::is_control) {
            Some(before) => Err(TextError::Control(before.saturating_add(1))),
            None => Ok(Self(text)),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
