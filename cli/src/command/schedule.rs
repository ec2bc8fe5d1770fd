use std::io::Write;

use clap::Args;
use eventbridge::schedule::Schedule as Expression;
use jiff::{Timestamp, Unit};
use serde_json::json;

use super::{BadInput, CommandEnd, print_json};

/// `caretaker schedule`.
#[derive(Clone, Debug, Args)]
pub struct Schedule {
    /// The expression: `cron(0 2 * * ? *)` or `rate(5 minutes)`.
    expression: String,
    /// The instant after which runs are told, and at which a rate begins; by default the present.
    #[arg(long, value_name = "TIME")]
    after: Option<Timestamp>,
    /// How many runs to tell.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Schedule {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let schedule: Expression =
            self.expression.parse().map_err(|error| BadInput::new(&self.expression, error))?;
        let after = match self.after {
            Some(after) => after,
            None => Timestamp::now().round(Unit::Second).map_err(|error| BadInput::new("present", error))?,
        };
        let next: Vec<Timestamp> = (0..self.count).zip(schedule.runs(after)).map(|(_, run)| run).collect();
        if self.json {
            print_json(out, &json!({ "next": next }))?;
        } else {
            print(out, &next);
        }
        Ok(CommandEnd::Done)
    }
}

fn print(out: &mut dyn Write, next: &[Timestamp]) {
    if next.is_empty() {
        let _ = writeln!(out, "never again");
    }
    for run in next {
        let _ = writeln!(out, "{run}");
    }
}
