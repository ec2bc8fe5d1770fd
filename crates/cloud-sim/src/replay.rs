//! A failure as one line, that makes it happen again.

use std::fmt;
use std::str::FromStr;

use crate::kernel::Deviation;

/// Which execution of a scenario: enough to make it again, exactly.
///
/// # Examples
///
/// ```
/// use caretaker_cloud_sim::replay::Replay;
///
/// for line in ["seed=7", "seed=7:only=fault.3.12+trouble/lag.0.1", "seed=7:only=", "path=0-0-2-1"] {
///     assert_eq!(line.parse::<Replay>().unwrap().to_string(), line);
/// }
/// let error = "seed=soon".parse::<Replay>().unwrap_err();
/// assert_eq!(error.to_string(), "`soon` is no seed: expected a whole number, as in `seed=7`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// As this seed has it.
    Seed(u64),
    /// As this seed has it, except that only these things go wrong.
    Only(u64, Vec<Deviation>),
    /// Along this path of an exploration.
    Path(Vec<u16>),
}

/// A line that names no execution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It begins with nothing known.
    #[error("`{0}` names no execution: expected `seed=...`, `seed=...:only=...` or `path=...`")]
    Unknown(String),
    /// The seed is no number.
    #[error("`{0}` is no seed: expected a whole number, as in `seed=7`")]
    Seed(String),
    /// A deviation is not of its form.
    #[error("`{0}` is nothing that goes wrong: expected site, count and choice, as in `fault.3.1`")]
    Deviation(String),
    /// A choice is no number.
    #[error("`{0}` is no choice: expected small whole numbers with dashes, as in `path=0-2-1`")]
    Choice(String),
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(seed) => write!(f, "seed={seed}"),
            Self::Only(seed, deviations) => {
                let list: Vec<String> = deviations
                    .iter()
                    .map(|Deviation { site, nth, choice }| format!("{site}.{nth}.{choice}"))
                    .collect();
                write!(f, "seed={seed}:only={}", list.join("+"))
            }
            Self::Path(tape) => {
                let list: Vec<String> = tape.iter().map(u16::to_string).collect();
                write!(f, "path={}", list.join("-"))
            }
        }
    }
}

impl FromStr for Replay {
    type Err = ReplayError;

    fn from_str(line: &str) -> Result<Self, ReplayError> {
        if let Some(path) = line.strip_prefix("path=") {
            let choice = |text: &str| text.parse().map_err(|_| ReplayError::Choice(text.to_owned()));
            let choices = path.split('-').filter(|text| !text.is_empty()).map(choice);
            return Ok(Self::Path(choices.collect::<Result<_, _>>()?));
        }
        let rest = line.strip_prefix("seed=").ok_or_else(|| ReplayError::Unknown(line.to_owned()))?;
        let (seed, only) = rest.split_once(":only=").map_or((rest, None), |(seed, only)| (seed, Some(only)));
        let seed = seed.parse().map_err(|_| ReplayError::Seed(seed.to_owned()))?;
        let Some(only) = only else { return Ok(Self::Seed(seed)) };
        let deviations = only.split('+').filter(|text| !text.is_empty()).map(deviation);
        Ok(Self::Only(seed, deviations.collect::<Result<_, _>>()?))
    }
}

fn deviation(text: &str) -> Result<Deviation, ReplayError> {
    let parts: Vec<&str> = text.split('.').collect();
    let bad = || ReplayError::Deviation(text.to_owned());
    let [site, nth, choice] = parts.as_slice() else { return Err(bad()) };
    Ok(Deviation {
        site: (*site).to_owned(),
        nth: nth.parse().map_err(|_| bad())?,
        choice: choice.parse().map_err(|_| bad())?,
    })
}
