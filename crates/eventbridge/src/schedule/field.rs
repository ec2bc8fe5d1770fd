//! Fields that are sets of numbers: values, lists, ranges and steps.

use std::collections::BTreeSet;

use super::error::ScheduleError;

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) low: i16,
    pub(super) high: i16,
    /// Names for the values, from the lowest, in either case.
    pub(super) names: &'static [&'static str],
    /// Whether `/` is allowed.
    pub(super) steps: bool,
    /// Whether a range may go past the end and on from the beginning, as `20-2` does.
    pub(super) wraps: bool,
}

impl Field {
    pub(super) fn wrong(&self, text: &str, problem: impl std::fmt::Display) -> ScheduleError {
        ScheduleError::new(format!("{} `{text}`", self.name), problem)
    }

    /// The values of `*`, or of a list of values, ranges and steps.
    pub(super) fn values(&self, text: &str) -> Result<BTreeSet<i16>, ScheduleError> {
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            if item == "*" && item != text {
                return Err(self.wrong(text, "`*` already is every value: leave out the others"));
            }
            values.extend(self.item(item).map_err(|problem| self.wrong(text, problem))?);
        }
        Ok(values)
    }

    fn item(&self, item: &str) -> Result<Vec<i16>, String> {
        let (base, step) = match item.split_once('/') {
            Some(_) if !self.steps => return Err("`/` is not allowed here: list the values".to_owned()),
            Some(("*", step)) => ("*", Some(self.step_of_all(step)?)),
            Some((base, step)) => (base, Some(increment(step)?)),
            None => (item, None),
        };
        let (from, to) = match (base, base.split_once('-')) {
            ("*", _) => (self.low, self.high),
            (_, Some((from, to))) => (self.value(from)?, self.value(to)?),
            (from, None) => {
                let from = self.value(from)?;
                (from, if step.is_some() { self.high } else { from })
            }
        };
        Ok(self.range(from, to)?.step_by(step.unwrap_or(1)).collect())
    }

    /// The step behind `*`, which has to lie in the field, as EventBridge refuses `*/60` minutes
    /// (<https://github.com/aws/aws-sdk-js/issues/4212>). Behind a value or a range it takes any step: a solution of AWS's own
    /// has `cron(0/60 * * * ? *)` for its default
    /// (<https://github.com/aws-solutions/discovering-hot-topics-using-machine-learning>, `RedditIngestionFrequency`).
    fn step_of_all(&self, step: &str) -> Result<usize, String> {
        let (step, low, high) = (increment(step)?, self.low, self.high);
        if usize::try_from(high).is_ok_and(|high| high < step) {
            return Err(format!(
                "behind `*` a step is at most {high}: write `{low}` for what `*/{step}` would come to"
            ));
        }
        Ok(step)
    }

    fn range(&self, from: i16, to: i16) -> Result<impl Iterator<Item = i16> + use<>, String> {
        let (first, second) = match (from <= to, self.wraps) {
            (true, _) => (from..=to, None),
            (false, true) => (from..=self.high, Some(self.low..=to)),
            (false, false) => {
                return Err(format!("`{from}-{to}` goes backwards: the first is the lower one"));
            }
        };
        Ok(first.chain(second.into_iter().flatten()))
    }

    /// A value, by its number or its name.
    pub(super) fn value(&self, text: &str) -> Result<i16, String> {
        let named = (self.low..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        if let Some((value, _)) = named {
            return Ok(value);
        }
        let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        match text.parse() {
            Ok(value) if is_number && (self.low..=self.high).contains(&value) => Ok(value),
            Ok(_) | Err(_) => Err(format!("`{text}` is not {}", self.allowed())),
        }
    }

    fn allowed(&self) -> String {
        let numbers = format!("from {} to {}", self.low, self.high);
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!("{numbers} or {first} to {last}"),
            _ => numbers,
        }
    }
}

/// The fields between parentheses, which begin and end with no space.
pub(super) fn words(fields: &str) -> Vec<&str> {
    if fields.trim() == fields { fields.split_whitespace().collect() } else { Vec::new() }
}

fn increment(text: &str) -> Result<usize, String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit());
    match text.parse() {
        Ok(step) if is_number && step != 0 => Ok(step),
        Ok(_) | Err(_) => Err(format!("the step `{text}` is no positive number")),
    }
}
