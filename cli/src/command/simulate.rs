use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use cloud_sim::fault::Level;
use cloud_sim::kernel::{Deviation, Recorder, Trace};
use cloud_sim::replay::Replay;
use cloud_sim::rule::Violation;
use cloud_sim::shrink::shortest;
use cloud_sim::view;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;
use simulation::jobs::Jobs;
use simulation::month::{Lived, Month, Size, Story};
use simulation::story::story;

use super::line::{DAYS, INSTANCES, Line, STACKS, Subject};
use super::{BadInput, CommandEnd, bar, print_json};

/// `caretaker simulate`.
#[derive(Clone, Debug, Args)]
pub struct Simulate {
    /// How many days to live through.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(DAYS))]
    days: u32,
    /// How many instances there are.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(INSTANCES))]
    instances: u32,
    /// How many stacks of Caretaker look after them.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(STACKS))]
    stacks: u32,
    /// What decides everything that is left open: the same seed gives the same output.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds to try, from that one on; with more than one, only what they find is told.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    seeds: u64,
    /// How many threads try them together: as many as the machine has cores, unless this is said.
    /// The result is the same.
    #[arg(long, default_value_t)]
    jobs: Jobs,
    /// How much goes wrong: none, realistic or hostile.
    #[arg(long, default_value_t = Level::None)]
    faults: Level,
    /// Print what happened, in order.
    #[arg(long, conflicts_with_all = ["json", "seeds"])]
    timeline: bool,
    /// Make an execution happen again: a line that `simulate` or `explore` printed.
    #[arg(long, value_name = "LINE", conflicts_with_all = ["days", "instances", "stacks", "seed", "seeds", "jobs", "faults"])]
    replay: Option<Line>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// An invariant that some seeds broke.
#[derive(Debug, Serialize)]
struct Broken {
    invariant: &'static str,
    seeds: u64,
    detail: String,
    replay: String,
}

impl Simulate {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        if let Some(line) = &self.replay {
            return self.again(line, out);
        }
        if 1 < self.seeds { self.many(out) } else { self.one(out) }
    }

    fn month(&self, seed: u64) -> Month {
        let &Self { days, instances, stacks, faults, .. } = self;
        Month { size: Size { days, instances, stacks, seed }, faults }
    }

    fn one(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let month = self.month(self.seed);
        let bar = bar(self.days.into(), "{bar:40} day {pos} of {len}");
        let recorder = Recorder::record(self.seed);
        let wrong = recorder.deviations();
        let trace = if self.timeline { Trace::kept() } else { Trace::default() };
        let lived = month
            .live_with(Box::new(recorder), trace, |day| bar.set_position(day.into()))
            .map_err(settings)?;
        bar.finish_and_clear();
        if self.json {
            print_json(out, &lived.story)?;
        } else if self.timeline {
            let _ = write!(out, "{}", view::timeline(&lived.sim.trace()));
        } else {
            print(out, &lived.story);
        }
        let Some(violation) = lived.story.violations.first() else { return Ok(CommandEnd::Done) };
        if !self.json {
            shortest_story(out, month, violation, &wrong.take())?;
        }
        Ok(CommandEnd::Wrong)
    }

    fn many(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let bar = bar(self.seeds, "{bar:40} seed {pos} of {len}");
        let mut broken: BTreeMap<&'static str, Broken> = BTreeMap::new();
        let mut unlived = None;
        let live = |nth| {
            let month = self.month(self.seed.saturating_add(nth));
            (month, month.live().map(|lived| lived.story.violations))
        };
        self.jobs.in_order(self.seeds, live, |(month, violations)| {
            bar.inc(1);
            match violations {
                Ok(violations) => note(&mut broken, month, &violations),
                Err(error) => unlived = Some(error),
            }
        });
        bar.finish_and_clear();
        if let Some(error) = unlived {
            return Err(settings(error));
        }
        let broken: Vec<Broken> = broken.into_values().collect();
        if self.json {
            print_json(out, &broken)?;
        } else {
            let _ = writeln!(out, "{} seeds, {} invariants broken", self.seeds, broken.len());
            for Broken { invariant, seeds, detail, replay } in &broken {
                let _ =
                    writeln!(out, "\nBROKEN by {seeds} seeds: {invariant}\n  first: {detail}\n  {replay}");
            }
        }
        Ok(if broken.is_empty() { CommandEnd::Done } else { CommandEnd::Wrong })
    }

