use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use cloud_sim::Scenario;
use cloud_sim::explore::{Bounds, Counterexample, Explored, OrderOfAnswers};
use cloud_sim::replay::Replay;
use cloud_sim::view;
use indicatif::ProgressBar;
use serde::Serialize;
use simulation::jobs::Jobs;
use simulation::story::{Name, story};

use super::line::{DELIVERIES, FAULTS, Line, Subject};
use super::{BadInput, CommandEnd, bar, print_json};

/// `caretaker explore`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Explore {
    /// The story: of a function, or of one in which it has more to do.
    story: Name,
    /// How often each event is delivered, all at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(DELIVERIES))]
    deliveries: u32,
    /// How many things may go wrong in one execution.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(FAULTS))]
    faults: u32,
    /// How often one delivery may be interrupted by another; without this, as often as they like.
    #[arg(long)]
    preemptions: Option<u32>,
    /// How many threads work together: as many as the machine has cores, unless this is said. The
    /// result is the same.
    #[arg(long, default_value_t)]
    jobs: Jobs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Told {
    story: Name,
    deliveries: u32,
    faults: u32,
    preemptions: Option<u32>,
    #[serde(flatten)]
    explored: Explored,
    /// The line that makes the first counterexample happen again.
    replay: Option<String>,
}

/// How often the bar is told where things stand.
const EVERY: u64 = 256;

impl Explore {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let scenario = story(self.story, self.deliveries, self.faults);
        // Caretaker's workflows wait for the answers to all that they send together.
        let order_of_answers = OrderOfAnswers::IsAllTheSame;
        let bounds = Bounds { preemptions: self.preemptions, order_of_answers, ..Bounds::default() };
        let stopped = on_interrupt()?;
        let bar = bar(1000, "{bar:40} {percent} % {msg}");
        let explored = self.jobs.explore(&scenario, bounds, |progress| {
            if progress.executions % EVERY == 0 {
                show(&bar, progress);
            }
            !stopped.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        let verdict = if explored.violations == 0 { CommandEnd::Done } else { CommandEnd::Wrong };
        let replay = explored.first.as_ref().map(|first| self.line(first).to_string());
        if self.json {
            let Self { story, deliveries, faults, preemptions, .. } = self;
            print_json(out, &Told { story, deliveries, faults, preemptions, explored, replay })?;
        } else {
            self.print(out, &explored);
            if let Some((first, line)) = explored.first.as_ref().zip(replay) {
                counterexample(out, &scenario, first, &line);
            }
        }
        Ok(verdict)
    }

    fn line(&self, first: &Counterexample) -> Line {
        let Self { story, deliveries, faults, .. } = *self;
        let subject = Subject::Explore { story, deliveries, faults };
        Line { subject, replay: Replay::Path(first.tape.clone()) }
    }

    fn print(&self, out: &mut dyn Write, explored: &Explored) {
        let bound = match self.preemptions {
            Some(most) => format!("at most {most} preemptions"),
            None => "any number of preemptions".to_owned(),
        };
        let Explored { executions, redundant, violations, .. } = explored;
        let _ = writeln!(
            out,
            "{}: {} deliveries, at most {} faults, {bound}\n",
            self.story.as_str(),
            self.deliveries,
            self.faults
        );
        let covered = match explored.covered {
            _ if explored.complete => "all there are".to_owned(),
            Some(share) => format!("stopped; about {:.4} % of all there are", share * 100.0),
            None => "stopped; too soon to tell how many there are".to_owned(),
        };
        let _ = writeln!(
            out,
            "{executions} executions ({covered}); {redundant} more were the same in another order"
        );
        let _ = writeln!(out, "{violations} of them broke an invariant");
    }
}

fn counterexample(out: &mut dyn Write, scenario: &Scenario, first: &Counterexample, line: &str) {
    let _ = writeln!(out, "\nthe first, execution {}:", first.execution);
    for violation in &first.violations {
        let _ = writeln!(out, "  BROKEN: {}: {}", violation.invariant, violation.detail);
    }
    let run = scenario.follow(first.tape.clone());
    let _ = writeln!(out, "\n{}\n{line}", view::sequence(&run.sim.trace()));
}

fn show(bar: &ProgressBar, progress: cloud_sim::explore::Progress) {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of 1"
    )]
    let position = (progress.share.unwrap_or(0.0) * 1000.0) as u64;
    bar.set_position(position);
    bar.set_message(format!("{} executions", progress.executions));
}

/// Says whether somebody pressed Ctrl-C: what was covered so far is told all the same.
fn on_interrupt() -> Result<Arc<AtomicBool>, BadInput> {
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed))
        .map_err(|error| BadInput::new("Ctrl-C", error))?;
    Ok(stopped)
}
