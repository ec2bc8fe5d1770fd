use std::fmt;
use std::str::FromStr;

use adapters_sim::fault::Level;
use adapters_sim::replay::Replay;

use crate::month::Size;
use crate::stack::FunctionName;

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
    Simulate { days: u32, instances: u32, faults: Level },
    /// The story of one function.
    Explore { function: FunctionName, deliveries: u32, faults: u32 },
}

impl Line {
    /// The line of a fleet's life.
    pub(super) fn of_month(size: Size, faults: Level, replay: Replay) -> Self {
        let Size { days, instances, .. } = size;
        Self { subject: Subject::Simulate { days, instances, faults }, replay }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME}=")?;
        match self.subject {
            Subject::Simulate { days, instances, faults } => {
                write!(f, "simulate:{days}:{instances}:{}", faults.as_str())
            }
            Subject::Explore { function, deliveries, faults } => {
                write!(f, "explore:{}:{deliveries}:{faults}", function.as_str())
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
        let number = |text: &str| text.parse::<u32>().map_err(|_| malformed(line));
        let subject = match *kind {
            "simulate" => Subject::Simulate {
                days: number(a)?,
                instances: number(b)?,
                faults: c.parse().map_err(|_| malformed(line))?,
            },
            "explore" => Subject::Explore {
                function: FunctionName::ALL
                    .into_iter()
                    .find(|name| name.as_str() == *a)
                    .ok_or_else(|| malformed(line))?,
                deliveries: number(b)?,
                faults: number(c)?,
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
            "CARETAKER_REPLAY=explore:auto-snapshot:2:1:path=0-1-3",
        ] {
            assert_eq!(line.parse::<Line>().unwrap().to_string(), line);
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
