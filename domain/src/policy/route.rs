//! What to do about an alarm, by its name.

use std::fmt;

use ports::GroupName;
use regex_lite::Regex;
use serde::Serialize;

use super::notify::Text;
use super::scale::Grow;

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pattern `{pattern}`: {why}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

/// A pattern for names: the whole name, or a regular expression.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Exactly this name.
    Exact(String),
    /// Any name in which this expression is found.
    Matching(Regex),
}

impl Pattern {
    /// Takes a regular expression.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn matching(expression: &str) -> Result<Self, PatternError> {
        Regex::new(expression)
            .map(Self::Matching)
            .map_err(|error| PatternError { pattern: expression.to_owned(), why: error.to_string() })
    }

    /// Whether the name is one of these.
    pub fn is_match(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Matching(expression) => expression.is_match(name),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => write!(f, "= {exact}"),
            Self::Matching(expression) => write!(f, "~ {expression}"),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// What to do about an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Give a scaling group more instances.
    ScaleOut {
        /// Which group, when the alarm itself names none.
        group: Option<GroupName>,
        /// How many more.
        grow: Grow,
    },
    /// Restart the instance that the alarm is about.
    Restart,
    /// Ask a person to look.
    Review,
    /// Tell people this, and ask nothing of them.
    Notify(Text),
}

/// A rule: alarms of these names get this remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The names it is for.
    pub names: Pattern,
    /// Names it is not for, although they match.
    pub unless: Option<Pattern>,
    /// What to do.
    pub remedy: Remedy,
    /// Whether to only say what would be done.
    pub observe: bool,
}

/// The rules, in order: the first that fits decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Names that say high CPU: as words of their own, or as a camel-cased one.
    pub const HIGH_CPU: &'static str = r"(?i:(?:^|[^a-z])high[-_. ]?cpu(?:$|[^a-z]|alarm|alert|usage|util))|[a-z0-9]High-?C(?:PU|pu)(?:$|[^a-z])";
    /// Names that say disk space.
    pub const DISK_SPACE: &'static str = r"(?i:(?:^|[^a-z])disk[-_. ]?(?:space|usage|full)(?:$|[^a-z]|alarm))|[a-z0-9]Disk(?:Space|Usage|Full)";
    /// Names that say the opposite of what they seem to say.
    pub const NEGATED: &'static str = r"(?i)(?:^|[^a-z])(?:not?|non|never|without)(?:$|[^a-z])";

    /// Takes the rules in their order.
    pub fn new(routes: Vec<Route>) -> Self {
        Self(routes)
    }

    /// The rules of a system that was told none: high CPU scales out, disk space asks a person.
    ///
    /// # Errors
    ///
    /// Never in practice: the patterns are constants. The error is passed on all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use domain::policy::{route::{Remedy, Routes}, scale::Grow};
    ///
    /// let routes = Routes::usual(Grow::Fixed(2))?;
    /// let scales = |name: &str| matches!(routes.find(name).map(|r| &r.remedy), Some(Remedy::ScaleOut { .. }));
    /// assert!(scales("web-high-cpu") && scales("HighCpuAlarm") && scales("webHighCPU"));
    /// assert!(!scales("db-not-high-cpu-but-low") && !scales("thigh-cpu") && !scales("low-disk-space"));
    /// assert!(routes.find("low-disk-space").is_some());
    /// # Ok::<(), domain::policy::route::PatternError>(())
    /// ```
    pub fn usual(grow: Grow) -> Result<Self, PatternError> {
        let route = |names, remedy| -> Result<Route, PatternError> {
            Ok(Route {
                names: Pattern::matching(names)?,
                unless: Some(Pattern::matching(Self::NEGATED)?),
                remedy,
                observe: false,
            })
        };
        Ok(Self(vec![
            route(Self::HIGH_CPU, Remedy::ScaleOut { group: None, grow })?,
            route(Self::DISK_SPACE, Remedy::Review)?,
        ]))
    }

    /// The rule for an alarm of that name.
    pub fn find(&self, name: &str) -> Option<&Route> {
        self.0.iter().find(|route| {
            route.names.is_match(name) && !route.unless.as_ref().is_some_and(|p| p.is_match(name))
        })
    }
}
