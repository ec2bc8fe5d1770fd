use std::fmt;

/// What is wrong with a pattern, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    path: String,
    problem: String,
}

impl PatternError {
    pub(super) fn new(path: &str, problem: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the pattern: {}", self.problem),
            path => write!(f, "`{path}`: {}", self.problem),
        }
    }
}

impl std::error::Error for PatternError {}

/// Why a text is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError(pub(super) String);

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event: {}", self.0)
    }
}

impl std::error::Error for EventError {}
