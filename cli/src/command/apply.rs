use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use clap::Args;
use domain::policy::retention::RetentionPlan;
use domain::workflow::prune::Pruned;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{BadInput, CommandEnd, cloud};
use crate::input::{Bound, json};
use crate::retention::carry_out::Person;

/// `caretaker apply`.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// What `caretaker plan --output json` printed.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// In the account, or at the endpoint in `AWS_ENDPOINT_URL`.
    #[arg(long, required = true)]
    aws: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Apply {
    pub(super) fn run(self, out: &mut (dyn Write + Send)) -> Result<CommandEnd, BadInput> {
        let plan: RetentionPlan = json(&self.plan, Bound::List)?;
        let bar = progress();
        let agrees = |count| self.yes || asked(count);
        let seen = |_: &_, count: usize| {
            bar.set_length(u64::try_from(count).unwrap_or(u64::MAX));
            bar.inc(1);
        };
        let done = cloud::carry_out(&plan, Person { out, agrees: &agrees, seen: &seen })?;
        bar.finish_and_clear();
        match done {
            Err(refused) => {
                let _ = writeln!(out, "nothing was removed: {refused}");
                Ok(CommandEnd::Wrong)
            }
            Ok(None) => {
                let _ = writeln!(out, "nothing was removed");
                Ok(CommandEnd::Done)
            }
            Ok(Some(pruned)) => Ok(tell(out, &pruned)),
        }
    }
}

/// How much of an answer is read, in bytes.
const LONGEST_ANSWER: u64 = 64;

/// Asks at the terminal; no answer is no.
fn asked(count: usize) -> bool {
    let _ = write!(io::stderr(), "Remove these {count} snapshots? Type `yes`: ");
    let mut answer = String::new();
    io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

fn tell(out: &mut dyn Write, pruned: &Pruned) -> CommandEnd {
    let _ = writeln!(
        out,
        "{} removed (at most {} GiB freed), {} gone already, {} in use, {} failed",
        pruned.deleted,
        pruned.freed_gib_at_most,
        pruned.already_gone,
        pruned.used(),
        pruned.failures()
    );
    for snapshot in &pruned.in_use {
        let _ = writeln!(out, "  {snapshot}: something uses it");
    }
    for failed in &pruned.failed {
        let _ = writeln!(out, "  {}: {}", failed.snapshot, failed.error);
    }
    let more = pruned.more_in_use.saturating_add(pruned.more_failed);
    if 0 < more {
        let _ = writeln!(out, "  ... and {more} more");
    }
    if pruned.failed.is_empty() { CommandEnd::Done } else { CommandEnd::Wrong }
}

fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left")
        .unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style)
}
