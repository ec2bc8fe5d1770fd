//! Prints the next five runs of a schedule after the beginning of 2026: `next "cron(0 2 * * ? *)"`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::env;
use std::error::Error;

use eventbridge_rules::schedule::Schedule;
use jiff::Timestamp;

fn main() -> Result<(), Box<dyn Error>> {
    let expression = env::args().nth(1).ok_or("give a schedule expression")?;
    let schedule: Schedule = expression.parse()?;
    let beginning: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    for run in schedule.runs(beginning).take(5) {
        println!("{run}");
    }
    Ok(())
}
