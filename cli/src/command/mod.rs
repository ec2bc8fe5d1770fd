//! What the commands do and print.
//!
//! Exit codes: 0 done, 1 found something wrong, 2 bad usage or input.

mod apply;
mod cloud;
mod doctor;
mod explain;
mod explore;
mod line;
mod matching;
mod plan;
mod replay;
#[cfg(feature = "aws")]
mod replay_aws;
mod schedule;
mod serve;
mod simulate;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lets a fleet live in the simulated cloud and tells what happened.
    Simulate(simulate::Simulate),
    /// Lets AWS clients use the simulated cloud: boto3, the aws command line, any SDK.
    Serve(serve::Serve),
    /// Runs the real handler on one event, in a simulated world.
    Replay(replay::Replay),
    /// Tries every order of two deliveries of an event, and every fault, within bounds.
    Explore(explore::Explore),
    /// Says whether an event matches an EventBridge event pattern, and if not, why.
    Match(matching::Match),
    /// Tells when an EventBridge schedule runs next, in UTC.
    Schedule(schedule::Schedule),
    /// Says which snapshots to keep, which to remove, and why.
    Plan(Box<plan::Plan>),
    /// Carries out a plan that was made before.
    Apply(apply::Apply),
    /// Says why one snapshot is kept or removed, rule by rule.
    Explain(Box<explain::Explain>),
    /// Says what the functions would make of their settings, what is wrong with them, and what is missing in the account.
    Doctor(doctor::Doctor),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Done,
    /// It found something wrong.
    Wrong,
}

/// Input that a command cannot use, with what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

impl BadInput {
    pub(crate) fn new(what: impl Display, why: impl Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

/// Runs a command and says how it ended.
pub fn run(command: Command) -> ExitCode {
    let mut out = io::stdout().lock();
    let ended = match command {
        Command::Simulate(simulate) => simulate.run(&mut out),
        Command::Serve(serve) => serve.run(&mut io::stdout()),
        Command::Replay(replay) => replay.run(&mut out),
        Command::Explore(explore) => explore.run(&mut out),
        Command::Match(matching) => matching.run(&mut out),
        Command::Schedule(schedule) => schedule.run(&mut out),
        Command::Plan(plan) => plan.run(&mut out),
        Command::Apply(apply) => apply.run(&mut io::stdout()),
        Command::Explain(explain) => explain.run(&mut out),
        Command::Doctor(doctor) => doctor.run(&mut out),
    };
    match ended {
        Ok(Verdict::Done) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "caretaker: {error}");
            ExitCode::from(2)
        }
    }
}

/// A bar on the terminal; none where nobody looks.
fn bar(length: u64, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_style(style)
}

/// Prints a value as JSON; a reader that went away is no error.
fn print_json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), BadInput> {
    let text = serde_json::to_string_pretty(value).map_err(|error| BadInput::new("output", error))?;
    let _ = writeln!(out, "{text}");
    Ok(())
}
