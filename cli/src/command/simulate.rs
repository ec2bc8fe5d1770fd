use std::io::{self, IsTerminal, Write};

use clap::Args;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{BadInput, Verdict, print_json};
use crate::month::{Size, Story, live};

/// `caretaker simulate`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Simulate {
    /// How many days to live through.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36500))]
    days: u32,
    /// How many instances there are.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    instances: u32,
    /// What decides everything that is left open: the same seed gives the same output.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Verdict, BadInput> {
        let size = Size { days: self.days, instances: self.instances, seed: self.seed };
        let bar = progress(self.days);
        let story =
            live(size, |day| bar.set_position(day.into())).map_err(|e| BadInput::new("settings", e))?;
        bar.finish_and_clear();
        if self.json {
            print_json(out, &story)?;
        } else {
            print(out, &story);
        }
        Ok(if story.violations.is_empty() { Verdict::Done } else { Verdict::Wrong })
    }
}

fn progress(days: u32) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} day {pos} of {len}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(days.into()), ProgressDrawTarget::stderr()).with_style(style)
}

fn print(out: &mut dyn Write, story: &Story) {
    let size = story.size;
    let _ = writeln!(out, "{} instances, {} days, seed {}\n", size.instances, size.days, size.seed);
    let counts = &story.counts;
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["what happened", "times"]);
    for (what, n) in [
        ("instances stopped", counts.stops),
        ("snapshot sets taken", counts.sets),
        ("snapshots in them", counts.snapshots),
        ("snapshots deleted", counts.deletions),
        ("objects archived", counts.objects),
        ("records in them", story.records_archived),
        ("alarms raised", counts.alarms),
        ("groups scaled out", counts.scale_outs),
        ("notices published", counts.notices),
        ("invocations that succeeded", counts.invocations),
        ("invocations that failed", counts.failures),
        ("requests given up", counts.exhausted),
    ] {
        table.add_row([what.to_owned(), n.to_string()]);
    }
    let _ = writeln!(out, "{table}\n\nlatest notices:");
    for subject in &story.notices {
        let _ = writeln!(out, "  {subject}");
    }
    let _ = writeln!(out, "\ninvariants:");
    for invariant in &story.invariants {
        let broken = story.violations.iter().filter(|v| v.invariant == *invariant).count();
        let verdict = if broken == 0 { "holds".to_owned() } else { format!("BROKEN {broken} times") };
        let _ = writeln!(out, "  {verdict}: {invariant}");
    }
    for violation in &story.violations {
        let _ = writeln!(out, "  at {}: {}: {}", violation.at, violation.invariant, violation.detail);
    }
    let _ = writeln!(out, "\ntrace hash {}", story.trace_hash);
}
