use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_sim::Sim;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::cloud::{Fact, sns};
use cloud_sim::kernel::{Actor, Event, FunctionError, Seeded, Trace};
use domain::render::visible;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use simulation::stack::{FunctionName, Stack, usual_settings};
use simulation::world::{Located, World, fitting, settings};

use super::{BadInput, CommandEnd, print_json};
use crate::input::{self, Bound};

/// `caretaker replay`.
#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// The function.
    function: FunctionName,
    /// The file that holds the event: any bytes.
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// The file that holds the world, in JSON; by default one that fits the event.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Only report what would be done.
    #[arg(long)]
    observe: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Run against the account, or the endpoint in `AWS_ENDPOINT_URL`, with the settings of the environment.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "world")]
    aws: bool,
}

/// What came of an event.
#[derive(Debug, Serialize)]
struct Told {
    response: Option<Value>,
    error: Option<FunctionError>,
    effects: Vec<Fact>,
    notices: Vec<Mail>,
}

#[derive(Debug, Serialize)]
struct Mail {
    subject: String,
    text: String,
}

impl Replay {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let payload = input::anything(&self.event)?;
        #[cfg(feature = "aws")]
        if self.aws {
            return super::replay_aws::run(self.function, &payload, self.observe, self.json, out);
        }
        let mut located = fitting(self.function, &payload);
        if let Some(file) = &self.world {
            let own: World = input::json(file, Bound::Small)?;
            located.world = World { now: own.now.or(located.world.now), ..own };
        }
        if self.observe {
            located.world.settings.insert("MODE".to_owned(), "observe".to_owned());
        }
        let told = play(self.function, payload, &located)?;
        if self.json {
            print_json(out, &told)?;
        } else {
            print(out, &told);
        }
        Ok(if told.error.is_none() { CommandEnd::Done } else { CommandEnd::Wrong })
    }
}

fn play(function: FunctionName, payload: Vec<u8>, located: &Located) -> Result<Told, BadInput> {
    let start = located.world.now.unwrap_or(Timestamp::UNIX_EPOCH);
    let sim = Sim::with(start, Box::new(Seeded::new(1)), Trace::kept());
    located.world.fill(&sim, &located.place).map_err(|why| BadInput::new("world", why))?;
    // Nothing but the event sets a function off.
    Stack::new(&settings(usual_settings(), &located.world.settings))
        .map_err(|e| BadInput::new("settings", e))?
        .install(&sim);
    located.world.fill_records(&sim).map_err(|why| BadInput::new("world", why))?;
    let name = function.as_str();
    sim.cloud(|cloud| cloud.lambda.never_retry(name));
    let delivery = Delivery { function: name.to_owned(), payload };
    sim.at(start, Happening::Deliver(delivery));
    sim.run_for(SignedDuration::from_mins(16));
    let answer = sim.cloud(|cloud| cloud.lambda.answers.get(name).cloned());
    let (response, error) = match answer {
        Some(Ok(response)) => (Some(response), None),
        Some(Err(error)) => (None, Some(error)),
        None => return Err(BadInput::new(name, "the function never answered")),
    };
    Ok(Told {
        response,
        error,
        effects: effects(&sim.trace()),
        notices: sim.cloud(|cloud| mails(&cloud.sns)),
    })
}

/// What the function did, its notices aside.
fn effects(trace: &Trace) -> Vec<Fact> {
    let by_function = trace.entries().iter().filter(|entry| matches!(entry.actor, Actor::Invocation(_)));
    by_function
        .filter_map(|entry| match &entry.event {
            Event::Fact(
                Fact::Published { .. } | Fact::Invoked { .. } | Fact::Ended { .. } | Fact::Exhausted { .. },
            )
            | Event::Call { .. } => None,
            Event::Fact(fact) => Some(fact.clone()),
        })
        .collect()
}

fn mails(topics: &sns::Sns) -> Vec<Mail> {
    topics.mails().map(|mail| Mail { subject: mail.subject.clone(), text: mail.body.clone() }).collect()
}

fn print(out: &mut dyn Write, told: &Told) {
    match (&told.response, &told.error) {
        (Some(response), _) => {
            let _ = writeln!(out, "response:\n{response:#}");
        }
        (None, Some(error)) => {
            let _ = writeln!(out, "FAILED: {}: {}", error.error_type, visible::line(&error.message));
        }
        (None, None) => {}
    }
    let _ = writeln!(out, "\neffects: {}", told.effects.len());
    for effect in &told.effects {
        let _ = writeln!(out, "  {}", visible::line(&effect.to_string()));
    }
    let _ = writeln!(out, "\nnotices: {}", told.notices.len());
    for mail in &told.notices {
        let _ = writeln!(out, "\n  Subject: {}\n", visible::line(&mail.subject));
        for line in mail.text.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
}
