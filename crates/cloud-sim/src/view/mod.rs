//! A run as people read it: what happened in order, who talked to whom, what people received, what is left.
//!
//! Instants are told from the beginning of the run (`+00:01:05.250`), ids are short and numbered in the order in which they
//! appear (`i#1`, `snap#3`), so that two runs can be compared line by line.

mod alias;
mod sequence;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;

use crate::Sim;
use crate::cloud::Fact;
use crate::kernel::{Actor, Entry, Event, Phase, Trace};
use alias::Aliases;
pub use sequence::sequence;

/// What stands for the events of a trace that has none: an empty text would pass for a run in which nothing happened.
const UNKEPT: &str =
    "no events were kept: run it with a kept trace, as `Scenario::follow` and `Scenario::replay` do\n";

/// What happened, one line each: facts, and each request as it took effect.
pub fn timeline(trace: &Trace) -> String {
    if !trace.is_kept() {
        return UNKEPT.to_owned();
    }
    let mut view = View::new(trace);
    let mut text = String::new();
    for entry in trace.entries() {
        let what = match &entry.event {
            Event::Fact(fact) => fact.to_string(),
            Event::Call { op, phase: Phase::Applied, error: None, .. } => (*op).to_owned(),
            Event::Call { op, phase: Phase::Applied, error: Some(code), .. } => format!("{op}: {code}"),
            Event::Call { phase: Phase::Sent | Phase::Replied, .. } => continue,
        };
        let (at, who) = (view.since(entry.at), view.who(entry));
        let _ = writeln!(text, "{at}  {who:<24}{}", view.aliases.short(&what));
    }
    text
}

/// The part of a trace that has to do with some names: the facts in which they or their snapshots occur, and all that
/// those attempts did which had to do with them.
pub fn about(trace: &Trace, names: &[&str]) -> Trace {
    let mut names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let is_named = |names: &BTreeSet<String>, entry: &Entry| match &entry.event {
        Event::Fact(fact) => names.iter().any(|name| format!("{fact:?}").contains(name)),
        Event::Call { .. } => false,
    };
    for entry in trace.entries() {
        if let Event::Fact(Fact::SnapshotsBegun { snapshots, .. }) = &entry.event
            && is_named(&names, entry)
        {
            names.extend(snapshots.iter().map(|(snapshot, _)| snapshot.to_string()));
        }
    }
    let actors: BTreeSet<Actor> = trace
        .entries()
        .iter()
        .filter(|entry| matches!(entry.actor, Actor::Invocation(_)) && is_named(&names, entry))
        .map(|entry| entry.actor)
        .collect();
    trace.only(|entry| actors.contains(&entry.actor) || is_named(&names, entry))
}

/// What people and queues received, in order.
pub fn outbox(sim: &Sim) -> String {
    let trace = sim.trace();
    let mut view = View { begin: sim.begin(), ..View::new(&trace) };
    let mut text = String::new();
    sim.cloud(|cloud| {
        for delivered in cloud.sns.delivered() {
            let at = view.since(delivered.at);
            let _ = writeln!(text, "{at}  to {:?}: {}", delivered.to, view.aliases.short(&delivered.subject));
            for line in view.aliases.short(&delivered.body).lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    });
    text
}

/// What is left at the end: instances, snapshots, groups, objects, and requests that are not over.
pub fn state(sim: &Sim) -> String {
    let mut aliases = Aliases::default();
    let mut text = String::new();
    sim.cloud(|cloud| {
        for (id, machine) in cloud.ec2.machines() {
            let _ = writeln!(text, "{id} {}", machine.state.as_str());
        }
        for snapshot in cloud.snapshots.all() {
            let _ = writeln!(text, "{} of {} {:?}", snapshot.id, snapshot.volume, snapshot.state);
        }
        for (name, fleet) in cloud.autoscaling.fleets() {
            let _ = writeln!(text, "group `{name}` {} of {}", fleet.desired, fleet.max);
        }
        for (key, object) in cloud.s3.buckets().flat_map(|(_, bucket)| bucket.objects()) {
            let _ = writeln!(text, "object `{key}` {} bytes", object.bytes.len());
        }
        let _ = writeln!(text, "{} requests not over", cloud.lambda.outstanding());
    });
    aliases.short(&text)
}

/// Every entry of the trace as a line of JSON, with nothing shortened.
pub fn json_lines(trace: &Trace) -> String {
    let line = |entry: &Entry| serde_json::to_string(entry).unwrap_or_else(|error| format!("\"{error}\""));
    trace.entries().iter().map(|entry| line(entry) + "\n").collect()
}

/// What the views of one run share: where time begins, and who is called what.
struct View {
    begin: Timestamp,
    functions: BTreeMap<Actor, String>,
    aliases: Aliases,
}

impl View {
    fn new(trace: &Trace) -> Self {
        let begin = trace.entries().first().map(|entry| entry.at).unwrap_or_default();
        Self { begin, functions: trace.functions(), aliases: Aliases::default() }
    }

    fn since(&self, at: Timestamp) -> String {
        let ms = at.duration_since(self.begin).as_millis();
        let (seconds, ms) = (ms / 1000, ms % 1000);
        format!("+{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn who(&self, entry: &Entry) -> String {
        who(&self.functions, entry.actor)
    }
}

/// An actor's name: a function's with the number of the attempt.
fn who(functions: &BTreeMap<Actor, String>, actor: Actor) -> String {
    match actor {
        Actor::Cloud => "cloud".to_owned(),
        Actor::Person => "person".to_owned(),
        Actor::Invocation(id) => match functions.get(&actor) {
            Some(function) => format!("{function}/{}", id.0),
            None => format!("invocation/{}", id.0),
        },
    }
}
