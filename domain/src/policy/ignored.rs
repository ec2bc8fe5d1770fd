//! What functions were sent and ignored, counted by where it came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::listed::LISTED;

/// How many characters of a source are kept: enough for the fields that intake tells, each of which it has cut itself.
/// Three functions with 50 of them fit into a message.
const LONGEST: usize = 400;

/// What a function was sent in a day and ignored.
///
/// # Examples
///
/// ```
/// use domain::policy::ignored::Tally;
///
/// let mut tally = Tally::default();
/// (0..60).for_each(|n| tally.add(&format!("topic {}", n % 55)));
/// assert_eq!((tally.kinds.len(), tally.kinds["topic 0"], tally.others, tally.total()), (50, 2, 5, 60));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often it came from where.
    pub kinds: BTreeMap<String, u64>,
    /// How often it came from somewhere else, once there are 50 kinds.
    #[serde(default)]
    pub others: u64,
}

impl Tally {
    /// Counts one more event. Whatever its sender wrote, its source is a short line.
    pub fn add(&mut self, source: &str) {
        let source: String =
            source.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect();
        let is_full = LISTED <= self.kinds.len();
        let count = match self.kinds.get_mut(&source) {
            Some(count) => count,
            None if is_full => &mut self.others,
            None => self.kinds.entry(source).or_default(),
        };
        *count = count.saturating_add(1);
    }

    /// How many events there were.
    pub fn total(&self) -> u64 {
        self.kinds.values().fold(self.others, |sum, count| sum.saturating_add(*count))
    }
}
