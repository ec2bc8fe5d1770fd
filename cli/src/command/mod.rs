//! What the commands do and print.
//!
//! Exit codes: 0 done, 1 found something wrong, 2 bad usage or input.

mod accept;
mod adopt;
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

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::{Parser, Subcommand};
use domain::render::visible;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::visible::Visible;

/// Caretaker: snapshots failed instances, keeps house at night, answers alarms.
#[derive(Debug, Parser)]
#[command(name = "caretaker", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

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
    /// Takes over the snapshots of an earlier version, which name no owner.
    Adopt(adopt::Adopt),
    /// Accepts the plan that a report asks about: the next night begins with it.
    Accept(accept::Accept),
    /// Says why one snapshot is kept or removed, rule by rule.
    Explain(Box<explain::Explain>),
    /// Says what the functions would make of their settings, what is wrong with them, and what is missing in the account.
    Doctor(doctor::Doctor),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandEnd {
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

/// Runs a command line and says how it ended. What it prints shows whatever others wrote as it is, so nothing of it
/// does anything to a terminal.
///
/// # Examples
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let code = cli::command::run(["caretaker", "schedule", "rate(\u{1b}[2J)"], &mut out, &mut err);
/// assert_eq!(code, 2);
/// assert!(String::from_utf8(err).unwrap().starts_with(r"caretaker: rate(\u001b[2J): "));
/// ```
pub fn run<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    out: &mut (impl Write + Send),
    err: &mut impl Write,
) -> u8 {
    let (mut out, mut err) = (Visible(out), Visible(err));
    let command = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => command,
        Err(usage) => {
            // Help and the version are what was asked for.
            let _ = if usage.use_stderr() { write!(err, "{usage}") } else { write!(out, "{usage}") };
            return u8::try_from(usage.exit_code()).unwrap_or(2);
        }
    };
    match command.run(&mut out) {
        Ok(CommandEnd::Done) => 0,
        Ok(CommandEnd::Wrong) => 1,
        Err(error) => {
            let _ = writeln!(err, "caretaker: {}", visible::line(&error.to_string()));
            2
        }
    }
}

impl Command {
    fn run(self, out: &mut (dyn Write + Send)) -> Result<CommandEnd, BadInput> {
        match self {
            Self::Simulate(simulate) => simulate.run(out),
            Self::Serve(serve) => serve.run(out),
            Self::Replay(replay) => replay.run(out),
            Self::Explore(explore) => explore.run(out),
            Self::Match(matching) => matching.run(out),
            Self::Schedule(schedule) => schedule.run(out),
            Self::Plan(plan) => plan.run(out),
            Self::Apply(apply) => apply.run(out),
            Self::Adopt(adopt) => adopt.run(out),
            Self::Accept(accept) => accept.run(out),
            Self::Explain(explain) => explain.run(out),
            Self::Doctor(doctor) => doctor.run(out),
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
