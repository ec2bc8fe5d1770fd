//! `rate(value unit)`
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions>).

use jiff::{SignedDuration, Timestamp};

use super::error::ScheduleError;
use super::field::words;

const UNITS: [(&str, &str, u32); 3] =
    [("minute", "minutes", 1), ("hour", "hours", 60), ("day", "days", 24 * 60)];

/// Every so many minutes, hours or days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(SignedDuration);

impl Rate {
    pub(super) fn next(self, after: Timestamp) -> Option<Timestamp> {
        after.checked_add(self.0).ok()
    }

    pub(super) fn read(fields: &str) -> Result<Self, ScheduleError> {
        let [value, unit] = words(fields)[..] else {
            let usage = "write a value and a unit with a space between, such as `rate(5 minutes)`";
            return Err(ScheduleError::new("fields", usage));
        };
        let is_number = value.chars().all(|c| c.is_ascii_digit());
        let count: u32 = match value.parse() {
            Ok(count) if is_number && count != 0 => count,
            Ok(_) | Err(_) => {
                return Err(ScheduleError::new(format!("value `{value}`"), "no positive number"));
            }
        };
        let wrong = |problem: String| ScheduleError::new(format!("unit `{unit}`"), problem);
        let (one, many, minutes) = UNITS
            .into_iter()
            .find(|(one, many, _)| [*one, *many].contains(&unit))
            .ok_or_else(|| wrong("it is not minute, minutes, hour, hours, day or days".to_owned()))?;
        let right = if count == 1 { one } else { many };
        if unit != right {
            return Err(wrong(format!("with the value {count} it is `{right}`")));
        }
        Ok(Self(SignedDuration::from_mins(i64::from(count) * i64::from(minutes))))
    }
}
