//! Says whether an event matches a pattern, and why not: `explain PATTERN.json EVENT.json`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::env;
use std::error::Error;
use std::fs;

use eventbridge_rules::pattern::{Event, Pattern};

fn main() -> Result<(), Box<dyn Error>> {
    let [pattern, event] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "give two files: an event pattern and an event, both in JSON")?;
    let pattern: Pattern = fs::read_to_string(pattern)?.parse()?;
    let event: Event = fs::read_to_string(event)?.parse()?;
    if pattern.matches(&event) {
        println!("match");
    }
    for difference in pattern.differences(&event) {
        println!("{difference}");
    }
    Ok(())
}
