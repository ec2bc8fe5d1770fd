use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use domain::render::visible;
use eventbridge::pattern::{Difference, Event, Pattern};
use serde_json::{Value, json};

use super::{BadInput, CommandEnd, print_json};
use crate::input::{Bound, text};

/// `caretaker match`.
#[derive(Clone, Debug, Args)]
pub struct Match {
    /// The file that holds the event pattern, in JSON.
    #[arg(long, value_name = "FILE")]
    pattern: PathBuf,
    /// The file that holds the event, in JSON.
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Match {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let pattern: Pattern = read(&self.pattern)?;
        let event: Event = read(&self.event)?;
        let differences = pattern.differences(&event);
        if self.json {
            print_json(out, &told(&differences))?;
        } else {
            print(out, &differences);
        }
        Ok(if differences.is_empty() { CommandEnd::Done } else { CommandEnd::Wrong })
    }
}

fn read<T: FromStr<Err: Display>>(file: &Path) -> Result<T, BadInput> {
    let bytes = text(file, Bound::Small)?;
    let text = str::from_utf8(&bytes).map_err(|error| BadInput::new(file.display(), error))?;
    text.parse().map_err(|error| BadInput::new(file.display(), error))
}

fn told(differences: &[Difference]) -> Value {
    let of = |difference: &Difference| json!({ "path": difference.path, "reason": difference.reason });
    json!({ "match": differences.is_empty(), "differences": differences.iter().map(of).collect::<Vec<_>>() })
}

fn print(out: &mut dyn Write, differences: &[Difference]) {
    let _ = writeln!(out, "{}", if differences.is_empty() { "match" } else { "no match" });
    for difference in differences {
        let _ = writeln!(out, "  {}", visible::line(&difference.to_string()));
    }
}
