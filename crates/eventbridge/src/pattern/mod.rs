//! Event patterns, complete
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>).
//!
//! Where the documentation is silent, AWS's published matcher decides: Ruler, <https://github.com/aws/event-ruler>.

mod cidr;
mod complexity;
mod condition;
mod error;
mod event;
mod json;
mod matcher;
mod numeric;
mod operator;
mod read;
mod scalar;
mod text;
mod wildcard;

use std::collections::BTreeSet;
use std::str::FromStr;

pub use condition::Difference;
use condition::{Condition, all_hold};
pub use error::{EventError, PatternError};
pub use event::Event;

/// An event pattern.
///
/// # Examples
///
/// ```
/// use eventbridge_rules::pattern::{Event, Pattern};
///
/// let pattern: Pattern = r#"{"detail": {"state": ["stopped", {"prefix": "stopp"}]}}"#.parse().unwrap();
/// let event: Event = r#"{"source": "aws.ec2", "detail": {"state": "running"}}"#.parse().unwrap();
/// assert!(!pattern.matches(&event));
/// assert_eq!(
///     pattern.differences(&event)[0].to_string(),
///     r#"`detail.state`: the event has "running", the pattern wants ["stopped", {"prefix": "stopp"}]"#,
/// );
///
/// let wrong = r#"{"detail": {"state": "stopped"}}"#.parse::<Pattern>().unwrap_err();
/// assert_eq!(wrong.to_string(), r#"`detail.state`: write the value as a list: `["stopped"]`"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    alternatives: Vec<Vec<Condition>>,
}

impl Pattern {
    /// Whether an event matches.
    pub fn matches(&self, event: &Event) -> bool {
        self.alternatives.iter().any(|conditions| all_hold(conditions, event, &[]))
    }

    /// Why an event does not match: the first field that differs, by path, in each alternative that `$or` makes.
    pub fn differences(&self, event: &Event) -> Vec<Difference> {
        if self.matches(event) {
            return Vec::new();
        }
        let first = |conditions: &Vec<Condition>| Difference::first(conditions, event);
        let differences: BTreeSet<Difference> = self.alternatives.iter().filter_map(first).collect();
        differences.into_iter().collect()
    }
}

/// # Errors
///
/// What EventBridge would refuse, with the path to it and what would be right. Of a name that is there twice the last
/// counts.
impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read::alternatives(text).map(|alternatives| Self { alternatives })
    }
}
