//! Plays one chapter of a story: reads a world and what is to happen in it from standard input, lets the stack of this checkout
//! live in it, and writes what became of the world, what people received and which rules were broken.

mod world;

use std::io;

use cloud_sim::Scenario;
use cloud_sim::cloud::Happening;
use cloud_sim::cloud::lambda::Delivery;
use cloud_sim::fault::{FaultPlan, Rule};
use cloud_sim::kernel::{Tape, Timing, Trace};
use simulation::rule::caretaker;
use simulation::stack::{Stack, usual_settings};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use world::World;

/// A chapter of a story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    /// When it begins.
    now: Timestamp,
    /// How many seconds it lasts.
    lasts: i64,
    /// Settings, over the usual ones of a stack that acts.
    #[serde(default)]
    settings: std::collections::BTreeMap<String, String>,
    /// What there is.
    world: World,
    /// How requests fail.
    #[serde(default)]
    faults: Vec<Rule>,
    /// What happens, in the simulator's own words, and how many seconds after the beginning.
    #[serde(default)]
    happenings: Vec<(i64, Happening)>,
    /// What reaches a function, how many seconds after the beginning: its name, and the event.
    #[serde(default)]
    events: Vec<(i64, String, Value)>,
}

/// What became of it.
#[derive(Debug, Serialize)]
struct Played {
    now: Timestamp,
    world: World,
    /// What people and queues received.
    received: Vec<Received>,
    /// The rules that were broken.
    broken: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Received {
    to: String,
    subject: String,
    body: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chapter: Chapter = serde_json::from_reader(io::stdin())?;
    let played = chapter.play()?;
    serde_json::to_writer(io::stdout(), &played)?;
    Ok(())
}

impl Chapter {
    fn play(self) -> Result<Played, Box<dyn std::error::Error>> {
        let mut settings = usual_settings();
        settings.extend(self.settings);
        let stack = Stack::new(&settings)?;
        let world = self.world;
        let mut scenario = Scenario::at(self.now)
            .watches(caretaker)
            .lasts(SignedDuration::from_secs(self.lasts))
            .faults(FaultPlan { rules: self.faults, ..FaultPlan::default() })
            .set_up(move |sim| {
                sim.act(|cloud, _| world.put_machines(cloud));
                stack.deploy(sim);
                sim.act(|cloud, context| world.put_rest(cloud, context));
            });
        for (after, what) in self.happenings {
            scenario = scenario.happens(SignedDuration::from_secs(after), what);
        }
        for (after, function, event) in self.events {
            let delivery = Delivery { function, payload: serde_json::to_vec(&event)? };
            scenario = scenario.happens(SignedDuration::from_secs(after), Happening::Deliver(delivery));
        }
        let run = scenario.run_with(Box::new(Tape::new(Vec::new())), Timing::Natural, Trace::default());
        let received = run.sim.cloud(|cloud| {
            let told = |one: &cloud_sim::cloud::sns::Delivered| Received {
                to: format!("{:?}", one.to),
                subject: one.subject.clone(),
                body: one.body.clone(),
            };
            cloud.sns.delivered().iter().map(told).collect()
        });
        let broken = run.violations.iter().map(|broken| format!("{}: {}", broken.invariant, broken.detail));
        Ok(Played {
            now: run.sim.now(),
            received,
            broken: broken.collect(),
            world: run.sim.cloud(|cloud| World::of(cloud)),
        })
    }
}