    fn again(&self, line: &Line, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let (sim, violations) = match (line.subject, &line.replay) {
            (Subject::Simulate { days, instances, stacks, faults }, Replay::Seed(seed)) => {
                let month = Month { size: Size { days, instances, stacks, seed: *seed }, faults };
                lived(month, Recorder::record(*seed))?
            }
            (Subject::Simulate { days, instances, stacks, faults }, Replay::Only(seed, deviations)) => {
                let month = Month { size: Size { days, instances, stacks, seed: *seed }, faults };
                lived(month, Recorder::replay(*seed, deviations))?
            }
            (Subject::Explore { story: name, deliveries, faults }, replay) => {
                let run = story(name, deliveries, faults).replay(replay);
                (run.sim, run.violations)
            }
            (Subject::Simulate { .. }, Replay::Path(_)) => {
                return Err(BadInput::new("--replay", "a simulation has a seed, not a path"));
            }
        };
        if self.json {
            print_json(out, &violations)?;
        } else {
            let _ = write!(out, "{}", view::timeline(&sim.trace()));
            for violation in &violations {
                told(out, violation);
            }
        }
        Ok(if violations.is_empty() { CommandEnd::Done } else { CommandEnd::Wrong })
    }
}

fn lived(month: Month, recorder: Recorder) -> Result<(cloud_sim::Sim, Vec<Violation>), BadInput> {
    let Lived { story, sim } =
        month.live_with(Box::new(recorder), Trace::kept(), |_| {}).map_err(settings)?;
    Ok((sim, story.violations))
}

/// Counts the invariants that a seed broke, and keeps the first detail of each.
fn note(broken: &mut BTreeMap<&'static str, Broken>, month: Month, violations: &[Violation]) {
    let firsts: BTreeMap<_, _> = violations.iter().rev().map(|v| (v.invariant, v)).collect();
    for (invariant, violation) in firsts {
        let replay = || Line::of_month(month.size, month.faults, Replay::Seed(month.size.seed)).to_string();
        let first = || Broken { invariant, seeds: 0, detail: violation.detail.clone(), replay: replay() };
        broken.entry(invariant).or_insert_with(first).seeds += 1;
    }
}

fn settings(error: impl std::fmt::Display) -> BadInput {
    BadInput::new("settings", error)
}

/// Takes away whatever went wrong that the failure does not need, and tells what is left of the story.
fn shortest_story(
    out: &mut dyn Write,
    month: Month,
    violation: &Violation,
    wrong: &[Deviation],
) -> Result<(), BadInput> {
    let seed = month.size.seed;
    let run = |wrong: &[Deviation], trace| {
        month.live_with(Box::new(Recorder::replay(seed, wrong)), trace, |_| {}).map_err(settings)
    };
    let first = |lived: &Lived| {
        lived.story.violations.iter().find(|found| found.invariant == violation.invariant).cloned()
    };
    let fails = |wrong: &[Deviation]| run(wrong, Trace::default()).is_ok_and(|lived| first(&lived).is_some());
    let wrong = shortest(wrong, fails);
    let lived = run(&wrong, Trace::kept())?;
    let left = first(&lived).unwrap_or_else(|| violation.clone());
    let _ = writeln!(out, "\nthe shortest story, in which {} things go wrong:\n", wrong.len());
    let _ = write!(out, "{}", view::timeline(&view::about(&lived.sim.trace(), &names(&left.detail))));
    told(out, &left);
    let _ = writeln!(out, "\n{}", Line::of_month(month.size, month.faults, Replay::Only(seed, wrong)));
    Ok(())
}

/// The ids and names in what is told of a violation.
fn names(detail: &str) -> Vec<&str> {
    let words = detail.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.contains('-') && word.chars().any(|c| c.is_ascii_alphabetic())).collect()
}

fn told(out: &mut dyn Write, violation: &Violation) {
    let _ = writeln!(out, "\nBROKEN at {}: {}: {}", violation.at, violation.invariant, violation.detail);
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
        ("faults in requests", counts.faults),
        ("events lost", counts.lost),
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
