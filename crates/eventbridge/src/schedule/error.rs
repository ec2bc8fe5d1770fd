use std::fmt;

/// What is wrong with a schedule expression, in which field, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError(String);

impl ScheduleError {
    pub(super) fn new(what: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self(format!("{what}: {problem}"))
    }
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScheduleError {}
