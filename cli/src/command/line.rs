use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use cloud_sim::fault::Level;
use cloud_sim::replay::Replay;

use simulation::month::Size;
use simulation::story::Name;

/// How many days are lived through.
pub(super) const DAYS: RangeInclusive<i64> = 1..=36_500;
/// How many instances there are.
pub(super) const INSTANCES: RangeInclusive<i64> = 1..=100_000;
/// How many stacks of Caretaker there are.
pub(super) const STACKS: RangeInclusive<i64> = 1..=2;
/// How often an event is delivered.
pub(super) const DELIVERIES: RangeInclusive<i64> = 1..=4;
/// How many things may go wrong.
pub(super) const FAULTS: RangeInclusive<i64> = 0..=3;

/// What a line of output begins with that makes something happen again.
const NAME: &str = "CARETAKER_REPLAY";

/// A failure as one line: what was run, and which execution of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) subject: Subject,
    pub(super) replay: Replay,
}

/// What was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A fleet that lives so long.
    Simulate { days: u32, instances: u32, stacks: u32, faults: Level },
    /// A story.
    Explore { story: Name, deliveries: u32, faults: u32 },
}

impl Line {
    /// The line of a fleet's life.
    pub(super) fn of_month(size: Size, faults: Level, replay: Replay) -> Self {
        let Size { days, instances, stacks, .. } = size;
        Self { subject: Subject::Simulate { days, instances, stacks, faults }, replay }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME}=")?;
        match self.subject {
            Subject::Simulate { days, instances, stacks: 1, faults } => {
                write!(f, "simulate:{days}:{instances}:{}", faults.as_str())
            }
            Subject::Simulate { days, instances, stacks, faults } => {
                write!(f, "simulate:{days}:{instances}x{stacks}:{}", faults.as_str())
            }
            Subject::Explore { story, deliveries, faults } => {
                write!(f, "explore:{}:{deliveries}:{faults}", story.as_str())
            }
        }?;
        write!(f, ":{}", self.replay)
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let line = line.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('=')).unwrap_or(line);
        let parts: Vec<&str> = line.splitn(5, ':').collect();
        let [kind, a, b, c, replay] = parts.as_slice() else { return Err(malformed(line)) };
        let number = |text: &str, range: RangeInclusive<i64>| {
            let number: u32 = text.parse().map_err(|_| malformed(line))?;
            let (least, most) = range.clone().into_inner();
            let told = || {
                format!("`{line}`: {number} is not from {least} to {most}, as what it stands for has to be")
            };
            if range.contains(&number.into()) { Ok(number) } else { Err(told()) }
        };
        let subject = match *kind {
            "simulate" => Subject::Simulate {
                days: number(a, DAYS)?,
                instances: number(b.split('x').next().unwrap_or_default(), INSTANCES)?,
                stacks: b.split_once('x').map_or(Ok(1), |(_, stacks)| number(stacks, STACKS))?,
                faults: c.parse().map_err(|_| malformed(line))?,
            },
            "explore" => Subject::Explore {
                story: Name::ALL
                    .into_iter()
                    .find(|name| name.as_str() == *a)
                    .ok_or_else(|| malformed(line))?,
                deliveries: number(b, DELIVERIES)?,
                faults: number(c, FAULTS)?,
            },
            _ => return Err(malformed(line)),
        };
        let replay = replay.parse::<Replay>().map_err(|error| error.to_string())?;
        Ok(Self { subject, replay })
    }
}

fn malformed(line: &str) -> String {
    format!(
        "`{line}` is no replay line: expected one that a command printed, as in `{NAME}=simulate:1:5:hostile:seed=7`"
    )
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for line in [
            "CARETAKER_REPLAY=simulate:1:5:hostile:seed=7:only=fault.3.12+trouble/lag.0.1",
            "CARETAKER_REPLAY=simulate:1:5x2:hostile:seed=7",
            "CARETAKER_REPLAY=explore:auto-snapshot:2:1:path=0-1-3",
            "CARETAKER_REPLAY=explore:auto-snapshot-again:2:1:path=0-1-3",
        ] {
            assert_eq!(line.parse::<Line>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn what_a_flag_would_refuse_is_refused_in_a_line_too() {
        for (line, told) in [
            ("simulate:0:5:none:seed=1", "0 is not from 1 to 36500"),
            ("simulate:4000000000:5:none:seed=1", "4000000000 is not from 1 to 36500"),
            ("simulate:1:100001:none:seed=1", "100001 is not from 1 to 100000"),
            ("explore:auto-snapshot:5:1:path=0", "5 is not from 1 to 4"),
            ("explore:auto-snapshot:2:4:path=0", "4 is not from 0 to 3"),
        ] {
            let error = line.parse::<Line>().unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn what_is_no_line_is_told_with_an_example() {
        for line in
            ["", "simulate:1:5", "simulate:x:5:none:seed=1", "explore:nothing:1:1:path=0", "a:1:1:1:seed=1"]
        {
            assert!(
                line.parse::<Line>().unwrap_err().contains("expected one that a command printed"),
                "{line}"
            );
        }
    }
}
