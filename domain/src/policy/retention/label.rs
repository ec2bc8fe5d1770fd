use std::fmt;
use std::str::FromStr;

use ports::Tags;
use serde::{Deserialize, Serialize};

use super::RetentionError;

/// A tag that is looked for: a key, with any value or with this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Label {
    key: String,
    value: Option<String>,
}

/// Tags that must all be there, written `K[=V][,K[=V]]`.
///
/// # Examples
///
/// ```
/// use domain::policy::retention::Labels;
/// use ports::Tags;
///
/// let both: Labels = "env=prod,gold".parse()?;
/// assert!(both.are_on(&Tags::from_iter([("env", "prod"), ("gold", "")])));
/// assert!(!both.are_on(&Tags::from_iter([("env", "prod")])));
/// assert_eq!("=x".parse::<Labels>().unwrap_err().to_string(), "`=x`: expected tags such as `K` or `K=V,K2`");
/// # Ok::<(), domain::policy::retention::RetentionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Labels(Vec<Label>);

impl Labels {
    /// Whether all of them are among these tags.
    pub fn are_on(&self, tags: &Tags) -> bool {
        self.0.iter().all(|label| {
            let found = tags.get(&label.key);
            label.value.as_deref().map_or(found.is_some(), |value| found == Some(value))
        })
    }
}

impl FromStr for Labels {
    type Err = RetentionError;
    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let label = |part: &str| {
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            (!key.is_empty()).then(|| Label { key: key.to_owned(), value: value.map(str::to_owned) })
        };
        let labels: Option<Vec<Label>> = text.split(',').map(label).collect();
        labels.map(Self).ok_or_else(|| RetentionError::Labels(text.to_owned()))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, label) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{}", label.key)?;
            if let Some(value) = &label.value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

super::text!(Labels);
